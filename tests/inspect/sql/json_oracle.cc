// The relations and functions of a text from the library's JSON: see json_oracle.h.
#include "tests/inspect/sql/json_oracle.h"

#include <pg_query.h>

#include <boost/json.hpp>
#include <vector>

namespace gabion::inspect::sql {
namespace {

namespace json = boost::json;
using Ctes = std::vector<std::string>;

std::string text_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string dotted(const std::string& first, const std::string& second) {
  return first.empty() ? second : first + "." + second;
}

/// [{"String": {"sval": …}}, …]: what stands `from_end` before the last.
std::string part(const json::array& names, std::size_t from_end) {
  if (names.size() <= from_end) {
    return {};
  }
  const auto* object = names[names.size() - 1 - from_end].if_object();
  const auto* string = object == nullptr ? nullptr : object->if_contains("String");
  return string == nullptr ? std::string() : text_at(string->as_object(), "sval");
}

class Reader {
 public:
  Names names;

  void read(const json::value& value, Ctes ctes) {
    if (const auto* array = value.if_array()) {
      for (const auto& item : *array) {
        read(item, ctes);
      }
    } else if (const auto* object = value.if_object()) {
      read_object(*object, std::move(ctes));
    }
  }

 private:
  void read_object(const json::object& object, Ctes ctes) {
    if (const auto* with = object.if_contains("withClause")) {
      read_with(with->as_object(), ctes);
    }
    if (object.contains("relname")) {
      add_relation(object, ctes);
    }
    if (const auto* name = object.if_contains("funcname")) {
      names.functions.insert(dotted(part(name->as_array(), 1), part(name->as_array(), 0)));
    }
    for (const auto& [key, value] : object) {
      read_field(key, value, ctes);
    }
  }

  void read_field(std::string_view key, const json::value& value, const Ctes& ctes) {
    if (key == "CreateFunctionStmt" || key == "AlterFunctionStmt") {
      json::object definition = value.as_object();
      definition.erase("funcname");
      return read(definition, ctes);
    }
    if (key == "DropStmt" || key == "CommentStmt" || key == "SecLabelStmt" || key == "AlterExtensionContentsStmt") {
      return read_objects(value.as_object());
    }
    if (key == "AlterTableStmt" && text_at(value.as_object(), "objtype") == "OBJECT_TYPE") {
      return;
    }
    // Targets of writes are never CTEs; lockedRels are aliases; the names of constraints and types are no relations.
    if (key == "withClause" || key == "lockedRels" || key == "ConstraintsSetStmt" || key == "CompositeTypeStmt") {
      return;
    }
    if (key == "relation" || key == "rel") {
      return read(value, {});
    }
    read(value, ctes);
  }

  void read_with(const json::object& with, Ctes& ctes) {
    const bool recursive = with.contains("recursive") && with.at("recursive").as_bool();
    const auto& list = with.at("ctes").as_array();
    for (const auto& item : list) {
      const auto& cte = item.as_object().at("CommonTableExpr").as_object();
      if (recursive) {
        ctes.push_back(text_at(cte, "ctename"));
      }
    }
    for (const auto& item : list) {
      const auto& cte = item.as_object().at("CommonTableExpr").as_object();
      read(cte, ctes);
      if (!recursive) {
        ctes.push_back(text_at(cte, "ctename"));
      }
    }
  }

  void add_relation(const json::object& relation, const Ctes& ctes) {
    const std::string schema = text_at(relation, "schemaname");
    const std::string name = text_at(relation, "relname");
    const bool is_cte =
        schema.empty() && !relation.contains("catalogname") && std::find(ctes.begin(), ctes.end(), name) != ctes.end();
    if (!is_cte) {
      names.relations.insert(dotted(schema, name));
    }
  }

  void read_objects(const json::object& statement) {
    std::string type = text_at(statement, "removeType") + text_at(statement, "objtype");
    const bool whole = type == "OBJECT_TABLE" || type == "OBJECT_VIEW" || type == "OBJECT_MATVIEW" ||
                       type == "OBJECT_INDEX" || type == "OBJECT_SEQUENCE" || type == "OBJECT_FOREIGN_TABLE";
    const bool inside = type == "OBJECT_COLUMN" || type == "OBJECT_TRIGGER" || type == "OBJECT_RULE" ||
                        type == "OBJECT_POLICY" || type == "OBJECT_TABCONSTRAINT";
    json::array objects;
    if (statement.contains("objects")) {
      objects = statement.at("objects").as_array();
    } else if (statement.contains("object")) {
      objects.push_back(statement.at("object"));
    }
    for (const auto& object : objects) {
      const auto* list = object.as_object().if_contains("List");
      if ((whole || inside) && list != nullptr) {
        const auto& parts = list->as_object().at("items").as_array();
        const std::size_t last = inside ? 1 : 0;
        names.relations.insert(dotted(part(parts, last + 1), part(parts, last)));
      }
    }
  }
};

}  // namespace

Names names_of_json(std::string_view text) {
  const std::string terminated(text);
  PgQueryParseResult result = pg_query_parse(terminated.c_str());
  Reader reader;
  if (result.error == nullptr) {
    json::parse_options options;
    options.max_depth = 4096;
    reader.read(json::parse(result.parse_tree, {}, options), {});
  }
  pg_query_free_parse_result(result);
  return reader.names;
}

Names names_of_facts(const Facts& facts) {
  Names names;
  for (const Statement& statement : facts.statements()) {
    for (const Relation& relation : statement.relations) {
      names.relations.insert(dotted(std::string(relation.schema), std::string(relation.name)));
    }
    for (const Function& function : statement.functions) {
      if (function.call == Call::kByName || function.call == Call::kSyntax) {
        names.functions.insert(dotted(std::string(function.schema), std::string(function.name)));
      }
    }
  }
  return names;
}

}  // namespace gabion::inspect::sql
