// How sure a match is, in hundredths (dlp.md section 4 says why these).
#pragma once

#include <algorithm>

#include "inspect/dlp/type_tables.h"

namespace gabion::inspect::dlp {

inline constexpr std::uint8_t kMostWithoutNeededCue = 45;
inline constexpr std::uint8_t kLeastOfCheckedForm = 65;
inline constexpr std::uint8_t kAntiCue = 30;

constexpr Worth worth_of(Evidence evidence, Need need, bool is_checked) noexcept {
  Worth worth;
  switch (evidence) {
    case Evidence::kStrong:
      worth = {.alone = 95, .with_cue = 100};
      break;
    case Evidence::kMedium:
      worth = {.alone = 75, .with_cue = 100};
      break;
    case Evidence::kStructural:
      worth = {.alone = 65, .with_cue = 100};
      break;
    case Evidence::kWeak:
      worth = {.alone = 40, .with_cue = 75};
      break;
    case Evidence::kShape:
      worth = {.alone = 20, .with_cue = 55};
      break;
  }
  worth.is_validated = is_checked;
  worth.heeds_anti_cues = evidence == Evidence::kWeak || evidence == Evidence::kShape;
  if (need == Need::kCue) {
    worth.alone = std::min(worth.alone, kMostWithoutNeededCue);
  } else if (is_checked) {
    worth.alone = std::max(worth.alone, kLeastOfCheckedForm);
  }
  return worth;
}

}  // namespace gabion::inspect::dlp
