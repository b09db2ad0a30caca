// Any text: parsed or refused for a reason; what is told lies within it, is a copy's, and that of texts of its shape.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/rules/text_shape.h"
#include "inspect/sql/self_check.h"

namespace {

/// The same text with another last digit in each of its numbers.
std::string with_other_numbers(std::string text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_last = is_digit(text[i]) && (i + 1 == text.size() || !is_digit(text[i + 1]));
    text[i] = is_last ? static_cast<char>(text[i] == '9' ? '2' : text[i] + 1) : text[i];
  }
  return text;
}

/// Where `other` has the shape of `text`, whose facts are `told`, it has the facts.
void compare_shapes(gabion::inspect::sql::Parser& parser, std::string_view text, std::string_view other,
                    const gabion::inspect::sql::Facts& told) {
  using namespace gabion::inspect::sql;
  TextShape shape;
  if (shape.read(text) != TextShape::Kind::kStandsFor) {
    return;
  }
  const std::string of_text(shape.bytes());
  if (shape.read(other) != TextShape::Kind::kStandsFor || shape.bytes() != of_text) {
    return;
  }
  Facts facts;
  parser.parse(other, {1U << 16, 200}, facts);
  const bool is_same = facts.statements().size() == told.statements().size();
  for (std::size_t i = 0; is_same && i < facts.statements().size(); ++i) {
    const Statement& one = facts.statements()[i];
    const Statement& two = told.statements()[i];
    if (fact_text(one) != fact_text(two) || one.offset != two.offset || one.length != two.length) {
      std::abort();
    }
  }
  // The grammar itself looks at some numbers: FLOAT(60) is none. The server says so of each text.
  if (!is_same && facts.error() == ParseError::kNone) {
    std::abort();
  }
}

}  // namespace

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
  compare_shapes(parser, text, with_other_numbers(std::string(text)), facts);
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
