// Reads an entry file and all it includes into a RuleSet, or says what is wrong with every line.
#pragma once

#include <string>
#include <string_view>

#include "config/result.h"
#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::seclang {

/// Bounds of one load; what goes beyond is an error, never cut.
struct LoadLimits {
  std::size_t total_bytes = std::size_t{64} << 20U;
  std::size_t files = 4096;
  std::size_t include_depth = 32;
  std::size_t rules = 100'000;
};

/// Reads files: control thread only. Errors are `file:line: what` (where = "file:line"), all that were found.
[[nodiscard]] config::CheckedResult<RuleSet> load(const std::string& entry_file, const LoadLimits& limits = {});

/// The same from text that stands for the file `name`; Include is relative to its folder. Also for fuzzing.
[[nodiscard]] config::CheckedResult<RuleSet> load_text(std::string_view text, const std::string& name,
                                                       const LoadLimits& limits = {});

/// The same after our own base configuration (base.h): settings in the files win over the base's, rules in the files
/// replace those of the base with the same id.
[[nodiscard]] config::CheckedResult<RuleSet> load_with_base(const std::string& entry_file,
                                                            const LoadLimits& limits = {});

/// Text that stands before and behind the entry file, after the base.
struct Surroundings {
  std::string before;
  std::string behind;
};
[[nodiscard]] config::CheckedResult<RuleSet> load_with_base(const std::string& entry_file,
                                                            const Surroundings& surroundings,
                                                            const LoadLimits& limits = {});

}  // namespace gabion::inspect::waf::seclang
