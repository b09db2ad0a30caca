// Answers for pairs "check, tab, value" on standard input, a line each: 1 passes, 0 fails, ? no such check.
#include <iostream>
#include <string>
#include <string_view>

#include "inspect/dlp/checks/checks.h"

int main() {
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const std::string_view text(line);
    const std::size_t tab = text.find('\t');
    const auto* const check = gabion::inspect::dlp::find_check(text.substr(0, tab));
    if (check == nullptr || tab == std::string_view::npos) {
      std::cout << "?\n";
    } else {
      std::cout << (check->passes(text.substr(tab + 1)) ? "1\n" : "0\n");
    }
  }
}
