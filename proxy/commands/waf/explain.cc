// `gabion waf explain`: what each rule saw in one request.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "proxy/commands/waf/judge.h"
#include "proxy/commands/waf/waf.h"

namespace gabion::proxy::waf {
namespace {

constexpr std::size_t kShownBytes = 200;

/// Printable, cut: bytes that are not ASCII text are written as \xHH.
std::string shown(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kShownBytes)) {
    if (c >= ' ' && c < '\x7f' && c != '\\') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text.size() > kShownBytes ? result + fmt::format("… ({} bytes)", text.size()) : result;
}

void print_hit(const inspect::waf::engine::Hit& hit) {
  std::cout << fmt::format("rule {} (phase {}{}{}): {}\n", hit.rule_id, hit.phase,
                           hit.severity ? ", " + std::string(inspect::waf::seclang::to_string(*hit.severity)) : "",
                           hit.score != 0 ? fmt::format(", score {:+}", hit.score) : "", shown(hit.message));
  if (!hit.variable.empty()) {
    std::cout << fmt::format("  where   {}\n  before  {}\n", shown(hit.variable), shown(hit.original));
    if (hit.value != hit.original) {
      std::cout << fmt::format("  after   {}\n", shown(hit.value));
    }
    std::cout << fmt::format("  met     {}\n", shown(hit.matched));
  }
}

int explain(const RuleChoice& rules) {
  const auto plan = load_plan(rules);
  if (!plan) {
    return refuse(plan.error());
  }
  std::string line;
  std::getline(std::cin, line);
  const auto request = read_request(line, RawReading::kLenient);
  if (!request) {
    return refuse({request.error()});
  }
  Judge judge(*plan);
  if (const auto ready = judge.prepare(); !ready) {
    return refuse({ready.error()});
  }
  const auto& judged = judge.judge(*request);
  for (const auto& hit : judged.hits()) {
    print_hit(hit);
  }
  const auto decision = judged.decision();
  std::cout << fmt::format(
      "{} rules fired, scores {} in, {} out: {}{}\n", judged.hits().size(), judged.scores().inbound,
      judged.scores().outbound, to_string(decision.action),
      decision.rule_id != 0 ? fmt::format(" {} by rule {}", decision.status, decision.rule_id) : "");
  return std::cout ? kExitOk : kExitFailed;
}

}  // namespace

void add_explain(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("explain", "Show what each rule saw in one request from standard input");
  auto rules = std::make_shared<RuleChoice>();
  add_options(*command, *rules);
  command->footer(
      "In: one line as for `gabion waf replay`. Values of the request are shown as they are: not for logs.\n"
      "Example:\n"
      "  echo '{\"id\":\"1\",\"method\":\"GET\",\"uri\":\"/?q=<script>alert(1)</script>\",\"version\":\"HTTP/1.1\","
      "\"headers\":[[\"Host\",\"a\"]]}' |\n"
      "    gabion waf explain --rules /usr/share/modsecurity-crs/owasp-crs.load");
  command->callback([rules, &chosen] { chosen = [rules] { return explain(*rules); }; });
}

}  // namespace gabion::proxy::waf
