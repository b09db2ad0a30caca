// `gabion policy diff`: what a change of policies allows and denies, for whom, and by which rule.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "inspect/policy/diff.h"
#include "proxy/commands/policy/policy.h"

namespace gabion::proxy::policy {
namespace {

using inspect::policy::Change;
using inspect::policy::DiffReport;

struct Options {
  std::vector<std::string> sides;
  std::vector<std::string> cluster;
  std::string trust_domain = "cluster.local";
  bool plaintext = false;
  bool json = false;
  inspect::policy::DiffOptions diff;
  inspect::policy::PathSettings paths;
};

std::string ports_of(const Change& change) {
  std::string text = std::to_string(change.first_port);
  if (change.last_port != change.first_port) {
    text += "-" + std::to_string(change.last_port);
  }
  return text + "/" + std::string(config::kube::to_string(change.protocol));
}

std::string from_of(const Change& change) {
  std::string text;
  for (const auto& name : change.from) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

std::string to_of(const Change& change) {
  return change.to + (change.to_alike == 0 ? "" : " (and " + std::to_string(change.to_alike) + " alike)");
}

std::size_t count(const DiffReport& report, bool allowed) {
  return static_cast<std::size_t>(std::count_if(report.changes.begin(), report.changes.end(),
                                                [allowed](const Change& one) { return one.allowed == allowed; }));
}

void print(const DiffReport& report) {
  for (const auto& change : report.changes) {
    std::cout << coloured(change.allowed ? "+ ALLOW" : "- DENY ", change.allowed ? Tone::kBad : Tone::kGood) << " "
              << from_of(change) << " -> " << to_of(change) << "  " << ports_of(change)
              << (change.request.empty() ? "" : "  " + change.request) << "\n          was: " << change.before
              << "\n          now: " << change.now << '\n';
  }
  for (const auto& note : report.notes) {
    std::cout << coloured("note", Tone::kNote) << "    " << note << '\n';
  }
  std::cout << count(report, true) << " newly allowed, " << count(report, false) << " newly denied\n";
}

void print_json(const DiffReport& report) {
  boost::json::array changes;
  for (const auto& change : report.changes) {
    boost::json::array from(change.from.begin(), change.from.end());
    changes.push_back(boost::json::object{{"now", change.allowed ? "allow" : "deny"},
                                          {"from", std::move(from)},
                                          {"to", change.to},
                                          {"to_alike", change.to_alike},
                                          {"protocol", config::kube::to_string(change.protocol)},
                                          {"first_port", change.first_port},
                                          {"last_port", change.last_port},
                                          {"request", change.request},
                                          {"before_by", change.before},
                                          {"now_by", change.now}});
  }
  boost::json::array notes(report.notes.begin(), report.notes.end());
  std::cout << boost::json::object{{"allowed", count(report, true)},
                                   {"denied", count(report, false)},
                                   {"changes", std::move(changes)},
                                   {"notes", std::move(notes)}}
            << '\n';
}

config::CheckedResult<config::kube::Objects> load(const std::string& side, const Options& options) {
  std::vector<std::filesystem::path> paths(options.cluster.begin(), options.cluster.end());
  paths.emplace_back(side);
  return load_policies(paths);
}

int diff(Options& options) {
  auto before = load(options.sides[0], options);
  auto after = load(options.sides[1], options);
  if (!before || !after) {
    return refuse(before ? after.error() : before.error());
  }
  inspect::policy::share_inventory(*before, *after);
  if (before->pods.empty()) {
    return refuse({config::Error{"there are no Pods: name a folder that has them with --cluster", options.sides[0]}});
  }
  inspect::policy::ClusterView old_view(std::move(*before), options.trust_domain, options.paths);
  inspect::policy::ClusterView new_view(std::move(*after), options.trust_domain, options.paths);
  options.diff.mtls = !options.plaintext;
  const auto report = inspect::policy::compare(old_view, new_view, options.diff);
  if (!report) {
    return refuse({report.error()});
  }
  if (options.json) {
    print_json(*report);
  } else {
    print(*report);
  }
  return report->changes.empty() ? kExitOk : kExitFailed;
}

}  // namespace

void add_diff(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("diff", "Say what a change of policies allows and denies, and for whom");
  auto options = std::make_shared<Options>();
  command->add_option("sides,-f,--file", options->sides, "OLD and NEW: a file or folder of manifests each")
      ->required()
      ->expected(2);
  command->add_option("--cluster", options->cluster, "Pods, Namespaces and Nodes of both, if OLD and NEW are policies")
      ->allow_extra_args(false);
  command->add_option("--from", options->diff.from, "Only from this end");
  command->add_option("--to", options->diff.to, "Only to this end");
  command->add_flag("--plaintext", options->plaintext, "Pods show no certificates");
  command->add_option("--trust-domain", options->trust_domain, "Of the mesh")->capture_default_str();
  add_path_options(*command, options->paths);
  command->add_flag("--json", options->json, "Answer in JSON");
  command->footer(
      "Asks both sides about every pod, node and kind of outside address, every stretch of ports that rules tell\n"
      "apart, and samples of the requests that rules name. Without --cluster a side without Pods borrows the other's.\n"
      "Exit: 0 no difference, 1 differences, 2 a manifest is refused.\n"
      "Example:\n  gabion policy diff policy policy-new");
  command->callback([options, &chosen] { chosen = [options] { return diff(*options); }; });
}

}  // namespace gabion::proxy::policy
