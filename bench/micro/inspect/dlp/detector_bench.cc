// What looking for sensitive values adds to an exchange: heads, a JSON answer with and without findings, edits written.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "inspect/dlp/dlp_detector.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/dlp/redact.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{16} * 1024;
constexpr std::size_t kHoldBytes = std::size_t{64} * 1024;

/// `size` bytes of JSON in which so many card numbers are spread.
std::string answer(std::size_t size, std::size_t cards) {
  constexpr std::string_view kClean =
      R"({"id":48213,"name":"Ada Lovelace","tags":["blue","green"],"price":12.50,"note":"ships in a week"},)";
  constexpr std::string_view kCard = R"({"card":"4111 1111 1111 1111"},)";
  const std::size_t rows = (size - cards * kCard.size()) / kClean.size();
  std::string body = "[";
  std::size_t put = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (; put * rows < row * cards; ++put) {
      body += kCard;
    }
    body += kClean;
  }
  for (; put < cards; ++put) {
    body += kCard;
  }
  return body + "{}]";
}

std::shared_ptr<const Profile> default_profile(config::DlpAction action) {
  config::DlpProfile profile = built_in_profile("default");
  profile.rules.emplace_back().treatment.action = action;
  auto compiled = Profile::compile(profile, std::make_shared<const KeyedHash>(*KeyedHash::random()), nullptr);
  if (!compiled) {
    std::abort();
  }
  return *compiled;
}

/// One connection; each exchange is a request without a body and an answer.
class Bed {
 public:
  explicit Bed(config::DlpAction action)
      : detector_(default_profile(action), DlpDetector::Asked::kListeners, config::OnLimit::kDeny),
        state_(detector_.make_state()) {
    if (!detector_.prepare(scratch_)) {
      std::abort();
    }
    request_.path = "/orders/48213";
    request_.query = "page=2&sort=price";
    request_.fields = request_fields_;
    answer_.status = 200;
    answer_.has_body = true;
    answer_.fields = answer_fields_;
  }

  /// Bytes that left.
  std::size_t exchange(std::string& body) {
    findings_.clear();
    edits_.clear();
    state_->reset(scratch_, findings_);
    if (state_->on_request_head(request_) == Step::kStop || state_->on_response_head(answer_) == Step::kStop) {
      std::abort();
    }
    std::size_t sent = 0;
    std::size_t released = 0;
    for (std::size_t read = 0; read < body.size();) {
      const std::size_t piece = std::min(kPieceBytes, body.size() - read);
      read += piece;
      edits_.begin_window(released, read);
      const bool is_last = read == body.size();
      const BodyStep step =
          state_->on_body(Direction::kResponse, {.bytes = std::span(body).subspan(released, read - released),
                                                 .offset = released,
                                                 .fresh = piece,
                                                 .end = is_last,
                                                 .hold_limit = kHoldBytes,
                                                 .edits = &edits_});
      const auto to = static_cast<std::size_t>(edits_.settle(
          is_last ? body.size() : released + step.release, is_last ? EditList::Part::kLast : EditList::Part::kMiddle));
      edits_.write(std::string_view(body).substr(released, to - released), released,
                   [&sent](std::string_view leaving) { sent += leaving.size(); });
      released = to;
    }
    return sent;
  }
  [[nodiscard]] std::size_t findings() const { return findings_.items().size() + findings_.dropped(); }

 private:
  std::vector<HeaderField> request_fields_{
      {"Host", "orders.shop.svc.cluster.local:8080"},
      {"User-Agent",
       "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36"},
      {"Accept", "application/json, text/plain, */*"},
      {"Cookie", "session=9f2c1d7e4b6a40f8a1b2c3d4e5f60718; theme=dark; lang=en"},
      {"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}};
  std::vector<HeaderField> answer_fields_{{"Content-Type", "application/json"},
                                          {"Server", "nginx"},
                                          {"Date", "Mon, 06 May 2024 07:08:09 GMT"},
                                          {"ETag", "\"663880a9-400\""}};
  DlpDetector detector_;
  std::unique_ptr<DetectorState> state_;
  Scratch scratch_;
  FindingList findings_;
  EditList edits_;
  RequestHead request_;
  ResponseHead answer_;
};

void BM_DlpExchange(benchmark::State& state) {
  Bed bed(config::DlpAction::kMask);
  const auto size = static_cast<std::size_t>(state.range(0)) << 10U;
  std::string body = answer(size, static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(bed.exchange(body));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
  state.counters["findings"] = static_cast<double>(bed.findings());
  state.counters["scanner_bytes"] =
      static_cast<double>(default_profile(config::DlpAction::kMask)->types().scanner_bytes());
}
BENCHMARK(BM_DlpExchange)
    ->ArgNames({"KiB", "cards"})
    ->Args({1, 0})
    ->Args({1, 1})
    ->Args({16, 0})
    ->Args({16, 1})
    ->Args({16, 100})
    ->Args({256, 0})
    ->Args({256, 1})
    ->Args({256, 100});

void BM_DlpHeads(benchmark::State& state) {
  Bed bed(config::DlpAction::kMask);
  std::string body;
  for (auto _ : state) {
    benchmark::DoNotOptimize(bed.exchange(body));
  }
}
BENCHMARK(BM_DlpHeads);

/// A value of an access log's line.
void BM_RedactText(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(redact_text(text));
  }
}
BENCHMARK_CAPTURE(BM_RedactText, path, "/api/v1/orders/48213?page=2&sort=price%20desc");
BENCHMARK_CAPTURE(BM_RedactText, host, "orders.shop.svc.cluster.local:8080");
BENCHMARK_CAPTURE(
    BM_RedactText, agent,
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36");

}  // namespace
}  // namespace gabion::inspect::dlp
