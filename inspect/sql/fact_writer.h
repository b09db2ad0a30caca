// Turns what the walk of a tree wrote down into Facts: sorted, without repetitions, owning every name.
#pragma once

#include <string_view>

#include "inspect/sql/facts.h"
#include "inspect/sql/pg/walk.h"
#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql {

class FactWriter {
 public:
  explicit FactWriter(Facts& facts) : facts_(facts) {}

  void fail(ParseError error, std::size_t offset) noexcept;
  /// REQUIRES: the reading has no error; its names live until the call returns. `text` is what was read.
  void write(const PgReading& reading, std::string_view text);
  /// Cuts comments off the ends of statements that have some; the tokens are those of the text, not empty.
  void end_at_comments(std::span<const Token> tokens);

 private:
  void add(const PgFact& fact);
  void end_statement();
  void add_statement(const PgStatement& statement, std::string_view text);

  Facts& facts_;
};

/// What is left of the statement between `offset` and `end` without blanks, comments and empty statements before it.
[[nodiscard]] std::size_t skip_blanks(std::string_view text, std::size_t offset) noexcept;

}  // namespace gabion::inspect::sql
