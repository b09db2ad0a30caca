// `gabion sql explain`: what the statements of a text do, as one JSON object.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <optional>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/rules/learnt.h"
#include "proxy/commands/sql/sql.h"

namespace gabion::proxy::sql {
namespace {

namespace json = boost::json;
using inspect::sql::Call;
using inspect::sql::Facts;
using inspect::sql::Flag;
using inspect::sql::Statement;

constexpr std::size_t kMostInput = std::size_t{64} << 20;

struct Options {
  std::string file;
  std::string dialect;
  std::vector<std::string> search_path;
};

int refuse(std::string_view what) {
  std::cerr << "gabion sql explain: " << what << '\n';
  return kExitConfiguration;
}

std::optional<std::string> read_all(std::istream& in) {
  std::string text;
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    text.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostInput) {
      return std::nullopt;
    }
  }
  return in.bad() ? std::nullopt : std::optional(std::move(text));
}

std::string dotted(std::string_view first, std::string_view second) {
  return first.empty() ? std::string(second) : fmt::format("{}.{}", first, second);
}

json::string text_of(std::string_view text) {
  return json::string(text.data(), text.size());
}

json::array sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  json::array array;
  for (const std::string& name : names) {
    array.emplace_back(name);
  }
  return array;
}

/// One entry for each name and access; `search_path` says where a name without a schema may lie.
json::array tables_of(const Statement& statement, const Options& options) {
  json::array tables;
  for (const auto& relation : statement.relations) {
    json::object table;
    table["schema"] = relation.schema.empty() ? json::value(nullptr) : json::value(text_of(relation.schema));
    table["name"] = text_of(relation.name);
    table["access"] = text_of(to_string(relation.access));
    if (relation.schema.empty() && !options.search_path.empty()) {
      json::array candidates;
      for (const std::string& schema : options.search_path) {
        candidates.emplace_back(dotted(schema, relation.name));
      }
      table["candidates"] = std::move(candidates);
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

json::array columns_of(const Statement& statement) {
  std::vector<std::string> names;
  for (const auto& column : statement.columns) {
    names.push_back(dotted(column.table, column.column));
  }
  return sorted(std::move(names));
}

json::array functions_of(const Statement& statement) {
  std::vector<std::string> names;
  for (const auto& function : statement.functions) {
    if (function.call != Call::kOperator) {
      names.push_back(function.call == Call::kByName ? dotted(function.schema, function.name)
                                                     : std::string(function.name));
    }
  }
  return sorted(std::move(names));
}

json::array operators_of(const Statement& statement) {
  std::vector<std::string> names;
  for (const auto& function : statement.functions) {
    if (function.call == Call::kOperator) {
      names.push_back(dotted(function.schema, function.name));
    }
  }
  return sorted(std::move(names));
}

template <class Entries>
json::array names_of(const Entries& entries) {
  json::array names;
  for (const auto& entry : entries) {
    names.emplace_back(text_of(entry.name));
  }
  return names;
}

json::array flags_of(const Statement& statement) {
  json::array flags;
  for (std::size_t i = 0; i < inspect::sql::kFlagCount; ++i) {
    if (const auto flag = static_cast<Flag>(i); statement.flags.has(flag)) {
      flags.emplace_back(text_of(to_string(flag)));
    }
  }
  return flags;
}

json::object statement_of(const Statement& statement, std::string_view text, const Options& options) {
  const std::string_view own = text.substr(statement.offset, statement.length);
  json::object made;
  made["kind"] = text_of(statement.kind);
  if (!statement.inner_kind.empty()) {
    made["inner_kind"] = text_of(statement.inner_kind);
  }
  made["tables"] = tables_of(statement, options);
  made["columns"] = columns_of(statement);
  made["functions"] = functions_of(statement);
  made["operators"] = operators_of(statement);
  made["settings"] = names_of(statement.settings);
  made["defines"] = names_of(statement.defined);
  made["uses"] = names_of(statement.used);
  made["has_where"] = statement.flags.has(Flag::kHasWhere);
  made["flags"] = flags_of(statement);
  made["normalized"] = inspect::sql::normalize(own);
  const auto print = inspect::sql::fingerprint(own, statement);
  made["fingerprint"] = print ? fmt::format("{:016x}", print->tree) : "";
  made["fact_hash"] = print ? fmt::format("{:016x}", print->facts) : "";
  made["learnable"] = inspect::sql::learnable_fingerprint(own, statement).has_value();
  return made;
}

int explain(const Options& options) {
  if (options.dialect == "mysql") {
    return refuse("dialect mysql is not available yet; postgres is");
  }
  std::ifstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary);
    if (!file) {
      return refuse(options.file + " cannot be read");
    }
  }
  const auto text = read_all(options.file.empty() ? std::cin : file);
  if (!text) {
    return refuse(fmt::format("the text cannot be read, or has more than {} bytes", kMostInput));
  }
  auto parser = inspect::sql::Parser::make();
  if (!parser) {
    return refuse(parser.error().to_string());
  }
  Facts facts;
  parser->parse(*text, {}, facts);
  json::array statements;
  for (const Statement& statement : facts.statements()) {
    statements.push_back(statement_of(statement, *text, options));
  }
  json::array errors;
  const bool failed = facts.error() != inspect::sql::ParseError::kNone;
  if (failed) {
    errors.push_back(json::object{{"code", text_of(to_string(facts.error()))}, {"offset", facts.error_offset()}});
  }
  std::cout << json::object{{"statements", std::move(statements)}, {"errors", std::move(errors)}} << '\n';
  if (!std::cout.flush()) {
    return refuse("the answer cannot be written");
  }
  return failed ? kExitFailed : kExitOk;
}

}  // namespace

void add_explain(CLI::App& group, Command& chosen) {
  auto options = std::make_shared<Options>();
  auto* explain_command = group.add_subcommand("explain", "Tell what the statements on standard input do, as JSON");
  explain_command->add_option("--file", options->file, "Read this file instead of standard input");
  explain_command->add_option("--dialect", options->dialect, "postgres (mysql is not available yet)")
      ->required()
      ->check(CLI::IsMember({"postgres", "mysql"}));
  explain_command
      ->add_option("--search-path", options->search_path, "Schemas in which a table without one is looked for")
      ->delimiter(',');
  explain_command->footer("Example:\n  echo 'DELETE FROM orders' | gabion sql explain --dialect postgres");
  explain_command->callback([options, &chosen] { chosen = [options] { return explain(*options); }; });
}

}  // namespace gabion::proxy::sql
