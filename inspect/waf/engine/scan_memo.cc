// Rules are copied into the entry, so that an answer is whole where its plan moves on.
#include "inspect/waf/engine/scan_memo.h"

#include <algorithm>

namespace gabion::inspect::waf::engine {

std::optional<ScanMemo::Answer> ScanMemo::find(std::uint32_t source, std::string_view value) noexcept {
  const Kept* kept = memo_.find(source, value);
  if (kept == nullptr) {
    return std::nullopt;
  }
  return Answer{Rules(kept->rules).first(kept->rule_count), kept->charged};
}

void ScanMemo::keep(std::uint32_t source, std::string_view value, const Answer& answer) {
  if (answer.rules.size() > kMostRules) {
    return;
  }
  Kept kept{.rule_count = static_cast<std::uint32_t>(answer.rules.size()), .rules = {}, .charged = answer.charged};
  std::copy(answer.rules.begin(), answer.rules.end(), kept.rules.begin());
  memo_.keep(source, value, kept);
}

}  // namespace gabion::inspect::waf::engine
