// Reads a text with PostgreSQL's own grammar (libpg_query) and tells what its statements do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "config/result.h"
#include "inspect/sql/facts.h"

namespace gabion::inspect::sql {

struct ParseOptions {
  std::uint32_t max_bytes = 1U << 20;  ///< of the text; more is kTooLong
  std::uint32_t max_depth = 500;       ///< of nodes of the tree; more is kTooDeep
};

/// One a worker thread, made by the thread that uses it. libpg_query spends one of the process's 1024 thread keys a
/// thread: threads that parse live as long as the process.
class Parser {
 public:
  /// Reads a fixed list of statements first: an error if what is told of them is not what it must be, as when the
  /// library is not the one we were built for.
  [[nodiscard]] static config::Result<Parser> make();

  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;
  ~Parser();

  /// Reads `text` as PostgreSQL 15 reads it with standard_conforming_strings on and UTF-8, whatever was read before. No
  /// NUL needed at its end. One error anywhere and no statement is told. Never recurses with the text: small stacks do.
  void parse(std::string_view text, const ParseOptions& options, Facts& out) noexcept;

 private:
  struct State;
  explicit Parser(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace gabion::inspect::sql
