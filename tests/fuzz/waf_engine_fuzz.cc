// Any exchange through rules of every kind: the plan says what the reference says, however the bodies are cut.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/scratch.h"
#include "inspect/waf/engine/transaction.h"
#include "inspect/waf/plan/compile.h"
#include "inspect/waf/seclang/load.h"
#include "tests/fuzz/every_rule.h"

namespace {

namespace waf = gabion::inspect::waf;
using waf::engine::Transaction;
using waf::plan::Options;

constexpr std::size_t kMostHeldBytes = std::size_t{16} << 20U;  // of one exchange, the bodies of which have 96 KiB
constexpr char kNext = '\x1e';                                  // the service's answer begins behind it

void require(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

/// "GET /path", then "Name: value" lines and an empty line, then the body; everything may be missing.
struct Message {
  std::string_view first;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
  std::string_view body;

  explicit Message(std::string_view text) {
    first = line_of(text);
    while (!text.empty()) {
      const auto line = line_of(text);
      if (line.empty()) {
        break;
      }
      const auto colon = std::min(line.find(':'), line.size());
      const auto value = line.substr(std::min(colon + 1, line.size()));
      fields.emplace_back(line.substr(0, colon), value.substr(std::min(value.find_first_not_of(' '), value.size())));
    }
    body = text;
  }

  static std::string_view line_of(std::string_view& text) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  }
};

struct Input {
  Message request;
  Message response;

  explicit Input(std::string_view text)
      : request(text.substr(0, text.find(kNext))),
        response(text.find(kNext) == std::string_view::npos ? std::string_view{} : text.substr(text.find(kNext) + 1)) {}
};

bool loads(const std::string& rule) {
  return waf::seclang::load_text(rule, "/nowhere/one.conf").has_value();
}

class Engine {
 public:
  explicit Engine(Options::Evaluation evaluation) : transaction_(persistent_, scratch_) {
    const std::string rules = gabion::fuzz::every_rule(loads);
    const auto loaded = waf::seclang::load_text(rules, "/nowhere/every.conf");
    require(loaded.has_value(), loaded ? "" : loaded.error().front().to_string().c_str());
    Options options;
    options.evaluation = evaluation;
    const auto compiled = waf::plan::compile(*loaded, options);
    require(compiled.has_value(), compiled ? "" : compiled.error().front().to_string().c_str());
    plan_ = *compiled;
    require(Transaction::prepare(*plan_, scratch_).has_value(), "no scratch");
  }

  /// Everything the rules say, as text. `cut`: where bodies are cut in two.
  std::string run(const Input& input, std::size_t cut) {
    auto& judged = transaction_;
    judged.begin(plan_, {"10.0.0.1", 1234, "10.0.0.2", 80}, "id", {});
    const auto space = input.request.first.find(' ');
    judged.request_line(input.request.first.substr(0, space),
                        space == std::string_view::npos ? "/" : input.request.first.substr(space + 1), "HTTP/1.1");
    for (const auto& [name, value] : input.request.fields) {
      judged.request_header(name, value);
    }
    if (passes(judged.end_request_headers()) && pass_request_body(input.request.body, cut)) {
      pass_answer(input.response, cut);
    }
    judged.finish();
    require(judged.held_bytes() < kMostHeldBytes, "holds too much");
    return told();
  }

  void forget() { transaction_.forget(); }

 private:
  static bool passes(const waf::engine::Decision& decision) { return decision.action == waf::engine::Action::kPass; }

  bool pass_request_body(std::string_view body, std::size_t cut) {
    if (transaction_.wants_request_body()) {
      if (!passes(transaction_.request_body(body.substr(0, cut))) ||
          !passes(transaction_.request_body(body.substr(std::min(cut, body.size()))))) {
        return false;
      }
    }
    return passes(transaction_.end_request_body());
  }

  void pass_answer(const Message& answer, std::size_t cut) {
    transaction_.response_line(200, "HTTP/1.1");
    for (const auto& [name, value] : answer.fields) {
      transaction_.response_header(name, value);
    }
    if (!passes(transaction_.end_response_headers()) || !transaction_.wants_response_body()) {
      return;
    }
    const auto& body = answer.body;
    if (passes(transaction_.response_body(body.substr(0, cut))) &&
        passes(transaction_.response_body(body.substr(std::min(cut, body.size()))))) {
      static_cast<void>(transaction_.end_response_body());
    }
  }

  [[nodiscard]] std::string told() const {
    const auto decision = transaction_.decision();
    std::string text = std::to_string(static_cast<int>(decision.action)) + " " + std::to_string(decision.status) + " " +
                       std::to_string(decision.rule_id) + " " + std::string(decision.redirect) + "\n";
    for (const auto& hit : transaction_.hits()) {
      text += std::to_string(hit.rule_id);
      for (const auto part : {hit.message, hit.log_data, hit.variable, hit.original, hit.value, hit.matched}) {
        text.append("|").append(part);
      }
      text += "\n";
    }
    return text;
  }

  gabion::inspect::Scratch scratch_;
  waf::engine::PersistentTable persistent_;
  std::shared_ptr<const waf::plan::Plan> plan_;
  Transaction transaction_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engine plan(Options::Evaluation::kPlan);
  static Engine reference(Options::Evaluation::kReference);
  const Input input({reinterpret_cast<const char*>(data), size});
  const std::size_t cut = size == 0 ? 0 : data[size - 1];
  const std::string wanted = reference.run(input, std::string_view::npos);
  const std::string found = plan.run(input, cut);
  if (wanted != found) {
    std::fprintf(stderr, "reference:\n%s\nplan, cut at %zu:\n%s\n", wanted.c_str(), cut, found.c_str());
    std::abort();
  }
  plan.forget();
  return 0;
}
