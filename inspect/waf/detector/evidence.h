// What may be told of a rule's match: never a secret, never more than a line.
#pragma once

#include <string>
#include <string_view>

namespace gabion::inspect::waf {

/// At most this much of a match is shown, in bytes.
inline constexpr std::size_t kMostShownBytes = 96;

/// `matched`, a part of the variable's value, with card numbers covered and what is no printable ASCII escaped; all
/// stars when the variable's name says that it holds a credential.
[[nodiscard]] std::string shown_match(std::string_view variable, std::string_view matched);

/// "ARGS:name" for a finding's field: the name may be the sender's.
[[nodiscard]] std::string shown_variable(std::string_view variable);

}  // namespace gabion::inspect::waf
