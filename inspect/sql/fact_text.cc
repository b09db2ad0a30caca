// A statement's facts in one line: see self_check.h.
#include "inspect/sql/self_check.h"

namespace gabion::inspect::sql {
namespace {

std::string dotted(std::string_view first, std::string_view second) {
  return first.empty() ? std::string(second) : std::string(first) + "." + std::string(second);
}

std::string text_of(const Relation& relation) {
  return dotted(relation.schema, relation.name) + ":" + std::string(to_string(relation.access));
}

std::string text_of(const Column& column) {
  const std::string name = dotted(dotted(column.schema, column.table), column.column);
  return column.access == Access::kSelect ? name : name + ":" + std::string(to_string(column.access));
}

std::string text_of(const Function& function) {
  const std::string name = dotted(function.schema, function.name);
  switch (function.call) {
    case Call::kByName:
      return name;
    case Call::kSyntax:
      return name + ":syntax";
    case Call::kValue:
    case Call::kOperator:
      return name + ":word";
    case Call::kAttribute:
      return name + ":attribute";
  }
  return name;
}

std::string text_of(const Setting& setting) {
  return std::string(setting.name);
}

std::string text_of(const Defined& defined) {
  return "+" + std::string(defined.name) + ":" + std::string(defined.kind);
}

std::string text_of(const Used& used) {
  return "-" + (used.name.empty() ? "all" : std::string(used.name));
}

std::string text_of(const Output& output) {
  switch (output.lineage) {
    case Lineage::kColumn:
      return dotted(dotted(output.schema, output.table), output.column);
    case Lineage::kStar:
      return dotted(dotted(output.schema, output.table), "*");
    case Lineage::kConstant:
      return "constant";
    case Lineage::kUnknown:
      return "?";
  }
  return "?";
}

template <class Entries>
void append(std::string& line, const Entries& entries) {
  for (const auto& entry : entries) {
    line += ' ';
    line += text_of(entry);
  }
}

}  // namespace

std::string fact_text(const Statement& statement) {
  std::string line(statement.kind);
  if (!statement.inner_kind.empty()) {
    line += "/" + std::string(statement.inner_kind);
  }
  line += " |";
  append(line, statement.relations);
  line += " |";
  append(line, statement.columns);
  line += " |";
  append(line, statement.functions);
  line += " |";
  append(line, statement.settings);
  append(line, statement.defined);
  append(line, statement.used);
  line += " |";
  append(line, statement.outputs);
  line.erase(line.find_last_not_of(" |") + 1);
  return line;
}

}  // namespace gabion::inspect::sql
