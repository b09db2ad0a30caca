// Any body of any media type, whole or cut: the same bytes leave, the same is told, and what was JSON still is.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "inspect/dlp/dlp_detector.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/scratch.h"

namespace {

using namespace gabion::inspect;
using gabion::config::DlpAction;

constexpr std::string_view kTypes[] = {"application/json",
                                       "application/x-www-form-urlencoded",
                                       "text/html",
                                       "application/xml",
                                       "text/csv",
                                       "text/event-stream",
                                       "multipart/form-data; boundary=b",
                                       "text/plain",
                                       "application/x-ndjson",
                                       "text/plain; charset=utf-16le"};
constexpr DlpAction kActions[] = {DlpAction::kMask, DlpAction::kReplace, DlpAction::kToken, DlpAction::kDropField};
constexpr std::size_t kHoldBytes = std::size_t{64} * 1024;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

bool is_json(std::string_view text) {
  boost::system::error_code wrong;
  (void)boost::json::parse(text, wrong);
  return !wrong;
}

/// What left and what was told of one body.
struct Outcome {
  using Told = std::tuple<std::string_view, std::string, std::uint64_t, std::uint32_t, std::string, std::string,
                          std::string_view, std::string_view, int>;
  bool stopped = false;
  std::string sent;
  std::vector<Told> told;
  std::uint64_t untold = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class Run {
 public:
  explicit Run(DlpAction action) : detector_(profile(action), dlp::DlpDetector::Asked::kListeners, OnLimit::kAllow) {
    require(detector_.prepare(scratch_).has_value());
    state_ = detector_.make_state();
  }

  /// Pieces of sizes that `next` says.
  template <class Next>
  Outcome read(std::string_view type, std::string_view body, Next next) {
    Outcome outcome;
    begin(type, outcome);
    std::string window;
    std::uint64_t offset = 0;
    bool is_last = outcome.stopped || !state_->wants_body(Direction::kResponse);
    while (!is_last) {
      const std::size_t piece = std::min<std::size_t>({next(), body.size(), kHoldBytes - window.size()});
      window.append(body.substr(0, piece));
      body.remove_prefix(piece);
      is_last = body.empty();
      offset += step(window, offset, piece, is_last, outcome);
      is_last = is_last || outcome.stopped;
      require(is_last || window.size() < kHoldBytes);
    }
    finish(outcome);
    return outcome;
  }

 private:
  using OnLimit = gabion::config::OnLimit;

  static std::shared_ptr<const dlp::Profile> profile(DlpAction action) {
    gabion::config::DlpProfile profile;
    profile.name = "p";
    profile.types.push_back({"all", ""});
    profile.rules.emplace_back().treatment.action = action;
    auto hash = std::make_shared<const dlp::KeyedHash>(*dlp::KeyedHash::from_key("0123456789abcdef0123456789abcdef"));
    auto compiled = dlp::Profile::compile(profile, std::move(hash), nullptr);
    require(compiled.has_value());
    return *compiled;
  }

  void begin(std::string_view type, Outcome& outcome) {
    findings_.clear();
    edits_.clear();
    state_->reset(scratch_, findings_);
    require(state_->on_request_head({}) == Step::kContinue);
    const HeaderField field{"Content-Type", type};
    ResponseHead head;
    head.status = 200;
    head.has_body = true;
    head.fields = {&field, 1};
    outcome.stopped = state_->on_response_head(head) == Step::kStop;
  }

  /// Bytes of the body that left.
  std::uint64_t step(std::string& window, std::uint64_t offset, std::size_t fresh, bool is_last, Outcome& outcome) {
    edits_.begin_window(offset, offset + window.size());
    std::vector<char> bytes(window.begin(), window.end());  // its own, so that the sanitizer sees its ends
    const BodyStep said = state_->on_body(
        Direction::kResponse,
        {.bytes = bytes, .offset = offset, .fresh = fresh, .end = is_last, .hold_limit = kHoldBytes, .edits = &edits_});
    require(std::equal(bytes.begin(), bytes.end(), window.begin(), window.end()));
    if (said.step == Step::kStop || edits_.failed()) {
      outcome.stopped = true;
      return 0;
    }
    require(said.release <= window.size());
    const auto to = edits_.settle(is_last ? offset + window.size() : offset + said.release,
                                  is_last ? EditList::Part::kLast : EditList::Part::kMiddle);
    const auto released = static_cast<std::size_t>(to - offset);
    edits_.write(std::string_view(window).substr(0, released), offset,
                 [&outcome](std::string_view piece) { outcome.sent.append(piece); });
    window.erase(0, released);
    return released;
  }

  void finish(Outcome& outcome) {
    for (const Finding& one : findings_.items()) {
      outcome.told.emplace_back(one.rule, one.field, one.offset, one.length, one.sample, one.hash, one.action, one.cue,
                                one.confidence);
    }
    std::sort(outcome.told.begin(), outcome.told.end());
    outcome.untold = findings_.dropped();
    if (outcome.untold > 0) {
      outcome.told.clear();  // which ones come first is left open
    }
    state_->release();
  }

  dlp::DlpDetector detector_;
  Scratch scratch_;
  FindingList findings_;
  EditList edits_;
  std::unique_ptr<DetectorState> state_;
};

/// One for each of kActions.
Run& run_of(std::size_t action) {
  static Run runs[] = {Run(kActions[0]), Run(kActions[1]), Run(kActions[2]), Run(kActions[3])};
  return runs[action];
}

}  // namespace

/// Compiling takes seconds with sanitizers, and is not to count as an input's.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  (void)run_of(0);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  constexpr std::size_t kHead = 3;
  if (size < kHead || size - kHead >= kHoldBytes) {
    return 0;
  }
  const std::string_view type = kTypes[bytes[0] % std::size(kTypes)];
  const std::size_t action = bytes[1] % std::size(kActions);
  std::uint32_t seed = bytes[2] * 2654435761U + 1;
  const std::string_view body(reinterpret_cast<const char*>(bytes) + kHead, size - kHead);
  Run& run = run_of(action);
  const Outcome whole = run.read(type, body, [] { return kHoldBytes; });
  require(whole == run.read(type, body, [] { return std::size_t{1}; }));
  require(whole == run.read(type, body, [&seed] {
    seed = seed * 1664525U + 1013904223U;
    return std::size_t{1} + (seed >> 16U) % 40;
  }));
  if (kActions[action] == DlpAction::kMask && type.find("charset") == std::string_view::npos) {
    require(whole.stopped || whole.sent.size() == body.size());
  }
  if (type == kTypes[0] && !whole.stopped && is_json(body)) {
    require(is_json(whole.sent));
  }
  return 0;
}
