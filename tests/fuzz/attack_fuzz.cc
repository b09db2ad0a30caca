// Attack detection on any request: no crash, and a body's verdict does not depend on where it is cut.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "inspect/attack/attack_detector.h"
#include "inspect/scratch.h"

namespace {

using namespace gabion::inspect;

constexpr std::size_t kHoldBytes = 1024;
constexpr std::array<std::string_view, 4> kTypes{"application/x-www-form-urlencoded", "application/json", "text/plain",
                                                 "multipart/form-data; boundary=b"};

class Bed {
 public:
  Bed() : detector_(compile(), gabion::config::FindingAction::kBlock, gabion::config::OnLimit::kDeny) {
    if (!detector_.prepare(scratch_)) {
      std::abort();
    }
    state_ = detector_.make_state();
  }

  void judge_head(std::string_view text) {
    const HeaderField field{"X-Value", text};
    RequestHead head;
    head.path = text;
    head.query = text;
    head.fields = {&field, 1};
    begin(head);
  }

  /// True when refused. Aborts when the release breaks its contract.
  bool judge_body(std::string_view type, std::string_view body, std::size_t piece) {
    const HeaderField field{"Content-Type", type};
    RequestHead head;
    head.path = "/";
    head.fields = {&field, 1};
    begin(head);
    std::string window;
    std::uint64_t offset = 0;
    do {
      const std::string_view fresh = body.substr(0, std::min(piece, kHoldBytes - window.size()));
      body.remove_prefix(fresh.size());
      window.append(fresh);
      const BodyStep step =
          state_->on_body(Direction::kRequest, {window, offset, fresh.size(), body.empty(), kHoldBytes});
      if (step.step == Step::kStop) {
        return true;
      }
      if (step.release > window.size() || (step.release == 0 && window.size() >= kHoldBytes)) {
        std::abort();
      }
      window.erase(0, step.release);
      offset += step.release;
    } while (!body.empty());
    return false;
  }

 private:
  static std::shared_ptr<const attack::SignatureSets> compile() {
    auto sets = attack::SignatureSets::compile();
    if (!sets) {
      std::abort();
    }
    return *sets;
  }

  void begin(const RequestHead& head) {
    findings_.clear();
    state_->reset(scratch_, findings_);
    const Step step = state_->on_request_head(head);
    if (step == Step::kHold) {
      std::abort();
    }
  }

  attack::AttackDetector detector_;
  Scratch scratch_;
  FindingList findings_;
  std::unique_ptr<DetectorState> state_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Bed bed;  // compiling the signatures takes longer than a run
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  bed.judge_head(text);
  const std::string_view type = kTypes[data[0] % kTypes.size()];
  const std::size_t piece = 1 + data[0] / kTypes.size();
  if (bed.judge_body(type, text, kHoldBytes) != bed.judge_body(type, text, piece)) {
    std::abort();
  }
  return 0;
}
