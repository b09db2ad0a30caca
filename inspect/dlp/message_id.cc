// Shapes of fixed length, read group by group.
#include "inspect/dlp/message_id.h"

#include <array>
#include <span>

#include "inspect/dlp/checks/text.h"
#include "inspect/message.h"

namespace gabion::inspect::dlp {
namespace {

struct Group {
  std::size_t size;
  bool needs_letter;
};
constexpr std::array<Group, 5> kUuid = {{{8, true}, {4, false}, {4, false}, {4, false}, {12, true}}};
constexpr std::array<Group, 4> kTraceparent = {{{2, false}, {32, true}, {16, true}, {2, false}}};

/// Hexadecimal digits in small letters, a hyphen between groups.
bool has_shape(std::string_view text, std::span<const Group> groups) noexcept {
  std::size_t at = 0;
  for (const Group& group : groups) {
    if (at != 0 && (at >= text.size() || text[at++] != '-')) {
      return false;
    }
    bool has_letter = false;
    for (std::size_t i = 0; i < group.size; ++i, ++at) {
      const bool is_small = at < text.size() && text[at] >= 'a' && text[at] <= 'f';
      if (!is_small && (at >= text.size() || !is_digit(text[at]))) {
        return false;
      }
      has_letter = has_letter || is_small;
    }
    if (group.needs_letter && !has_letter) {
      return false;
    }
  }
  return at == text.size();
}

}  // namespace

bool is_message_id(std::string_view name, std::string_view value) noexcept {
  constexpr std::size_t kUuidBytes = 36;
  constexpr std::size_t kTraceparentBytes = 55;
  switch (value.size()) {
    case kUuidBytes:
      return equals_without_case(name, "x-request-id") && has_shape(value, kUuid);
    case kTraceparentBytes:
      return equals_without_case(name, "traceparent") && has_shape(value, kTraceparent);
    default:
      return false;
  }
}

}  // namespace gabion::inspect::dlp
