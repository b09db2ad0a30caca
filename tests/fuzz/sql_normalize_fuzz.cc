// Any text: what is normalised holds no constant and no comment, and normalising it again changes nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gabion::inspect::sql;
  static const Parser parser = Parser::make().value();
  const std::string_view text(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 1U << 16));
  const std::string normalized = normalize(text);
  std::vector<Token> tokens;
  if (!scan_tokens(normalized, tokens)) {
    std::abort();
  }
  for (const Token& token : tokens) {
    if (token.kind == Token::Kind::kConstant || token.kind == Token::Kind::kLineComment ||
        token.kind == Token::Kind::kBlockComment) {
      std::abort();
    }
  }
  if (normalize(normalized) != normalized) {
    std::abort();
  }
  return 0;
}
