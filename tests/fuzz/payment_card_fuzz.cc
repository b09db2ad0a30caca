// Card numbers in any response: same bytes out at every cut, same length, nothing found twice.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "inspect/dlp/card_scanner.h"
#include "inspect/dlp/payment_card_detector.h"
#include "inspect/dlp/redact.h"
#include "inspect/scratch.h"

namespace {

using namespace gabion::inspect;

struct Covered {
  std::string bytes;
  std::size_t findings = 0;
};

Covered cover(std::string_view body, std::string_view type, std::size_t piece) {
  const dlp::PaymentCardDetector detector(gabion::config::FindingAction::kMask, gabion::config::OnLimit::kDeny);
  const auto state = detector.make_state();
  Scratch scratch;
  FindingList findings;
  state->reset(scratch, findings);
  const HeaderField field{"Content-Type", type};
  ResponseHead head;
  head.status = 200;
  head.fields = {&field, 1};
  if (state->on_request_head({}) != Step::kContinue || state->on_response_head(head) != Step::kContinue) {
    std::abort();
  }
  Covered covered;
  std::string window;
  std::uint64_t offset = 0;
  do {
    const std::string_view fresh = body.substr(0, piece);
    body.remove_prefix(fresh.size());
    window.append(fresh);
    const BodyStep step = state->on_body(Direction::kResponse, {window, offset, fresh.size(), body.empty(), 4096});
    if (step.step == Step::kStop || window.size() - step.release > dlp::CardScanner::kMaxTail) {
      std::abort();
    }
    covered.bytes.append(window, 0, step.release);
    window.erase(0, step.release);
    offset += step.release;
  } while (!body.empty());
  covered.findings = findings.items().size() + findings.dropped();
  return covered;
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view type = (data[0] & 1U) != 0 ? "application/json" : "text/plain";
  const Covered whole = cover(text, type, size);
  const Covered cut = cover(text, type, 1 + data[0] / 2);
  require(whole.bytes == cut.bytes && whole.findings == cut.findings && whole.bytes.size() == text.size());
  require(cover(whole.bytes, type, size).findings == 0);
  const std::string redacted = dlp::redact_text(text);
  require(redacted.size() == text.size() && dlp::redact_text(redacted) == redacted);
  return 0;
}
