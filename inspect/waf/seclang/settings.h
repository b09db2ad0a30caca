// The Sec… directives that set something: what they change in Engine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/seclang/rule.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

/// One load's settings so far.
struct Settings {
  Engine engine;
  bool types_are_set = false;  ///< SecResponseBodyMimeType was there: its next words add to the list
};

/// False if no setting has this name. `words` are what follows the name. Settings without effect here warn.
[[nodiscard]] bool apply_setting(std::string_view name, const std::vector<std::string>& words, Settings& settings,
                                 Remarks& remarks);

}  // namespace gabion::inspect::waf::seclang
