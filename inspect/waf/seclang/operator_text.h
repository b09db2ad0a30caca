// Reads the second word of a SecRule: "@name argument", "!@name argument", or a bare regular expression.
#pragma once

#include <string_view>

#include "inspect/waf/seclang/rule.h"
#include "inspect/waf/seclang/scan.h"

namespace gabion::inspect::waf::seclang {

/// Arguments are checked as far as can be told without a file or an engine. `phrases` of pmFromFile and
/// ipMatchFromFile stay empty: the argument names their files.
[[nodiscard]] Operator parse_operator(std::string_view text, Remarks& remarks);

/// True: `argument` of the operator is files, separated by blanks.
[[nodiscard]] constexpr bool reads_files(OperatorName name) noexcept {
  return name == OperatorName::kPmFromFile || name == OperatorName::kIpMatchFromFile;
}

/// What the text of one such file says: pmFromFile phrases line by line (comments and empty lines dropped, blanks at
/// the end kept), ipMatchFromFile addresses and networks.
[[nodiscard]] std::vector<std::string> phrases_of_file(OperatorName name, std::string_view text, Remarks& remarks);

}  // namespace gabion::inspect::waf::seclang
