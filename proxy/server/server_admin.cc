// What the admin port asks of a running proxy, and what it may make it do: see server_impl.h.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "config/proxy_config_json.h"
#include "config/proxy_words.h"
#include "proxy/admin/agent_routes.h"
#include "proxy/server/ask_workers.h"
#include "proxy/server/machine.h"
#include "proxy/server/server_impl.h"
#include "proxy/server/status_json.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kListedConnections = 1'000;  // per worker, on /connections

}  // namespace

AdminActions Server::Impl::admin_actions() {
  AdminActions actions;
  actions.readiness = [this] { return readiness(); };
  actions.metrics = [this](std::function<void(std::string)> done) { collect_metrics(std::move(done)); };
  actions.connections = [this](std::function<void(std::string)> done) { list_connections(std::move(done)); };
  actions.config_json = [this] { return config::to_json(snapshot->config); };
  actions.certs_json = [this] { return certificates_json(*snapshot); };
  actions.services = [this](std::function<void(std::string)> done) { list_services(std::move(done)); };
  actions.policy_json = [this] { return policy_json(*snapshot); };
  actions.drain = [this] { begin_drain(); };
  actions.quit = [this] { quit(); };
  actions.log_level = [this] { return std::string(word_for(config::kLogLevelWords, logs->level())); };
  actions.set_log_level = [this](std::string_view name) {
    for (const auto& word : config::kLogLevelWords) {
      if (word.text == name) {
        logs->set_level(word.value);
        return true;
      }
    }
    return false;
  };
  return actions;
}

/// Every address of the pod; where the kernel knows no IPv6, those of IPv4.
config::Result<void> Server::Impl::start_agent() {
  if (!options.agent_listen) {
    return {};
  }
  constexpr AdminLimits kLimits{.connections = 64, .connections_per_address = 16, .timeout = std::chrono::seconds(5)};
  const AdminResponder responder = agent_responder(io, admin_actions(), options.agent_probes);
  config::Endpoint listen = *options.agent_listen;
  auto started = AdminServer::start(
      io, listen, responder, [] {}, kLimits);
  if (started.has_error() && listen.address == config::IpAddress::v6({})) {
    listen.address = config::IpAddress::v4(0);
    started = AdminServer::start(
        io, listen, responder, [] {}, kLimits);
  }
  if (started.has_error()) {
    return config::Error{started.error().what, "--agent"};
  }
  agent = std::move(*started);
  return {};
}

Readiness Server::Impl::readiness() const {
  Readiness answer;
  if (!serving) {
    answer.missing.emplace_back("workers");
  }
  if (drain.begun()) {
    answer.missing.emplace_back("draining");
  }
  answer.ready = answer.missing.empty();
  return answer;
}

ProcessFacts Server::Impl::facts() const {
  ProcessFacts facts;
  facts.version = GABION_VERSION;
  facts.workload_namespace = snapshot->config.workload.name_space;
  facts.pod = snapshot->config.workload.pod;
  facts.start_time = start_time;
  if (snapshot->tls) {
    facts.service_account = snapshot->tls->material().id.service_account;
    facts.principal = snapshot->tls->material().id.to_string();
    facts.certificates = certificate_facts(*snapshot, std::chrono::system_clock::now());
  }
  facts.bundle_generation = bundle_generation;
  facts.config_generation = snapshot->generation;
  facts.config_rejected_total = rejected;
  facts.provisional_rules = snapshot->inspection->is_provisional() ? 1 : 0;
  facts.audit_dropped = logs->dropped();
  facts.rss_bytes = resident_bytes();
  facts.endpoints = endpoint_counts(*snapshot);
  if (snapshot->pods != nullptr) {
    facts.gateway_pods = snapshot->pods->all.size();
  }
  return facts;
}

void Server::Impl::collect_metrics(std::function<void(std::string)> done) {
  ask_workers<MetricsSample>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.sample(std::move(take)); },
      [this, done = std::move(done)](const std::vector<MetricsSample>& samples) {
        done(render_prometheus(samples, facts()));
      });
}

void Server::Impl::list_services(std::function<void(std::string)> done) {
  ask_workers<std::vector<config::Endpoint>>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.list_ejected(std::move(take)); },
      [this, done = std::move(done)](const std::vector<std::vector<config::Endpoint>>& ejected) {
        done(services_json(*snapshot, ejected));
      });
}

void Server::Impl::list_connections(std::function<void(std::string)> done) {
  ask_workers<std::vector<ConnectionSummary>>(
      io, borrow_workers(), [](Worker& worker, auto take) { worker.list(kListedConnections, std::move(take)); },
      [this, done = std::move(done)](const std::vector<std::vector<ConnectionSummary>>& lists) {
        std::vector<ConnectionSummary> all;
        for (const auto& list : lists) {
          all.insert(all.end(), list.begin(), list.end());
        }
        std::uint64_t open = 0;
        for (const auto& worker : workers) {
          open += worker->inbound_connections() + worker->outbound_connections();
        }
        done(connections_json(all, open));
      });
}

}  // namespace gabion::proxy
