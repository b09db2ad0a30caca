// Turns what the walk of a tree wrote down into Facts: see fact_writer.h.
#include "inspect/sql/fact_writer.h"

#include <algorithm>
#include <cstring>

namespace gabion::inspect::sql {
namespace {

// The C side numbers as facts.h does.
static_assert(static_cast<int>(Access::kLock) == PG_ACCESS_LOCK && static_cast<int>(Access::kDdl) == PG_ACCESS_DDL);
static_assert(static_cast<int>(Access::kDelete) == PG_ACCESS_DELETE);
static_assert(static_cast<int>(Call::kAttribute) == PG_CALL_ATTRIBUTE &&
              static_cast<int>(Call::kValue) == PG_CALL_VALUE);
static_assert(static_cast<int>(Defined::What::kCursor) == PG_DEFINED_CURSOR);
static_assert(static_cast<int>(Used::How::kCurrentOf) == PG_USED_CURRENT_OF);
static_assert(static_cast<int>(Used::How::kFetch) == PG_USED_FETCH);
static_assert(static_cast<int>(Lineage::kUnknown) == PG_LINEAGE_UNKNOWN);
static_assert(static_cast<int>(Group::kOther) == PG_GROUP_OTHER && static_cast<int>(Group::kDcl) == PG_GROUP_DCL);
static_assert(static_cast<int>(Flag::kRowValue) == PG_FLAG_ROW_VALUE);
static_assert(static_cast<int>(Flag::kConstantCase) == PG_FLAG_CONSTANT_CASE);
static_assert(static_cast<int>(Flag::kCatalogue) == PG_FLAG_CATALOGUE);
static_assert(static_cast<int>(Flag::kCopyToStdout) == PG_FLAG_COPY_TO_STDOUT);
static_assert(static_cast<int>(Flag::kNameSetting) == PG_FLAG_NAME_SETTING);
static_assert(static_cast<int>(Flag::kExecutes) == PG_FLAG_EXECUTES);

std::string_view view(const char* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

template <class T>
std::size_t sort_from(std::vector<T>& entries, std::size_t begin) {
  const auto first = entries.begin() + static_cast<std::ptrdiff_t>(begin);
  std::sort(first, entries.end());
  entries.erase(std::unique(first, entries.end()), entries.end());
  return entries.size();
}

bool is_blank(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Past a comment that begins at `offset`, or `offset` itself.
std::size_t skip_comment(std::string_view text, std::size_t offset) noexcept {
  const std::string_view rest = text.substr(offset);
  if (rest.starts_with("--")) {
    const std::size_t end = rest.find_first_of("\n\r");
    return end == std::string_view::npos ? text.size() : offset + end;
  }
  if (!rest.starts_with("/*")) {
    return offset;
  }
  std::size_t depth = 0;
  std::size_t at = 0;
  while (at + 1 < rest.size()) {
    const std::string_view pair = rest.substr(at, 2);
    if (pair == "/*") {
      ++depth;
      at += 2;
    } else if (pair == "*/") {
      at += 2;
      if (--depth == 0) {
        return offset + at;
      }
    } else {
      ++at;
    }
  }
  return text.size();
}

}  // namespace

std::size_t skip_blanks(std::string_view text, std::size_t offset) noexcept {
  while (offset < text.size()) {
    const std::size_t before = offset;
    if (is_blank(text[offset]) || text[offset] == ';') {
      ++offset;
    } else {
      offset = skip_comment(text, offset);
    }
    if (offset == before) {
      break;
    }
  }
  return offset;
}

void FactWriter::fail(ParseError error, std::size_t offset) noexcept {
  facts_.clear();
  facts_.error_ = error;
  facts_.error_offset_ = static_cast<std::uint32_t>(offset);
}

void FactWriter::add(const PgFact& fact) {
  switch (static_cast<PgFactWhat>(fact.what)) {
    case PG_FACT_RELATION:
      facts_.relations_.push_back({view(fact.first), view(fact.second), static_cast<Access>(fact.detail)});
      break;
    case PG_FACT_COLUMN:
      facts_.columns_.push_back(
          {view(fact.first), view(fact.second), view(fact.third), static_cast<Access>(fact.detail)});
      if (fact.second == nullptr) {
        facts_.statements_.back().flags.set(Flag::kUnknownColumns);
      }
      break;
    case PG_FACT_FUNCTION:
      facts_.functions_.push_back({view(fact.first), view(fact.second), static_cast<Call>(fact.detail)});
      break;
    case PG_FACT_SETTING:
      facts_.settings_.push_back({view(fact.first)});
      break;
    case PG_FACT_DEFINED:
      facts_.defined_.push_back({static_cast<Defined::What>(fact.detail), view(fact.first), view(fact.second)});
      break;
    case PG_FACT_USED:
      facts_.used_.push_back({static_cast<Used::How>(fact.detail), view(fact.first)});
      break;
    case PG_FACT_OUTPUT:
      facts_.outputs_.push_back(
          {static_cast<Lineage>(fact.detail), view(fact.first), view(fact.second), view(fact.third)});
      break;
  }
}

void FactWriter::end_statement() {
  const Facts::Ends begin = facts_.ends_.empty() ? Facts::Ends() : facts_.ends_.back();
  facts_.ends_.push_back({
      .relations = sort_from(facts_.relations_, begin.relations),
      .columns = sort_from(facts_.columns_, begin.columns),
      .functions = sort_from(facts_.functions_, begin.functions),
      .settings = sort_from(facts_.settings_, begin.settings),
      .defined = facts_.defined_.size(),
      .used = facts_.used_.size(),
      .outputs = facts_.outputs_.size(),
  });
}

void FactWriter::add_statement(const PgStatement& statement, std::string_view text) {
  const auto location = static_cast<std::size_t>(std::max(statement.location, 0));
  const std::size_t end =
      statement.length > 0 ? std::min(text.size(), location + static_cast<std::size_t>(statement.length)) : text.size();
  const std::size_t offset = std::min(skip_blanks(text, location), end);
  std::size_t last = end;
  while (last > offset && is_blank(text[last - 1])) {
    --last;
  }
  Statement& added = facts_.statements_.emplace_back();
  added.kind = view(statement.kind);
  added.group = static_cast<Group>(statement.group);
  added.inner_kind = view(statement.inner_kind);
  added.flags = Flags::from_bits(statement.flags);
  added.offset = static_cast<std::uint32_t>(offset);
  added.length = static_cast<std::uint32_t>(last - offset);
}

void FactWriter::write(const PgReading& reading, std::string_view text) {
  std::uint32_t fact = 0;
  for (std::uint32_t i = 0; i < reading.statement_count; ++i) {
    const PgStatement& statement = reading.statements[i];
    add_statement(statement, text);
    for (; fact < statement.facts_end; ++fact) {
      add(reading.facts[fact]);
    }
    end_statement();
  }
  facts_.own_names();
  facts_.link_spans();
}

void FactWriter::end_at_comments(std::span<const Token> tokens) {
  const auto is_comment = [](const Token& token) {
    return token.kind == Token::Kind::kLineComment || token.kind == Token::Kind::kBlockComment;
  };
  std::size_t at = 0;
  for (Statement& statement : facts_.statements_) {
    const std::uint32_t limit = statement.offset + statement.length;
    std::uint32_t end = statement.offset;
    for (; at < tokens.size() && tokens[at].end <= limit; ++at) {
      if (tokens[at].begin >= statement.offset && !is_comment(tokens[at])) {
        end = tokens[at].end;
      }
    }
    statement.length = end - statement.offset;
  }
  if (!tokens.empty() && tokens.back().kind == Token::Kind::kLineComment) {
    facts_.statements_.back().flags.set(Flag::kTrailingComment);
  }
}

}  // namespace gabion::inspect::sql
