// An entry file with its includes spelled so that libmodsecurity reads them: it knows no IncludeOptional.
#pragma once

#include <string>

namespace gabion::yardstick {

/// The text of `entry` with the files that include others put in their place, and every Include as one absolute path
/// in the order of names. Files that include nothing stay files. Throws std::runtime_error on an unreadable file, an
/// Include without a match, or includes nested more than 16 deep.
[[nodiscard]] std::string flat_rules(const std::string& entry);

}  // namespace gabion::yardstick
