// The Priority field of a request (RFC 9218 §4).
#pragma once

#include <algorithm>
#include <string_view>

namespace gabion::proxy::http2 {

struct Priority {
  unsigned urgency = 3;  ///< 0 to 7, 0 before all others
  bool incremental = false;
};

/// Laxer than RFC 8941: a member that is unknown or not as it should be counts for nothing, others stay. Quoted commas
/// are not known as such, which no member that has a meaning may have.
[[nodiscard]] constexpr Priority parse_priority(std::string_view value) noexcept {
  Priority priority;
  while (!value.empty()) {
    std::string_view member = value.substr(0, value.find(','));
    value.remove_prefix(member.size() < value.size() ? member.size() + 1 : member.size());
    member = member.substr(0, member.find(';'));  // parameters have no meaning
    member.remove_prefix(std::min(member.find_first_not_of(" \t"), member.size()));
    member = member.substr(0, member.find_last_not_of(" \t") + 1);
    if (member.size() == 3 && member.starts_with("u=") && member[2] >= '0' && member[2] <= '7') {
      priority.urgency = static_cast<unsigned>(member[2] - '0');
    } else if (member == "i" || member == "i=?1") {
      priority.incremental = true;
    } else if (member == "i=?0") {
      priority.incremental = false;
    }
  }
  return priority;
}

}  // namespace gabion::proxy::http2
