// Entropy and the lists of what is no secret.
#include "inspect/dlp/checks/entropy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

// Anywhere in the value. "xxxx" also stands for longer runs.
constexpr std::array<std::string_view, 20> kInside{"changeme",  "change_me", "change-me", "example",    "placeholder",
                                                   "redacted",  "xxxx",      "****",      "....",       "${",
                                                   "{{",        "%(",        "your-",     "your_",      "yourpass",
                                                   "yourtoken", "insert_",   "dummy",     "1234567890", "notasecret"};

// The value as a whole.
constexpr std::array<std::string_view, 20> kWhole{"password", "passwd", "pass", "pwd",   "secret",    "token", "none",
                                                  "null",     "nil",    "true", "false", "test",      "xxx",   "***",
                                                  "foo",      "bar",    "todo", "empty", "undefined", "apikey"};

bool same_in_lower(std::string_view text, std::string_view lowered) noexcept {
  return std::equal(text.begin(), text.end(), lowered.begin(), lowered.end(),
                    [](char a, char b) { return lower(a) == b; });
}

bool contains_in_lower(std::string_view text, std::string_view lowered) noexcept {
  return std::search(text.begin(), text.end(), lowered.begin(), lowered.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}

bool is_bracketed(std::string_view value) noexcept {
  return value.size() > 1 &&
         ((value.front() == '<' && value.back() == '>') || (value.front() == '{' && value.back() == '}') ||
          (value.front() == '[' && value.back() == ']') || (value.front() == '%' && value.back() == '%'));
}

}  // namespace

double entropy_bits(std::string_view value) noexcept {
  if (value.empty()) {
    return 0;
  }
  std::array<std::uint32_t, 256> counts{};
  for (const char c : value) {
    ++counts[static_cast<unsigned char>(c)];
  }
  const double size = static_cast<double>(value.size());
  double bits = 0;
  for (const std::uint32_t count : counts) {
    if (count > 0) {
      const double share = count / size;
      bits -= share * std::log2(share);
    }
  }
  return bits;
}

bool is_placeholder(std::string_view value) noexcept {
  return value.empty() || one_repeated(value) || is_bracketed(value) || value.front() == '$' ||
         std::any_of(kWhole.begin(), kWhole.end(), [&](std::string_view word) { return same_in_lower(value, word); }) ||
         std::any_of(kInside.begin(), kInside.end(),
                     [&](std::string_view word) { return contains_in_lower(value, word); });
}

bool is_uuid(std::string_view value) noexcept {
  if (value.size() != 36) {
    return false;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? value[i] != '-' : !is_hex(value[i])) {
      return false;
    }
  }
  return true;
}

bool is_hash_of_known_length(std::string_view value) noexcept {
  switch (value.size()) {
    case 32:
    case 40:
    case 56:
    case 64:
    case 96:
    case 128:
      return std::all_of(value.begin(), value.end(), is_hex);
    default:
      return false;
  }
}

}  // namespace gabion::inspect::dlp
