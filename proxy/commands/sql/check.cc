// `gabion sql check`: judges statements by the rules of an account; JSON lines in, one answer a line out.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inspect/policy/sql_offline.h"
#include "inspect/sql/rules/judge.h"
#include "proxy/commands/policy/policy.h"
#include "proxy/commands/sql/sql.h"

namespace gabion::proxy::sql {
namespace {

namespace json = boost::json;
using config::kube::ObjectName;
using inspect::sql::SqlJudge;
using inspect::sql::SqlSubject;

/// Of one line, escapes and all.
constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20U;

struct Options {
  std::string policy;
  std::string account;
  std::string dialect;
  std::string user;
  std::string database;
  std::vector<std::string> search_path{"public"};
};

struct Question {
  json::value id;
  std::string sql;
};

/// Reads up to a line break. A line beyond kMaxLineBytes is read to its end and kept one byte too long.
bool read_line(std::istream& stream, std::string& line) {
  line.clear();
  auto* bytes = stream.rdbuf();
  int byte = bytes->sbumpc();
  if (byte == std::istream::traits_type::eof()) {
    return false;
  }
  for (; byte != std::istream::traits_type::eof() && byte != '\n'; byte = bytes->sbumpc()) {
    if (line.size() <= kMaxLineBytes) {
      line.push_back(static_cast<char>(byte));
    }
  }
  return true;
}

/// What is no UTF-8 is the statement's fault, not the line's: the judge refuses it.
std::optional<Question> read_question(const std::string& line) {
  if (line.size() > kMaxLineBytes) {
    return std::nullopt;
  }
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  boost::system::error_code error;
  json::value parsed = json::parse(line, error, {}, options);
  if (error || !parsed.is_object()) {
    return std::nullopt;
  }
  auto& members = parsed.as_object();
  auto* sql = members.if_contains("sql");
  auto* id = members.if_contains("id");
  if (sql == nullptr || !sql->is_string() || id == nullptr) {
    return std::nullopt;
  }
  return Question{*id, std::string(sql->as_string())};
}

void answer(const json::value& id, bool allow, std::string_view rule, std::string_view reason) {
  const json::object line{{"id", id},
                          {"verdict", allow ? "allow" : "deny"},
                          {"rule", rule.empty() ? json::value(nullptr) : json::value(json::string(rule))},
                          {"reason", json::string(reason)}};
  std::cout << json::serialize(line) << std::endl;  // flushed: whoever asks line by line waits for it
}

/// Every side must allow; the first that does not is told, else the last.
void judge(SqlJudge& judge, const std::vector<SqlSubject>& sides, const Question& question) {
  std::string rule;
  std::string reason;
  for (const auto& side : sides) {
    const auto verdict = judge.judge(question.sql, side);
    rule = verdict.rule;
    reason = inspect::sql::describe(verdict.reason, verdict.object);
    if (!verdict.allow) {
      return answer(question.id, false, rule, reason);
    }
  }
  answer(question.id, true, rule, reason);
}

int answer_all(SqlJudge& by, const std::vector<SqlSubject>& sides) {
  int status = kExitOk;
  for (std::string line; read_line(std::cin, line);) {
    if (const auto question = read_question(line)) {
      judge(by, sides, *question);
    } else {
      answer(nullptr, false, {}, to_string(inspect::sql::SqlReason::kBadInput));
      status = kExitFailed;
    }
    if (!std::cout) {
      return kExitFailed;
    }
  }
  return status;
}

std::vector<SqlSubject> subjects_of(inspect::policy::OfflineSqlRules rules, const Options& options) {
  if (rules.sides.empty()) {
    rules.sides.push_back(std::make_shared<const inspect::sql::SqlRules>());
  }
  // Offline nothing has to be done to results: limits and masks are taken as kept.
  const auto context = inspect::policy::offline_context(options.user, options.database, options.search_path);
  std::vector<SqlSubject> subjects;
  for (auto& side : rules.sides) {
    subjects.emplace_back(std::move(side), context);
  }
  return subjects;
}

int check(const Options& options) {
  const std::size_t slash = options.account.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == options.account.size()) {
    return policy::refuse({config::Error{"must be namespace/serviceaccount", "--as"}});
  }
  if (options.dialect != "postgres") {
    return policy::refuse({config::Error{"this version judges postgres only", "--dialect"}});
  }
  auto objects = policy::load_policies({options.policy});
  if (!objects) {
    return policy::refuse(objects.error());
  }
  auto by = SqlJudge::make();
  if (!by) {
    return policy::refuse({by.error()});
  }
  const ObjectName account{options.account.substr(0, slash), options.account.substr(slash + 1)};
  auto rules = inspect::policy::sql_rules_of(*objects, account, config::kube::AppProtocol::kPostgresql);
  for (const auto& note : rules.notes) {
    std::cerr << note << '\n';
  }
  if (rules.sides.empty()) {
    std::cerr << "no rule is about PostgreSQL: NetworkPolicy alone decides, every statement that parses passes\n";
  }
  return answer_all(*by, subjects_of(std::move(rules), options));
}

}  // namespace

void add_check(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("check", "Judge statements by the rules of an account: JSON lines");
  auto options = std::make_shared<Options>();
  command->add_option("--policy", options->policy, "Directory of manifests")->required()->type_name("DIR");
  command->add_option("--as", options->account, "Who asks: namespace/serviceaccount")->required()->type_name("NS/SA");
  command->add_option("--dialect", options->dialect, "postgres")->required();
  command->add_option("--user", options->user, "Login role; without it rules' users are not compared");
  command->add_option("--database", options->database, "Without it rules' databases are not compared");
  command->add_option("--search-path", options->search_path, "Schemas of names without one")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  command->footer(
      "In:  {\"id\": 1, \"sql\": \"SELECT 1\"}\n"
      "Out: {\"id\": 1, \"verdict\": \"allow\", \"rule\": \"shop/db/orders\", \"reason\": \"allowed\"}\n"
      "Each line is a session of its own. DryRun policies count as if they were enforced.\n"
      "Exit: 0 every line was a question, 1 some line was none, 2 the policy does not load.\n"
      "Example:\n  echo '{\"id\": 1, \"sql\": \"DROP TABLE orders\"}' | gabion sql check --policy policy --as "
      "shop/orders "
      "--dialect postgres");
  command->callback([options, &chosen] { chosen = [options] { return check(*options); }; });
}

}  // namespace gabion::proxy::sql
