// Words in text.
#include "inspect/waf/operators/text.h"

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

}  // namespace gabion::inspect::waf::operators
