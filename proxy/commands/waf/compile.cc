// `gabion waf compile`: what a set of rules becomes, how long that takes and what it holds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "inspect/waf/plan/scan_plan.h"
#include "proxy/commands/waf/waf.h"

namespace gabion::proxy::waf {
namespace {

struct Totals {
  std::size_t exact = 0;
  std::size_t linear = 0;
  std::size_t single = 0;
  std::size_t phrases = 0;
  std::size_t bytes = 0;
  std::size_t loaded = 0;
};

Totals totals_of(const inspect::waf::plan::ScanPlan& scan) {
  Totals totals;
  for (const auto& group : scan.groups) {
    const auto& contents = group.contents();
    totals.exact += contents.exact;
    totals.linear += contents.linear;
    totals.single += contents.single;
    totals.phrases += contents.phrases;
    totals.bytes += contents.database_bytes;
    totals.loaded += contents.loaded ? 1 : 0;
    if (!contents.cache_error.empty()) {
      std::cerr << "warning: " << contents.cache_error << '\n';
    }
  }
  return totals;
}

void print_scan(const inspect::waf::plan::ScanPlan& scan) {
  const auto totals = totals_of(scan);
  std::cout << fmt::format("groups    {} ({} from the cache), {} patterns\n", scan.groups.size(), totals.loaded,
                           scan.patterns);
  std::cout << fmt::format("  regular expressions on Hyperscan {}, on RE2 {}, on PCRE2 {}; phrases {}\n", totals.exact,
                           totals.linear, totals.single, totals.phrases);
  std::cout << fmt::format("databases {} KiB\n", totals.bytes / 1024);
  std::size_t always = 0;
  for (const auto& phase : scan.phases) {
    always += phase.always.count();
  }
  std::cout << fmt::format("tried without a hit: {} rules\n", always);
}

/// Resident memory of this program, KiB.
std::size_t resident_kib() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  statm >> pages >> resident;
  return resident * 4;
}

int compile(const RuleChoice& rules) {
  const auto before = std::chrono::steady_clock::now();
  const auto loaded = load_plan(rules);
  if (!loaded) {
    return refuse(loaded.error());
  }
  const auto spent = std::chrono::steady_clock::now() - before;
  const auto& plan = **loaded;
  std::cout << fmt::format("rules     {} left, {} decided at compile time\n", plan.rules.size(), plan.folded);
  for (std::size_t phase = 1; phase <= inspect::waf::plan::kPhases; ++phase) {
    std::cout << fmt::format("  phase {} {}\n", phase, plan.phase_begin[phase] - plan.phase_begin[phase - 1]);
  }
  if (plan.scan != nullptr) {
    print_scan(*plan.scan);
  }
  std::cout << fmt::format("time      {} ms\n", std::chrono::duration_cast<std::chrono::milliseconds>(spent).count());
  std::cout << fmt::format("memory    {} KiB resident\n", resident_kib());
  return std::cout ? kExitOk : kExitFailed;
}

}  // namespace

void add_compile(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("compile", "Show what rules become, and fill the cache of databases");
  auto rules = std::make_shared<RuleChoice>();
  add_options(*command, *rules);
  command->footer(
      "Example:\n"
      "  gabion waf compile --rules /usr/share/modsecurity-crs/owasp-crs.load --paranoia 1 --cache /var/cache/gabion");
  command->callback([rules, &chosen] { chosen = [rules] { return compile(*rules); }; });
}

}  // namespace gabion::proxy::waf
