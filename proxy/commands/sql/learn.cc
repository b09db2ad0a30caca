// `gabion sql learn`: the fingerprints of statements, or those an audit log tells of, as a rule's `fingerprints`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "inspect/sql/fingerprint.h"
#include "inspect/sql/normalize.h"
#include "inspect/sql/parse.h"
#include "inspect/sql/rules/learnt.h"
#include "proxy/commands/policy/policy.h"
#include "proxy/commands/sql/sql.h"

namespace gabion::proxy::sql {
namespace {

namespace json = boost::json;
using inspect::sql::Facts;
using inspect::sql::Fingerprint;
using inspect::sql::Parser;
using inspect::sql::Statement;

constexpr std::size_t kMostLearnt = 1024;  // that a rule may list

struct Options {
  std::string file;
  bool is_audit_log = false;
};

/// What was learnt, with the first statement that it stands for, and what could not be.
struct Learnt {
  std::map<Fingerprint, std::string> statements;
  std::size_t left_out = 0;

  void add(const Fingerprint& fingerprint, std::string statement) {
    statements.emplace(fingerprint, std::move(statement));
  }
};

/// A value of a JSON line; nothing where it is none, or not that.
std::optional<std::string> member(std::string_view line, std::string_view name) {
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  if (error || !parsed.is_object()) {
    return std::nullopt;
  }
  const auto* found = parsed.as_object().if_contains(name);
  return found != nullptr && found->is_string() ? std::optional(std::string(found->as_string())) : std::nullopt;
}

/// Nothing of a statement may end a comment of YAML, which some characters beyond ASCII do as well.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

void learn_text(Parser& parser, std::string_view text, Learnt& learnt) {
  Facts facts;
  parser.parse(text, {}, facts);
  learnt.left_out += facts.error() != inspect::sql::ParseError::kNone ? 1 : 0;
  for (const Statement& statement : facts.statements()) {
    const std::string_view own = text.substr(statement.offset, statement.length);
    if (const auto made = inspect::sql::learnable_fingerprint(own, statement)) {
      learnt.add(*made, one_line(inspect::sql::normalize(own)));
    } else {
      ++learnt.left_out;
    }
  }
}

/// Of what a rule in mode Learn has let through. Other lines say nothing: what was denied is not learnt, and names in
/// them are a client's to choose.
void learn_audit_line(std::string_view line, Learnt& learnt) {
  constexpr std::string_view kMark = "statement, let through: fingerprint: ";
  const auto detail = member(line, "detail");
  if (!detail || !detail->starts_with(kMark)) {
    return;
  }
  const std::string_view told = std::string_view(*detail).substr(kMark.size());
  if (const auto made = inspect::sql::read_fingerprint(told.substr(0, told.find(';')))) {
    learnt.add(*made, {});
  } else {
    ++learnt.left_out;
  }
}

int learn(const Options& options) {
  std::ifstream file;
  if (!options.file.empty()) {
    file.open(options.file, std::ios::binary);
    if (!file) {
      return policy::refuse({config::Error{"cannot be read", options.file}});
    }
  }
  auto parser = Parser::make();
  if (!parser) {
    return policy::refuse({parser.error()});
  }
  Learnt learnt;
  std::istream& from = options.file.empty() ? std::cin : file;
  for (std::string line; std::getline(from, line);) {
    if (options.is_audit_log) {
      learn_audit_line(line, learnt);
    } else {
      learn_text(*parser, line.starts_with('{') ? member(line, "sql").value_or(line) : line, learnt);
    }
  }
  if (learnt.left_out != 0) {
    std::cerr << learnt.left_out << " left out: no SQL, or nothing that a fingerprint says enough of\n";
  }
  if (learnt.statements.empty() || learnt.statements.size() > kMostLearnt) {
    std::cerr << learnt.statements.size() << " fingerprints; a rule lists 1 to " << kMostLearnt << '\n';
    return kExitFailed;
  }
  std::cout << "fingerprints:\n  mode: Enforce\n  learnt:\n";
  for (const auto& [fingerprint, statement] : learnt.statements) {
    std::cout << "  - " << to_string(fingerprint) << (statement.empty() ? "" : "  # ") << statement << '\n';
  }
  return std::cout.flush() ? kExitOk : kExitFailed;
}

}  // namespace

void add_learn(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("learn", "List the fingerprints of statements for a rule");
  auto options = std::make_shared<Options>();
  command->add_option("--file", options->file, "Read this file instead of standard input");
  command->add_flag("--audit", options->is_audit_log, "It is an audit log of rules with fingerprints: {mode: Learn}");
  command->footer(
      "In:  a statement a line, as text or {\"sql\": \"…\"}; with --audit the lines of an audit log.\n"
      "Out: YAML for an item of `sql` in an L7Policy; no value of a statement is in it.\n"
      "Exit: 0 something was learnt, 1 nothing or too much, 2 wrong usage or a file that cannot be read.\n"
      "Example:\n  echo 'SELECT id FROM orders WHERE id = 7' | gabion sql learn");
  command->callback([options, &chosen] { chosen = [options] { return learn(*options); }; });
}

}  // namespace gabion::proxy::sql
