// What the admin port tells of a snapshot: see status_json.h.
#include "proxy/server/status_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace gabion::proxy {
namespace {

std::string iso_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string hex(const tls::Fingerprint& fingerprint) {
  std::string text;
  for (const auto byte : fingerprint) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

boost::json::array texts_of(std::span<const config::Error> errors) {
  boost::json::array texts;
  for (const auto& error : errors) {
    texts.push_back(boost::json::value(error.to_string()));
  }
  return texts;
}

}  // namespace

std::string certificates_json(const Snapshot& snapshot) {
  if (!snapshot.tls) {
    return "{\"identity\": null}\n";
  }
  const auto& material = snapshot.tls->material();
  const auto& identity = *snapshot.config.identity;
  boost::json::array roots;
  for (const auto& root : material.roots) {
    roots.push_back(
        boost::json::object{{"sha256", hex(tls::fingerprint(*root))}, {"notAfter", iso_time(tls::not_after(*root))}});
  }
  const boost::json::object answer{
      {"certificate", boost::json::object{{"file", identity.certificate.string()},
                                          {"spiffeId", material.id.to_string()},
                                          {"notBefore", iso_time(material.not_before)},
                                          {"notAfter", iso_time(material.not_after)},
                                          {"sha256", hex(material.leaf_fingerprint)},
                                          {"intermediates", material.intermediates.size()}}},
      {"trustBundle", boost::json::object{{"file", identity.trust_bundle.string()},
                                          {"trustDomain", identity.trust_domain},
                                          {"roots", std::move(roots)}}},
  };
  return boost::json::serialize(answer) + "\n";
}

namespace {

boost::json::array rules_json(const Snapshot& snapshot) {
  boost::json::array rules;
  for (const auto& rule : snapshot.inspection->policy().rules().rules) {
    boost::json::object entry{
        {"id", rule.id},
        {"kind", rule.kind == config::policy::PolicyKind::kNetworkPolicy ? "NetworkPolicy" : "L7Policy"},
        {"peers", rule.peers_text},
        {"ports", rule.ports_text}};
    if (!rule.label.empty()) {
      entry["name"] = rule.label;
    }
    if (rule.unreadable) {
      entry["unreadable"] = true;
    }
    rules.push_back(std::move(entry));
  }
  return rules;
}

boost::json::object workload_json(const Snapshot& snapshot) {
  return {{"namespace", snapshot.config.workload.name_space},
          {"pod", snapshot.config.workload.pod},
          {"rules", rules_json(snapshot)}};
}

}  // namespace

std::string policy_json(const Snapshot& snapshot) {
  boost::json::object answer;
  if (snapshot.pods == nullptr) {
    answer = workload_json(snapshot);
  } else {
    answer["node"] = snapshot.config.gateway->node;
    auto& pods = answer["pods"].emplace_array();
    for (const auto& view : snapshot.pods->all) {
      pods.push_back(workload_json(*view));
    }
  }
  answer["generation"] = snapshot.generation;
  answer["refusals"] = texts_of(snapshot.inspection->policy_refusals());
  answer["warnings"] = texts_of(snapshot.inspection->policy_warnings());
  return boost::json::serialize(answer) + "\n";
}

std::string services_json(const Snapshot& snapshot, std::span<const std::vector<config::Endpoint>> ejected) {
  constexpr std::size_t kListed = 1'000;
  boost::json::array list;
  for (const auto* plan : plans_of(snapshot)) {
    for (std::size_t i = 0; i < plan->services.size(); ++i) {
      if (!plan->services[i]) {
        continue;
      }
      const ServicePlan& service = *plan->services[i];
      boost::json::array endpoints;
      for (std::size_t at = 0; at < std::min(kListed, service.at.size()); ++at) {
        const auto count = std::count_if(ejected.begin(), ejected.end(), [&](const auto& of_worker) {
          return std::binary_search(of_worker.begin(), of_worker.end(), service.at[at]);
        });
        endpoints.push_back(
            boost::json::object{{"address", service.at[at].to_string()}, {"ejected_by_workers", count}});
      }
      list.push_back(boost::json::object{{"route", plan->upstreams[i].name},
                                         {"service", service.service},
                                         {"ready", service.counts.ready},
                                         {"terminating", service.counts.leaving},
                                         {"not_ready", service.counts.unready},
                                         {"endpoints", std::move(endpoints)}});
    }
  }
  return boost::json::serialize(boost::json::object{{"services", std::move(list)}}) + "\n";
}

std::string connections_json(std::span<const ConnectionSummary> connections, std::uint64_t open) {
  boost::json::array list;
  for (const auto& connection : connections) {
    list.push_back(boost::json::object{{"listener", connection.listener},
                                       {"remote", connection.remote.to_string()},
                                       {"peer_spiffe", connection.peer_spiffe},
                                       {"requests", connection.requests},
                                       {"held_bytes", connection.held_bytes},
                                       {"busy", connection.busy}});
  }
  return boost::json::serialize(boost::json::object{{"open", open}, {"connections", std::move(list)}}) + "\n";
}

std::vector<CertificateFacts> certificate_facts(const Snapshot& snapshot, std::chrono::system_clock::time_point now) {
  using Seconds = std::chrono::duration<double>;
  const auto& material = snapshot.tls->material();
  const auto& identity = *snapshot.config.identity;
  auto chain_expires = material.not_after;
  for (const auto& intermediate : material.intermediates) {
    chain_expires = std::min(chain_expires, tls::not_after(*intermediate));
  }
  auto bundle_expires = std::chrono::system_clock::time_point::max();
  for (const auto& root : material.roots) {
    bundle_expires = std::min(bundle_expires, tls::not_after(*root));
  }
  return {{"certificate", identity.certificate.string(), Seconds(chain_expires - now).count()},
          {"trust_bundle", identity.trust_bundle.string(), Seconds(bundle_expires - now).count()}};
}

}  // namespace gabion::proxy
