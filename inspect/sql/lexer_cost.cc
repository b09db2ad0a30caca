// What a text costs PostgreSQL's lexer where that grows with the square of its length: see lexer_cost.h.
#include "inspect/sql/lexer_cost.h"

#include <array>

namespace gabion::inspect::sql {
namespace {

constexpr std::size_t kSmallText = 256;  // nothing in it can cost much

constexpr std::array<bool, 256> kOperators = [] {
  std::array<bool, 256> operators{};
  for (const char c : std::string_view("~!@#^&|`?+-*/%<>=")) {
    operators[static_cast<unsigned char>(c)] = true;
  }
  return operators;
}();

bool is_operator(char c) noexcept {
  return kOperators[static_cast<unsigned char>(c)];
}

/// Of one run of operator characters.
std::size_t cost_of_run(std::string_view run) noexcept {
  std::size_t comments = 0;
  std::size_t signs = 0;  // in a row, without the -- that begins a comment
  std::size_t cost = 0;
  for (std::size_t i = 0; i < run.size(); ++i) {
    const char before = i == 0 ? ' ' : run[i - 1];
    comments += run[i] == '*' && before == '/' ? 1U : 0U;
    const bool is_sign = run[i] == '+' || (run[i] == '-' && before != '-');
    signs = is_sign ? signs + 1 : 0;
    cost += signs;
  }
  return cost + (comments > 1 ? comments * run.size() : 0);
}

}  // namespace

std::size_t lexer_cost(std::string_view text) noexcept {
  if (text.size() <= kSmallText) {
    return 0;
  }
  std::size_t cost = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_operator(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && is_operator(text[end])) {
      ++end;
    }
    cost += end - at > 2 ? cost_of_run(text.substr(at, end - at)) : 0;
    at = end;
  }
  return cost;
}

}  // namespace gabion::inspect::sql
