// `gabion policy explain`: who may ask what of whom, and which rule says so.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "inspect/policy/access_report.h"
#include "inspect/policy/ask_statement.h"
#include "proxy/commands/policy/policy.h"

namespace gabion::proxy::policy {
namespace {

using config::policy::Traffic;
using inspect::policy::AccessReport;
using inspect::policy::LayerLine;
using inspect::policy::RuleLine;
using inspect::policy::SqlLine;
using inspect::policy::StatementAnswer;

struct Options {
  std::vector<std::string> files;
  std::string from;
  std::string to;
  std::uint16_t port = 0;
  std::string protocol = "TCP";
  std::string method;
  std::string path;
  std::string host;
  std::vector<std::string> headers;
  std::string spiffe;
  bool mtls = false;
  std::string trust_domain = "cluster.local";
  std::string expect;
  bool json = false;
  inspect::policy::PathSettings paths;
  config::policy::SqlRequest sql;
};

config::Result<config::policy::HttpRequest> request_of(const Options& options) {
  config::policy::HttpRequest request;
  request.method = options.method.empty() ? "GET" : options.method;
  request.target = options.path.empty() ? "/" : options.path;
  request.host = options.host;
  for (const auto& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      return config::Error{"want 'name: value'", "--header"};
    }
    const std::size_t value = header.find_first_not_of(" \t", colon + 1);
    request.headers.emplace_back(header.substr(0, colon), value == std::string::npos ? "" : header.substr(value));
  }
  return request;
}

config::Result<Traffic> traffic_of(const Options& options) {
  Traffic traffic;
  auto from = config::policy::End::parse(options.from);
  auto to = config::policy::End::parse(options.to);
  const auto protocol = config::policy::parse_ip_protocol(options.protocol);
  if (!from || !to) {
    return from ? to.error() : from.error();
  }
  if (!protocol) {
    return protocol.error();
  }
  traffic.from = std::move(*from);
  traffic.to = std::move(*to);
  traffic.protocol = *protocol;
  traffic.port = options.port;
  if (!options.method.empty() || !options.path.empty() || !options.host.empty() || !options.headers.empty()) {
    auto request = request_of(options);
    if (!request) {
      return request.error();
    }
    traffic.request = std::move(*request);
  }
  if (!options.sql.text.empty()) {
    traffic.sql = options.sql;
  }
  if (!options.spiffe.empty()) {
    auto identity = config::SpiffeId::parse(options.spiffe);
    if (!identity) {
      return identity.error();
    }
    traffic.identity = std::move(*identity);
  }
  return traffic;
}

boost::json::object to_json(const RuleLine& line) {
  boost::json::object made{{"rule", line.rule}, {"kind", line.kind}, {"action", line.action}, {"met", line.met}};
  if (!line.label.empty()) {
    made["name"] = line.label;
  }
  if (!line.failed.empty()) {
    made["failed"] = line.failed;
  }
  if (!line.text.empty()) {
    made["text"] = line.text;
  }
  if (line.dry_run) {
    made["mode"] = "DryRun";
  }
  if (line.nearest) {
    made["nearest"] = true;
  }
  return made;
}

boost::json::object to_json(const AccessReport& report, const Traffic& traffic) {
  boost::json::array layers;
  for (const auto& layer : report.layers) {
    boost::json::array considered;
    for (const auto& line : layer.considered) {
      considered.push_back(to_json(line));
    }
    layers.push_back(boost::json::object{{"layer", name_of(layer)},
                                         {"verdict", layer.allowed ? "allow" : "deny"},
                                         {"basis", layer.basis},
                                         {"rule", layer.rule},
                                         {"text", layer.text},
                                         {"considered", std::move(considered)}});
  }
  return {{"verdict", report.allowed ? "allow" : "deny"},
          {"traffic", traffic.to_string()},
          {"rule", report.rule},
          {"reason", report.reason},
          {"detail", report.detail},
          {"dry_run", report.dry_run},
          {"layers", std::move(layers)}};
}

void print_layer(const LayerLine& layer) {
  std::string name = name_of(layer);
  name.resize(10, ' ');
  std::cout << "  " << name << "  "
            << coloured(layer.allowed ? "allow" : "deny ", layer.allowed ? Tone::kGood : Tone::kBad) << "  "
            << layer.text << '\n';
  std::size_t width = 0;
  const auto label = [](const RuleLine& line) {
    return line.rule + (line.label.empty() ? "" : " (" + line.label + ")") + (line.dry_run ? " [DryRun]" : "");
  };
  for (const auto& line : layer.considered) {
    width = std::max(width, label(line).size());
  }
  for (const auto& line : layer.considered) {
    std::string text = label(line);
    text.resize(width, ' ');
    const std::string said = !line.text.empty() ? line.text : line.met ? "met" : "";
    std::cout << "      considered  " << line.action << (line.action == "Deny" ? "   " : "  ") << text << "  " << said
              << (line.nearest ? coloured("   <- nearest", Tone::kNote) : "") << '\n';
  }
}

void print(const AccessReport& report, const Traffic& traffic) {
  std::cout << coloured(report.allowed ? "ALLOW" : "DENY ", report.allowed ? Tone::kGood : Tone::kBad) << " "
            << traffic.to_string() << (report.reason.empty() ? "" : "  " + report.reason) << '\n';
  for (const auto& layer : report.layers) {
    print_layer(layer);
  }
  if (!report.dry_run.empty()) {
    std::cout << "  " << coloured("dry run", Tone::kNote) << "     " << report.dry_run << '\n';
  }
}

boost::json::object to_json(const StatementAnswer& answer, const Traffic& traffic) {
  boost::json::array layers;
  for (const SqlLine& line : answer.lines) {
    layers.push_back(boost::json::object{{"layer", line.side == inspect::Side::kIngress ? "SQL ingress" : "SQL egress"},
                                         {"verdict", line.allowed ? "allow" : "deny"},
                                         {"reason", line.reason},
                                         {"rule", line.rule}});
  }
  return {{"verdict", answer.allowed() ? "allow" : "deny"},
          {"traffic", traffic.to_string()},
          {"layers", std::move(layers)}};
}

void print(const StatementAnswer& answer, const Traffic& traffic) {
  std::cout << coloured(answer.allowed() ? "ALLOW" : "DENY ", answer.allowed() ? Tone::kGood : Tone::kBad) << " "
            << traffic.to_string() << '\n';
  for (const SqlLine& line : answer.lines) {
    std::cout << (line.side == inspect::Side::kIngress ? "  SQL ingress  " : "  SQL egress   ")
              << coloured(line.allowed ? "allow" : "deny ", line.allowed ? Tone::kGood : Tone::kBad) << "  "
              << line.reason << (line.rule.empty() ? "" : "  " + line.rule) << '\n';
  }
}

/// A statement is told by nothing but what it is refused for: it may hold values.
int explain_statement(inspect::policy::ClusterView& view, const Traffic& traffic, const Options& options) {
  const auto answer = inspect::policy::StatementDesk().ask(view, traffic);
  if (!answer) {
    return refuse({answer.error()});
  }
  if (options.json) {
    std::cout << to_json(*answer, traffic) << '\n';
  } else {
    print(*answer, traffic);
  }
  const bool unexpected = !options.expect.empty() && (options.expect == "allow") != answer->allowed();
  return unexpected ? kExitFailed : kExitOk;
}

int explain(const Options& options) {
  auto objects = load_policies({options.files.begin(), options.files.end()});
  if (!objects) {
    return refuse(objects.error());
  }
  auto traffic = traffic_of(options);
  if (!traffic) {
    return refuse({traffic.error()});
  }
  inspect::policy::ClusterView view(std::move(*objects), options.trust_domain, options.paths);
  if (options.mtls) {
    traffic->identity = view.identity_of(traffic->from.pod);
  }
  if (traffic->sql) {
    return explain_statement(view, *traffic, options);
  }
  const auto report = inspect::policy::report_access(view, *traffic);
  if (!report) {
    return refuse({report.error()});
  }
  if (options.json) {
    std::cout << to_json(*report, *traffic) << '\n';
  } else {
    print(*report, *traffic);
  }
  const bool unexpected = !options.expect.empty() && (options.expect == "allow") != report->allowed;
  return unexpected ? kExitFailed : kExitOk;
}

void add_options(CLI::App& command, Options& options) {
  command.add_option("-f,--file", options.files, "Files or folders of manifests; - is standard input")
      ->required()
      ->allow_extra_args(false);
  command.add_option("--from", options.from, "Who asks: namespace/pod, node:NAME, ip:ADDRESS")->required();
  command.add_option("--to", options.to, "Who is asked")->required();
  command.add_option("--port", options.port, "The destination pod's own port")->required()->check(CLI::Range(1, 65535));
  command.add_option("--proto", options.protocol, "TCP, UDP or SCTP")->capture_default_str();
  command.add_option("--method", options.method, "Judge a request, not only the connection; default GET");
  command.add_option("--path", options.path, "Of the request; default /");
  command.add_option("--host", options.host, "Of the request");
  command.add_option("--header", options.headers, "'name: value' of the request, any number of times")
      ->allow_extra_args(false);
  auto* sql = command.add_option("--sql", options.sql.text, "Judge a statement on a connection that speaks PostgreSQL");
  command.add_option("--db-user", options.sql.user, "Login role; without it rules' users are not compared")->needs(sql);
  command.add_option("--database", options.sql.database, "Without it rules' databases are not compared")->needs(sql);
  for (const char* of_requests : {"--method", "--path", "--host", "--header"}) {
    sql->excludes(command.get_option(of_requests));
  }
  auto* spiffe = command.add_option("--spiffe", options.spiffe, "The id in the certificate that --from shows");
  command.add_flag("--mtls", options.mtls, "--from shows the certificate of its own service account")->excludes(spiffe);
  command.add_option("--trust-domain", options.trust_domain, "Of the mesh")->capture_default_str();
  add_path_options(command, options.paths);
  command.add_option("--expect", options.expect, "Exit 1 if the verdict is the other one")
      ->check(CLI::IsMember({"allow", "deny"}));
  command.add_flag("--json", options.json, "Answer in JSON");
}

}  // namespace

void add_explain(CLI::App& group, Command& chosen) {
  auto* command =
      group.add_subcommand("explain", "Say whether traffic is allowed, by which rule, and what came closest");
  auto options = std::make_shared<Options>();
  add_options(*command, *options);
  command->footer(
      "Exit: 0, or 1 if --expect says otherwise, 2 if a manifest is refused or an end is unknown.\n"
      "Example:\n  gabion policy explain -f policy --from shop/web-0 --to shop/orders-0 --port 8080 --mtls "
      "--method POST --path /orders");
  command->callback([options, &chosen] { chosen = [options] { return explain(*options); }; });
}

}  // namespace gabion::proxy::policy
