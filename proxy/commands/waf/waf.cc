// `gabion waf`: SecLang rules judged offline.
#include "proxy/commands/waf/waf.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "inspect/waf/plan/compile.h"
#include "inspect/waf/seclang/load.h"

namespace gabion::proxy {

void add_waf(CLI::App& app, Command& chosen) {
  auto* group = app.add_subcommand("waf", "Compile rules in SecLang and judge requests with them, without a proxy");
  group->require_subcommand(1);
  group->footer(
      "Example:\n  gabion waf replay --rules /usr/share/modsecurity-crs/owasp-crs.load --paranoia 1 < requests.jsonl");
  waf::add_replay(*group, chosen);
  waf::add_compile(*group, chosen);
  waf::add_explain(*group, chosen);
}

namespace waf {

using inspect::waf::plan::Options;
using inspect::waf::seclang::RuleEngine;

void add_options(CLI::App& command, RuleChoice& choice) {
  command.add_option("--rules", choice.entry, "Entry file; it includes the others")->required();
  command.add_option("--paranoia", choice.paranoia, "Paranoia level, unless the rules set it")->check(CLI::Range(1, 4));
  command.add_option("--mode", choice.mode, "Instead of SecRuleEngine")
      ->check(CLI::IsMember({"on", "detection-only", "off"}));
  command
      .add_option("--evaluation", choice.evaluation,
                  "plan: patterns scanned ahead; reference: every rule on every value, slow")
      ->check(CLI::IsMember({"plan", "reference"}))
      ->capture_default_str();
  command
      .add_option("--request-body", choice.request_body,
                  "REQUEST_BODY holds every body, as in ModSecurity 3, or only forms, as in ModSecurity 2")
      ->check(CLI::IsMember({"always", "forms"}))
      ->capture_default_str();
  command
      .add_option("--databases", choice.databases,
                  "complete: as the proxy has them in the end; quick: as it starts with where nothing is cached")
      ->check(CLI::IsMember({"complete", "quick"}))
      ->capture_default_str();
  command.add_option("--cache", choice.cache, "Folder where compiled pattern databases are kept")
      ->check(CLI::ExistingDirectory);
  command.add_flag("!--no-base", choice.own_base, "Without the built-in base configuration (rules 200000 to 200007)");
}

config::CheckedResult<std::shared_ptr<const inspect::waf::plan::Plan>> load_plan(const RuleChoice& choice) {
  const auto rules =
      choice.own_base ? inspect::waf::seclang::load_with_base(choice.entry) : inspect::waf::seclang::load(choice.entry);
  if (!rules) {
    return rules.error();
  }
  Options options;
  options.evaluation = choice.evaluation == "plan" ? Options::Evaluation::kPlan : Options::Evaluation::kReference;
  options.request_body = choice.request_body == "always" ? Options::RequestBody::kAlways : Options::RequestBody::kForms;
  options.databases = choice.databases == "complete" ? Options::Databases::kComplete : Options::Databases::kQuick;
  options.cache_directory = choice.cache;
  if (choice.paranoia > 0) {
    options.paranoia = static_cast<std::uint8_t>(choice.paranoia);
  }
  if (!choice.mode.empty()) {
    options.mode = choice.mode == "on"    ? RuleEngine::kOn
                   : choice.mode == "off" ? RuleEngine::kOff
                                          : RuleEngine::kDetectionOnly;
  }
  auto plan = inspect::waf::plan::compile(*rules, options);
  if (plan) {
    for (const auto& warning : (*plan)->warnings) {
      std::cerr << "warning: " << warning << '\n';
    }
  }
  return plan;
}

int refuse(const config::Errors& errors) {
  for (const auto& error : errors) {
    std::cerr << error.to_string() << '\n';
  }
  return kExitConfiguration;
}

}  // namespace waf
}  // namespace gabion::proxy
