// What a byte is to JSON outside of strings.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::dlp {

enum class JsonClass : std::uint8_t { kOther, kBlank, kMark, kQuote, kNumber, kLetter };

/// Blanks are also what may stand before or between texts: a byte order mark, a record separator.
constexpr std::array<JsonClass, 256> make_json_classes() noexcept {
  std::array<JsonClass, 256> classes{};
  for (const unsigned char c : std::string_view(" \t\r\n\x1e\xef\xbb\xbf")) {
    classes[c] = JsonClass::kBlank;
  }
  for (const unsigned char c : std::string_view("{}[]:,")) {
    classes[c] = JsonClass::kMark;
  }
  for (const unsigned char c : std::string_view("0123456789+-.")) {
    classes[c] = JsonClass::kNumber;
  }
  for (unsigned char c = 'a'; c <= 'z'; ++c) {
    classes[c] = JsonClass::kLetter;
  }
  classes['E'] = JsonClass::kLetter;
  classes['"'] = JsonClass::kQuote;
  return classes;
}

inline constexpr std::array<JsonClass, 256> kJsonClasses = make_json_classes();

[[nodiscard]] inline JsonClass json_class(char c) noexcept {
  return kJsonClasses[static_cast<unsigned char>(c)];
}

}  // namespace gabion::inspect::dlp
