// Checks a text, lets the library parse it and the walk read its tree: see parse.h.
#include "inspect/sql/parse.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

#include "inspect/http/utf8.h"
#include "inspect/sql/fact_writer.h"
#include "inspect/sql/lexer_cost.h"
#include "inspect/sql/pg/walk.h"
#include "inspect/sql/self_check.h"
#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql {
namespace {

// The library counts in int and allocates at most 1 GiB at once.
constexpr std::uint32_t kMostBytes = 1U << 28;
constexpr std::size_t kKeptTokens = 4096;
constexpr std::size_t kKeptText = std::size_t{64} * 1024;

struct FreeWalk {
  void operator()(PgWalk* walk) const noexcept { pg_walk_free(walk); }
};

/// Of the first byte that is no UTF-8, text.size() if there is none.
std::size_t utf8_end(std::string_view text) noexcept {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    if (text.size() - at >= sizeof(eight)) {
      std::memcpy(&eight, text.data() + at, sizeof(eight));
      if ((eight & kHighBits) == 0) {
        at += sizeof(eight);
        continue;
      }
    }
    const std::size_t size = http::utf8_size(text.substr(at));
    if (size == 0) {
      return at;
    }
    at += size;
  }
  return at;
}

/// Where the character numbered `character`, the first being 1, begins.
std::size_t byte_offset(std::string_view text, int character) noexcept {
  std::size_t at = 0;
  for (int i = 1; i < character && at < text.size(); ++i) {
    at += std::max<std::size_t>(1, http::utf8_size(text.substr(at)));
  }
  return std::min(at, text.size());
}

ParseError error_of(PgError error) noexcept {
  switch (error) {
    case PG_ERROR_NONE:
      return ParseError::kNone;
    case PG_ERROR_SYNTAX:
      return ParseError::kSyntax;
    case PG_ERROR_TOO_DEEP:
      return ParseError::kTooDeep;
    case PG_ERROR_UNKNOWN_NODE:
      return ParseError::kUnknownNode;
  }
  return ParseError::kUnknownNode;
}

}  // namespace

struct Parser::State {
  std::unique_ptr<PgWalk, FreeWalk> walk{pg_walk_new()};
  std::string text;
  std::vector<Token> tokens;

  void read(std::string_view given, const ParseOptions& options, FactWriter& writer);
  void look_at_comments(std::string_view given, Facts& out);
};

void Parser::State::read(std::string_view given, const ParseOptions& options, FactWriter& writer) {
  text.assign(given);
  const PgReading reading = pg_read(walk.get(), text.c_str(), options.max_depth);
  if (reading.error == PG_ERROR_NONE) {
    writer.write(reading, given);
  } else {
    const bool in_tree = reading.error_character <= 0 && reading.statement_count > 0;
    const std::size_t offset =
        in_tree ? skip_blanks(given, static_cast<std::size_t>(
                                         std::max(0, reading.statements[reading.statement_count - 1].location)))
                : byte_offset(given, reading.error_character);
    writer.fail(error_of(reading.error), offset);
  }
  pg_release(walk.get());
  if (text.capacity() > kKeptText) {
    std::string().swap(text);
  }
}

void Parser::State::look_at_comments(std::string_view given, Facts& out) {
  if (out.statements().empty() ||
      (given.find("--") == std::string_view::npos && given.find("/*") == std::string_view::npos) ||
      !scan_tokens(given, tokens)) {
    return;
  }
  FactWriter(out).end_at_comments(tokens);
  if (tokens.capacity() > kKeptTokens) {
    std::vector<Token>().swap(tokens);
  }
}

Parser::Parser(std::unique_ptr<State> state) : state_(std::move(state)) {}
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;
Parser::~Parser() = default;

config::Result<Parser> Parser::make() {
  // The library's set-up of a thread writes an unguarded key of the process.
  static std::mutex one_after_the_other;
  const std::lock_guard guard(one_after_the_other);
  auto state = std::make_unique<State>();
  if (state->walk == nullptr) {
    return config::Error("there is no memory for a parser", "sql");
  }
  Parser parser(std::move(state));
  if (const std::string wrong = self_check(parser); !wrong.empty()) {
    return config::Error("libpg_query does not read as it must: " + wrong, "sql");
  }
  return parser;
}

void Parser::parse(std::string_view text, const ParseOptions& options, Facts& out) noexcept {
  out.clear();
  FactWriter writer(out);
  if (const std::size_t end = utf8_end(text); end < text.size()) {
    return writer.fail(ParseError::kEncoding, end);
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return writer.fail(ParseError::kNulByte, nul);
  }
  if (text.size() > std::min(options.max_bytes, kMostBytes)) {
    return writer.fail(ParseError::kTooLong, std::min(options.max_bytes, kMostBytes));
  }
  if (lexer_cost(text) > kMostLexerCost) {
    return writer.fail(ParseError::kTooDeep, 0);
  }
  state_->read(text, options, writer);
  state_->look_at_comments(text, out);
}

}  // namespace gabion::inspect::sql
