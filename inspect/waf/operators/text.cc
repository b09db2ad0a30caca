// Words in text.
#include "inspect/waf/operators/text.h"

#include <algorithm>

#include "inspect/waf/transform/bytes.h"

namespace gabion::inspect::waf::operators {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool contains_word(std::string_view value, std::string_view word) noexcept {
  if (word.empty()) {
    return true;
  }
  for (auto at = value.find(word); at != std::string_view::npos; at = value.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_letter(value[at - 1])) && (end == value.size() || !is_letter(value[end]))) {
      return true;
    }
  }
  return false;
}

bool is_within(std::string_view part, std::string_view list) noexcept {
  const auto letter = std::find_if(part.begin(), part.end(), transform::is_alnum);
  const auto ahead = letter == part.end() ? 0 : static_cast<std::size_t>(letter - part.begin());
  if (part.empty() || ahead >= list.size()) {
    return part.empty();
  }
  auto at = list.find(part[ahead], ahead);
  while (at != std::string_view::npos && list.substr(at - ahead, part.size()) != part) {
    at = list.find(part[ahead], at + 1);
  }
  return at != std::string_view::npos;
}

}  // namespace gabion::inspect::waf::operators
