// Reads statements ended by NUL and writes a line of JSON for each: our facts, and what the library's JSON names.
#include <boost/json.hpp>
#include <iostream>
#include <iterator>
#include <string>

#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"
#include "tests/inspect/sql/json_oracle.h"

namespace {

namespace json = boost::json;
using namespace gabion::inspect::sql;

json::string text_of(std::string_view text) {
  return json::string(text.data(), text.size());
}

json::array array_of(const std::set<std::string>& names) {
  json::array array;
  for (const std::string& name : names) {
    array.emplace_back(name);
  }
  return array;
}

json::object facts_of(const Facts& facts, std::string_view text) {
  json::array kinds;
  json::array relations;
  json::array columns;
  for (const Statement& statement : facts.statements()) {
    kinds.emplace_back(text_of(statement.kind));
    for (const Relation& relation : statement.relations) {
      relations.push_back(
          json::array{text_of(relation.schema), text_of(relation.name), text_of(to_string(relation.access))});
    }
    for (const Column& column : statement.columns) {
      columns.push_back(json::array{text_of(column.schema), text_of(column.table), text_of(column.column),
                                    text_of(to_string(column.access))});
    }
  }
  json::object made{
      {"error", text_of(to_string(facts.error()))}, {"kinds", kinds}, {"relations", relations}, {"columns", columns}};
  if (facts.error() == ParseError::kNone) {
    const Names ours = names_of_facts(facts);
    const Names theirs = names_of_json(text);
    made["ours"] = json::array{array_of(ours.relations), array_of(ours.functions)};
    made["theirs"] = json::array{array_of(theirs.relations), array_of(theirs.functions)};
    made["normalized"] = normalize(text);
  }
  return made;
}

}  // namespace

int main() {
  auto parser = Parser::make();
  if (!parser) {
    std::cerr << parser.error().to_string() << '\n';
    return 1;
  }
  Facts facts;
  std::string text;
  while (std::getline(std::cin, text, '\0')) {
    parser->parse(text, {}, facts);
    std::cout << facts_of(facts, text) << '\n';
  }
  return std::cout.flush() ? 0 : 1;
}
