// Any text: parsed or refused for a reason, what is told lies within it, and a copy tells the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/self_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gabion::inspect::sql;
  static Parser parser = Parser::make().value();
  static Facts facts;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parser.parse(text, {1U << 16, 200}, facts);
  if (facts.error() != ParseError::kNone) {
    if (!facts.statements().empty() || facts.error_offset() > size) {
      std::abort();
    }
    return 0;
  }
  const Facts copy = facts.compact();
  for (std::size_t i = 0; i < facts.statements().size(); ++i) {
    const Statement& statement = facts.statements()[i];
    const bool within = std::size_t{statement.offset} + statement.length <= size && statement.length > 0;
    if (!within || statement.kind.empty() || fact_text(statement) != fact_text(copy.statements()[i])) {
      std::abort();
    }
    static_cast<void>(fingerprint(text.substr(statement.offset, statement.length), statement));
  }
  return 0;
}
