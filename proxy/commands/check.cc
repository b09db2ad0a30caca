// `gabion check`: reads the configuration, certificates and policies as `gabion run` would, and starts nothing.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "config/exposure.h"
#include "proxy/commands/commands.h"
#include "proxy/gateway/route_checks.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {
namespace {

struct Options {
  std::string file = "gabion.yaml";
  bool json = false;
};

boost::json::array to_json(std::span<const config::Error> errors) {
  boost::json::array list;
  for (const auto& error : errors) {
    list.push_back(boost::json::object{{"where", error.where}, {"what", error.what}});
  }
  return list;
}

int report_refusal(const Options& options, const config::Errors& errors) {
  if (options.json) {
    std::cout << boost::json::object{{"ok", false}, {"errors", to_json(errors)}} << '\n';
  } else {
    for (const auto& error : errors) {
      std::cerr << error.to_string() << '\n';
    }
  }
  return kExitConfiguration;
}

/// Of all pods together.
std::size_t count_rules(const Snapshot& snapshot) {
  std::size_t rules = snapshot.pods == nullptr ? snapshot.inspection->policy().rules().rules.size() : 0;
  if (snapshot.pods != nullptr) {
    for (const auto& view : snapshot.pods->all) {
      rules += view->inspection->policy().rules().rules.size();
    }
  }
  return rules;
}

int check(const Options& options) {
  auto config = config::load_proxy_config(options.file);
  if (config.has_error()) {
    return report_refusal(options, config.error());
  }
  const auto snapshot = Snapshot::make(std::move(*config), 1);
  if (snapshot.has_error()) {
    return report_refusal(options, snapshot.error());
  }
  // `gabion run` would start, with what these routes and policies mean closed: nobody wants that who asks first.
  if ((*snapshot)->config.gateway) {
    if (const auto impossible = routes_that_cannot_hold(**snapshot); !impossible.empty()) {
      return report_refusal(options, impossible);
    }
  }
  if (const auto refusals = (*snapshot)->inspection->policy_refusals(); !refusals.empty()) {
    return report_refusal(options, {refusals.begin(), refusals.end()});
  }
  auto warnings = config::exposure_warnings((*snapshot)->config);
  const auto about_policy = (*snapshot)->inspection->policy_warnings();
  warnings.insert(warnings.end(), about_policy.begin(), about_policy.end());
  const auto rules = count_rules(**snapshot);
  if (options.json) {
    boost::json::object answer{
        {"ok", true}, {"listeners", (*snapshot)->sockets.size()}, {"rules", rules}, {"warnings", to_json(warnings)}};
    if ((*snapshot)->pods != nullptr) {
      answer["pods"] = (*snapshot)->pods->all.size();
    }
    std::cout << answer << '\n';
    return kExitOk;
  }
  for (const auto& warning : warnings) {
    std::cerr << "warning: " << warning.to_string() << '\n';
  }
  std::cout << options.file << ": ok, " << (*snapshot)->sockets.size() << " listeners, " << rules << " rules";
  if ((*snapshot)->pods != nullptr) {
    std::cout << " of " << (*snapshot)->pods->all.size() << " pods";
  }
  std::cout << '\n';
  return kExitOk;
}

}  // namespace

void add_check(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("check", "Say what is wrong with a configuration, and start nothing");
  auto options = std::make_shared<Options>();
  command->add_option("-c,--config", options->file, "The configuration")->capture_default_str();
  command->add_flag("--json", options->json, "Answer in JSON on standard output");
  command->footer(
      "Errors are file:line: key.path: what is wrong, one a line, on standard error.\n"
      "Exit: 0 good, 2 refused.\nExample:\n  gabion check -c gabion.yaml");
  command->callback([options, &chosen] { chosen = [options] { return check(*options); }; });
}

}  // namespace gabion::proxy
