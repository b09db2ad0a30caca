// A name is shown if it is short, made of the characters of identifiers, and has few digits.
#include "inspect/dlp/field_path.h"

#include <algorithm>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kMaxWordBytes = 32;
constexpr std::ptrdiff_t kMaxWordDigits = 3;

bool is_word(std::string_view name) noexcept {
  return name.size() <= kMaxWordBytes && std::count_if(name.begin(), name.end(), is_digit) <= kMaxWordDigits &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_digit(c) || is_letter(c) || std::string_view("_-.:$[] ").find(c) != std::string_view::npos;
         });
}

char shape_of(char c) noexcept {
  if (is_digit(c)) {
    return '9';
  }
  return is_letter(c) || static_cast<unsigned char>(c) >= 0x80 ? 'x' : '?';
}

}  // namespace

std::string field_path(std::span<const std::string_view> names) {
  std::string path;
  for (const std::string_view name : names) {
    if (path.size() >= kMaxFieldBytes) {
      break;
    }
    path.push_back('/');
    const std::string_view shown = name.substr(0, kMaxFieldBytes);
    if (is_word(name)) {
      path.append(shown);
    } else {
      std::transform(shown.begin(), shown.end(), std::back_inserter(path), shape_of);
    }
  }
  path.resize(std::min(path.size(), kMaxFieldBytes));
  return path;
}

}  // namespace gabion::inspect::dlp
