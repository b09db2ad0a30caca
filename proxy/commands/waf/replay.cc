// `gabion waf replay`: judges requests from standard input, one JSON line each.
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "proxy/commands/waf/judge.h"
#include "proxy/commands/waf/waf.h"

namespace gabion::proxy::waf {
namespace {

struct ReplayOptions {
  RuleChoice rules;
  unsigned repeat = 1;
  bool cpu = false;
  bool strict = false;
};

double thread_cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

boost::json::object answer(const Request& request, const inspect::waf::engine::Transaction& transaction) {
  boost::json::array ids;
  for (const auto& hit : transaction.hits()) {
    ids.emplace_back(hit.rule_id);
  }
  const auto decision = transaction.decision();
  const auto scores = transaction.scores();
  const bool passes = decision.action == inspect::waf::engine::Action::kPass;
  const auto status = passes && request.response ? request.response->status : decision.status;
  return {{"id", request.id},
          {"action", to_string(decision.action)},
          {"status", status},
          {"inbound_score", scores.inbound},
          {"outbound_score", scores.outbound},
          {"rules", std::move(ids)}};
}

boost::json::object refused(const Request& request) {
  return {{"id", request.id},         {"action", "refused"}, {"status", 400},
          {"inbound_score", 0},       {"outbound_score", 0}, {"rules", boost::json::array{}},
          {"reason", request.refused}};
}

boost::json::object judge_line(Judge& judge, const ReplayOptions& options, const Request& request) {
  if (!request.refused.empty()) {
    return refused(request);
  }
  double least = 0;
  double total = 0;
  const inspect::waf::engine::Transaction* judged = nullptr;
  for (unsigned round = 0; round < options.repeat; ++round) {
    const double before = thread_cpu_us();
    judged = &judge.judge(request);
    const double spent = thread_cpu_us() - before;
    least = round == 0 ? spent : std::min(least, spent);
    total += spent;
  }
  auto line = answer(request, *judged);
  if (options.cpu) {
    line["cpu_us_min"] = least;
    line["cpu_us_mean"] = total / options.repeat;
    line["scanned_bytes"] = judged->scanned_bytes();
  }
  return line;
}

int replay(const ReplayOptions& options) {
  const auto plan = load_plan(options.rules);
  if (!plan) {
    return refuse(plan.error());
  }
  Judge judge(*plan);
  if (const auto ready = judge.prepare(); !ready) {
    return refuse({ready.error()});
  }
  int status = kExitOk;
  std::string line;
  for (std::size_t number = 1; std::getline(std::cin, line); ++number) {
    const auto request = read_request(line, options.strict ? RawReading::kStrict : RawReading::kLenient);
    if (!request) {
      std::cerr << "line " << number << ": " << request.error().what << '\n';
      status = kExitConfiguration;
      continue;
    }
    std::cout << judge_line(judge, options, *request) << '\n';
  }
  std::cout.flush();
  return std::cout ? status : kExitFailed;
}

}  // namespace

void add_replay(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("replay", "Judge requests from standard input, one JSON line each");
  auto options = std::make_shared<ReplayOptions>();
  add_options(*command, options->rules);
  command->add_option("--repeat", options->repeat, "Judge each line this often")->check(CLI::Range(1, 1'000'000));
  command->add_flag("--cpu", options->cpu,
                    "Add cpu_us_min and cpu_us_mean, thread CPU time of one judgement, and scanned_bytes");
  command->add_flag("--strict", options->strict,
                    "Read request_b64 with the proxy's own codec; what it refuses is answered with action refused");
  command->footer(
      "In:  {\"id\", \"method\", \"uri\", \"version\", \"headers\": [[name, value]], \"body_b64\"} or {\"id\", "
      "\"request_b64\"}, with an optional \"response\": {\"status\", \"headers\", \"body_b64\"}\n"
      "Out: {\"id\", \"action\", \"status\", \"inbound_score\", \"outbound_score\", \"rules\": [ids in order]}\n"
      "Exit: 0 every line has an answer, 2 the rules or a line were refused.\n"
      "Example:\n"
      "  echo '{\"id\":\"1\",\"method\":\"GET\",\"uri\":\"/?q=1%20union%20select%201\",\"version\":\"HTTP/1.1\","
      "\"headers\":[[\"Host\",\"a\"]]}' |\n"
      "    gabion waf replay --rules /usr/share/modsecurity-crs/owasp-crs.load");
  command->callback([options, &chosen] { chosen = [options] { return replay(*options); }; });
}

}  // namespace gabion::proxy::waf
