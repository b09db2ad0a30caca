// `gabion policy import`: turns policies of Istio or Cilium into manifests of ours.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "config/policy/import.h"
#include "config/policy/load.h"
#include "inspect/match/regex.h"
#include "proxy/commands/policy/policy.h"

namespace gabion::proxy::policy {
namespace {

using config::policy::ImportResult;
using Importer = ImportResult (*)(const std::vector<config::policy::ImportText>&, const config::policy::ImportOptions&);

struct Options {
  std::vector<std::string> files;
  std::string report;
  config::policy::ImportOptions import;
  std::vector<std::string> cluster_cidrs;
};

bool write_report(const ImportResult& result, const std::string& file) {
  boost::json::array findings;
  for (const auto& finding : result.findings) {
    findings.push_back(boost::json::object{{"where", finding.where},
                                           {"code", finding.code},
                                           {"severity", finding.is_error() ? "error" : "warning"},
                                           {"text", finding.text}});
  }
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << boost::json::object{{"imported", result.imported},
                             {"refused", result.refused},
                             {"findings", std::move(findings)}}
      << '\n';
  return out.flush().good();
}

int run(Options& options, Importer importer) {
  config::Errors errors;
  std::vector<config::policy::ImportText> texts;
  for (const auto& file : options.files) {
    auto text = config::policy::read_text_file(file);
    if (text) {
      texts.push_back({std::move(*text), file});
    } else {
      errors.push_back(text.error());
    }
  }
  for (const auto& cidr : options.cluster_cidrs) {
    const auto parsed = config::Cidr::parse(cidr);
    if (parsed) {
      options.import.cluster_cidrs.push_back(*parsed);
    } else {
      errors.push_back({parsed.error().what, "--cluster-cidr " + cidr});
    }
  }
  if (!errors.empty()) {
    return refuse(errors);
  }
  options.import.check_regex = [](std::string_view pattern) -> config::Result<void> {
    const auto compiled = inspect::match::Regex::compile(pattern);
    return compiled ? config::Result<void>() : compiled.error();
  };
  const ImportResult result = importer(texts, options.import);
  std::cout << result.manifests;
  for (const auto& finding : result.findings) {
    std::cerr << finding.to_string() << '\n';
  }
  if (!options.report.empty() && !write_report(result, options.report)) {
    return refuse({config::Error{"cannot be written", options.report}});
  }
  return result.refused == 0 && std::cout.flush() ? kExitOk : kExitFailed;
}

std::shared_ptr<Options> add_common(CLI::App& command, Command& chosen, Importer importer) {
  auto options = std::make_shared<Options>();
  command.add_option("files", options->files, "YAML or JSON; - is standard input")->required();
  command.add_option("--report", options->report, "Also write the findings as JSON");
  command.callback([options, importer, &chosen] { chosen = [options, importer] { return run(*options, importer); }; });
  return options;
}

constexpr const char* kExits =
    "Manifests go to standard output, one finding a line to standard error: file:doc:path: CODE: text.\n"
    "An object with an E_ code is left out as a whole. Exit: 0, 1 if an object was refused, 2 if a file cannot be "
    "read.\n";

}  // namespace

void add_import(CLI::App& group, Command& chosen) {
  auto* import = group.add_subcommand("import", "Turn policies of Istio or Cilium into NetworkPolicy and L7Policy");
  import->require_subcommand(1);
  import->footer("Example:\n  kubectl get authorizationpolicies -A -o yaml | gabion policy import istio -");

  auto* istio = import->add_subcommand("istio", "AuthorizationPolicy -> L7Policy");
  auto of_istio = add_common(*istio, chosen, &config::policy::import_istio);
  istio->add_option("--root-namespace", of_istio->import.root_namespace, "Whose policies are the whole mesh's")
      ->capture_default_str();
  istio->add_option("--expand-namespaces", of_istio->import.expand_namespaces, "Every namespace of the mesh, a,b,c")
      ->delimiter(',')
      ->allow_extra_args(false);
  istio->add_option("--http-ports", of_istio->import.http_ports, "Where HTTP is spoken, a,b,c")
      ->delimiter(',')
      ->allow_extra_args(false);
  istio->footer(std::string(kExits) + "Example:\n  gabion policy import istio --http-ports 8080 authz.yaml > l7.yaml");

  auto* cilium = import->add_subcommand("cilium", "CiliumNetworkPolicy -> NetworkPolicy and L7Policy");
  auto of_cilium = add_common(*cilium, chosen, &config::policy::import_cilium);
  cilium->add_option("--cluster-cidr", of_cilium->cluster_cidrs, "Every range of pods and nodes, a,b,c")
      ->delimiter(',')
      ->allow_extra_args(false);
  cilium->add_flag("--ignore-query", of_cilium->import.ignore_query, "Take path patterns that would look at the query");
  cilium->add_flag("--cilium-compat", of_cilium->import.cilium_compat,
                   "Where a layer-4 rule switches an HTTP rule off, do the same");
  cilium->footer(std::string(kExits) +
                 "Example:\n  gabion policy import cilium --cluster-cidr 10.0.0.0/8 cnp.yaml > policies.yaml");
}

}  // namespace gabion::proxy::policy
