// One table look-up a byte.
#include "inspect/attack/byte_class.h"

#include <array>

#include "inspect/attack/signatures.h"

namespace gabion::inspect::attack {
namespace {

constexpr bool is_plain(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '-';
}

constexpr bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == ',' || c == '~' || c == ':' ||
         c == '@' || c == '=';
}

constexpr std::uint8_t class_of(char c) noexcept {
  if (is_plain(c)) {
    return kPlain;
  }
  if (is_word(c)) {
    return kWord;
  }
  switch (c) {
    case '/':
    case '\\':
      return kSlash;
    case '%':
      return kPercent;
    case '+':
      return kPlus;
    case '&':
      return kAmpersand;
    case kValueEdge:
    case '\0':
    case '\v':
    case '\f':
      return kRemapped;
    default:
      return kOther;
  }
}

constexpr std::array<std::uint8_t, 256> make_table() noexcept {
  std::array<std::uint8_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    table[byte] = class_of(static_cast<char>(byte));
  }
  return table;
}

constexpr auto kTable = make_table();

}  // namespace

std::uint8_t byte_classes(std::string_view value) noexcept {
  unsigned classes = 0;
  for (const char c : value) {
    classes |= kTable[static_cast<unsigned char>(c)];
  }
  return static_cast<std::uint8_t>(classes);
}

bool is_harmless(std::string_view value, unsigned classes) noexcept {
  constexpr std::size_t kAddressDigits = 10;
  constexpr std::size_t kShortestName = 4;
  return classes == kPlain ? value.size() != kAddressDigits : classes == kWord && value.size() < kShortestName;
}

}  // namespace gabion::inspect::attack
