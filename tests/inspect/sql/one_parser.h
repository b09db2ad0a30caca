// The parser of the thread that runs the tests.
#pragma once

#include "inspect/sql/parse.h"

namespace gabion::inspect::sql {

inline Parser& one_parser() {
  static Parser parser = Parser::make().value();
  return parser;
}

}  // namespace gabion::inspect::sql
