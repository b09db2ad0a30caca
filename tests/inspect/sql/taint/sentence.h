// Puts values into templates of statements, the way a careless application does and the way a careful one does.
#pragma once

#include <string>
#include <string_view>

namespace gabion::inspect::sql::taint {

/// `statement` with each "{}" as `value`.
inline std::string fill(std::string_view statement, std::string_view value) {
  std::string filled;
  for (std::size_t at = 0; at < statement.size();) {
    if (statement.substr(at, 2) == "{}") {
      filled.append(value);
      at += 2;
    } else {
      filled.push_back(statement[at++]);
    }
  }
  return filled;
}

/// As a literal of SQL, quotes doubled.
inline std::string plain_literal(std::string_view value) {
  std::string literal = "'";
  for (const char c : value) {
    literal.append(c == '\'' ? "''" : std::string(1, c));
  }
  return literal + "'";
}

/// As psycopg2 writes a value that holds a backslash: E'…' with backslashes doubled, too.
inline std::string escape_literal(std::string_view value) {
  std::string literal = "E'";
  for (const char c : value) {
    literal.append(c == '\'' ? "''" : c == '\\' ? "\\\\" : std::string(1, c));
  }
  return literal + "'";
}

}  // namespace gabion::inspect::sql::taint
