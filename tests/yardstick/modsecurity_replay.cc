// The yardstick: `gabion waf replay` over libmodsecurity, with the same options, the same input and the same output.
#include <modsecurity/modsecurity.h>
#include <modsecurity/rule_message.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "proxy/commands/waf/replay_request.h"
#include "tests/yardstick/flat_rules.h"

namespace gabion::yardstick {
namespace {

using proxy::waf::Answer;
using proxy::waf::Request;

struct Options {
  std::string rules;
  int paranoia = 0;  ///< 0: as the rules say
  int repeat = 1;
  bool cpu = false;
};

struct Verdict {
  std::string action = "pass";
  int status = 200;
  long inbound_score = 0;
  long outbound_score = 0;
  std::vector<int> rules;  ///< logged matches in order, each once
};

void note_rule(Verdict& verdict, int id) {
  if (std::ranges::find(verdict.rules, id) == verdict.rules.end()) {
    verdict.rules.push_back(id);
  }
}

/// The server log callback; `sink` is the Verdict of the transaction. Rules with `noauditlog` never come here.
void note_message(void* sink, const void* message) {
  note_rule(*static_cast<Verdict*>(sink), static_cast<const modsecurity::RuleMessage*>(message)->m_ruleId);
}

constexpr std::string_view kMark = "[id \"";

/// The rule that ended the transaction tells it only here.
void note_log(Verdict& verdict, const char* log) {
  const std::string_view text = log == nullptr ? "" : log;
  if (const auto found = text.find(kMark); found != std::string_view::npos) {
    note_rule(verdict, std::atoi(text.data() + found + kMark.size()));
  }
}

/// The sum over the paranoia levels of a score, `name` being what stands before the level.
long score(const modsecurity::Transaction& transaction, const std::string& name) {
  long sum = 0;
  for (const char* level : {"1", "2", "3", "4"}) {
    const auto found = transaction.m_collections.m_tx_collection->resolveFirst(name + level);
    if (found) {
      sum += std::strtol(found->c_str(), nullptr, 10);
    }
  }
  return sum;
}

/// Notes what the engine wants done. Returns whether the transaction ends here.
[[nodiscard]] bool interrupted(modsecurity::Transaction& transaction, Verdict& verdict) {
  modsecurity::ModSecurityIntervention wanted;
  modsecurity::intervention::clean(&wanted);
  if (!transaction.intervention(&wanted)) {
    return false;
  }
  verdict.action = wanted.url != nullptr ? "redirect" : "deny";
  verdict.status = wanted.status;
  note_log(verdict, wanted.log);
  modsecurity::intervention::free(&wanted);
  return true;
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

[[nodiscard]] bool judge_request(modsecurity::Transaction& transaction, const Request& asked, Verdict& verdict) {
  const std::string version = asked.version.starts_with("HTTP/") ? asked.version.substr(5) : asked.version;
  transaction.processConnection("127.0.0.1", 50000, "127.0.0.1", 80);
  transaction.processURI(asked.uri.c_str(), asked.method.c_str(), version.c_str());
  if (interrupted(transaction, verdict)) {
    return false;
  }
  for (const auto& [name, value] : asked.headers) {
    transaction.addRequestHeader(bytes_of(name), name.size(), bytes_of(value), value.size());
  }
  transaction.processRequestHeaders();
  if (interrupted(transaction, verdict)) {
    return false;
  }
  if (!asked.body.empty()) {
    transaction.appendRequestBody(bytes_of(asked.body), asked.body.size());
  }
  if (interrupted(transaction, verdict)) {
    return false;
  }
  transaction.processRequestBody();
  return !interrupted(transaction, verdict);
}

void judge_response(modsecurity::Transaction& transaction, const Answer& answered, Verdict& verdict) {
  for (const auto& [name, value] : answered.headers) {
    transaction.addResponseHeader(bytes_of(name), name.size(), bytes_of(value), value.size());
  }
  transaction.processResponseHeaders(answered.status, "HTTP/1.1");
  if (interrupted(transaction, verdict)) {
    return;
  }
  if (!answered.body.empty()) {
    transaction.appendResponseBody(bytes_of(answered.body), answered.body.size());
  }
  transaction.processResponseBody();
  static_cast<void>(interrupted(transaction, verdict));
}

/// One transaction, from the connection to the logging phase. The response phases run when there is a response.
Verdict judge(modsecurity::ModSecurity& engine, modsecurity::RulesSet& rules, const Request& asked) {
  Verdict verdict;
  if (asked.response) {
    verdict.status = asked.response->status;
  }
  modsecurity::Transaction transaction(&engine, &rules, &verdict);
  const bool goes_on = judge_request(transaction, asked, verdict);
  if (goes_on && asked.response) {
    judge_response(transaction, *asked.response, verdict);
  }
  transaction.processLogging();
  // CRS 3 sums anomaly_score_pl<n>, CRS 4 inbound_anomaly_score_pl<n>; neither has both.
  verdict.inbound_score = score(transaction, "anomaly_score_pl") + score(transaction, "inbound_anomaly_score_pl");
  verdict.outbound_score = score(transaction, "outbound_anomaly_score_pl");
  return verdict;
}

double thread_cpu_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

struct Times {
  double min_us = 0;
  double total_us = 0;
};

boost::json::object answer(const Request& asked, const Verdict& verdict) {
  boost::json::array ids(verdict.rules.begin(), verdict.rules.end());
  return {{"id", asked.id},
          {"action", verdict.action},
          {"status", verdict.status},
          {"inbound_score", verdict.inbound_score},
          {"outbound_score", verdict.outbound_score},
          {"rules", std::move(ids)}};
}

/// Judges one line `repeat` times and writes one line about the last.
void replay(modsecurity::ModSecurity& engine, modsecurity::RulesSet& rules, const Options& options,
            const Request& asked) {
  Times times;
  Verdict verdict;
  for (int round = 0; round < options.repeat; ++round) {
    const double before = thread_cpu_us();
    verdict = judge(engine, rules, asked);
    const double spent = thread_cpu_us() - before;
    times.min_us = round == 0 ? spent : std::min(times.min_us, spent);
    times.total_us += spent;
  }
  boost::json::object line = answer(asked, verdict);
  if (options.cpu) {
    line["cpu_us_min"] = times.min_us;
    line["cpu_us_mean"] = times.total_us / options.repeat;
  }
  std::cout << line << '\n';
}

/// Entry files with a rule that sets the level themselves win: theirs runs after this one.
std::string paranoia_rule(int level) {
  const std::string number = std::to_string(level);
  return "SecAction \"id:1,phase:1,pass,nolog,t:none,setvar:tx.paranoia_level=" + number +
         ",setvar:tx.blocking_paranoia_level=" + number + "\"";
}

void load(modsecurity::RulesSet& rules, const Options& options) {
  if (options.paranoia > 0 && rules.load(paranoia_rule(options.paranoia).c_str()) < 0) {
    throw std::runtime_error(rules.getParserError());
  }
  if (rules.load(flat_rules(options.rules).c_str(), options.rules) < 0) {
    throw std::runtime_error(rules.getParserError());
  }
}

int run(const Options& options) {
  modsecurity::ModSecurity engine;
  engine.setConnectorInformation("gabion yardstick");
  engine.setServerLogCb(note_message, modsecurity::RuleMessageLogProperty);
  modsecurity::RulesSet rules;
  load(rules, options);
  std::string line;
  for (long number = 1; std::getline(std::cin, line); ++number) {
    try {
      const auto asked = proxy::waf::read_request(line, proxy::waf::RawReading::kLenient);
      if (!asked) {
        throw std::runtime_error(asked.error().what);
      }
      replay(engine, rules, options, *asked);
    } catch (const std::exception& error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
  }
  std::cout.flush();
  return std::cout ? 0 : 1;
}

}  // namespace
}  // namespace gabion::yardstick

int main(int count, char** words) {
  CLI::App app("Judges requests from standard input with libmodsecurity, one JSON line each");
  gabion::yardstick::Options options;
  app.add_option("--rules", options.rules, "Entry file; it includes the others")->required()->check(CLI::ExistingFile);
  app.add_option("--paranoia", options.paranoia, "Paranoia level, unless the rules set it")->check(CLI::Range(1, 4));
  app.add_option("--repeat", options.repeat, "Judge each line this often")->check(CLI::Range(1, 1'000'000));
  app.set_version_flag("--version", "libmodsecurity " MODSECURITY_VERSION);
  app.add_flag("--cpu", options.cpu, "Add cpu_us_min and cpu_us_mean: thread CPU time of a transaction");
  CLI11_PARSE(app, count, words);
  try {
    return gabion::yardstick::run(options);
  } catch (const std::exception& error) {
    std::cerr << "modsecurity_replay: " << error.what() << '\n';
    return 1;
  }
}
