// The rules of every pod of a node, one compilation a pod: see node_policies.h.
#include "inspect/policy/node_policies.h"

#include <set>
#include <utility>

#include "config/policy/compile.h"
#include "config/policy/load.h"

namespace gabion::inspect::policy {
namespace {

config::CheckedResult<std::shared_ptr<const Decider>> decider_of(const config::kube::Objects& objects,
                                                                 const config::policy::Workload& workload) {
  auto rules = config::policy::compile(objects, workload);
  if (!rules) {
    return rules.error();
  }
  auto built = Decider::build(*std::move(rules));
  if (!built) {
    return config::Errors{built.error()};
  }
  return std::shared_ptr<const Decider>(*std::move(built));
}

/// Of whoever is no pod of the node: isolated both ways, and nothing is allowed.
config::CheckedResult<std::shared_ptr<const Decider>> deny_everything() {
  config::kube::Objects objects;
  objects.pods.emplace_back().name = {"gabion", "gateway"};
  config::kube::NetworkPolicy closed;
  closed.name = {"gabion", "no-pod-of-this-node"};
  closed.isolates_ingress = closed.isolates_egress = true;
  objects.network_policies.push_back(std::move(closed));
  return decider_of(objects, {{"gabion", "gateway"}, ""});
}

void add_new(config::Errors& all, std::set<std::string>& told, const config::Errors& more) {
  for (const auto& warning : more) {
    if (told.insert(warning.to_string()).second) {
      all.push_back(warning);
    }
  }
}

}  // namespace

config::CheckedResult<std::shared_ptr<const NodePolicies>> read_node_policies(const std::filesystem::path& directory,
                                                                              const config::GatewayConfig& gateway,
                                                                              const std::string& trust_domain,
                                                                              const InspectNames& names) {
  auto loaded = directory.empty() ? config::CheckedResult<config::kube::Objects>(config::kube::Objects())
                                  : config::policy::load_manifests(directory);
  if (!loaded) {
    return loaded.error();
  }
  auto& objects = *loaded;
  close_bad_regexes(objects);
  close_unknown_names(objects, names);
  auto made = std::make_shared<NodePolicies>();
  auto inventory = config::GatewayInventory::build(objects, gateway);
  auto nobody = deny_everything();
  std::vector<const config::kube::Pod*> pods;
  for (const auto& pod : objects.pods) {
    pods.push_back(&pod);
  }
  auto services = config::services::ServiceIndex::build(objects, pods, gateway.node);
  if (!inventory || !nobody || !services) {
    return !inventory ? inventory.error() : !nobody ? nobody.error() : services.error();
  }
  made->inventory = *std::move(inventory);
  made->nobody = *std::move(nobody);
  made->services = *std::move(services);
  made->refusals = objects.refusals;
  std::set<std::string> told;
  add_new(made->warnings, told, objects.warnings);
  add_new(made->warnings, told, made->services->warnings());
  for (const auto* pod : made->inventory->local()) {
    auto policy = decider_of(objects, {pod->name, trust_domain});
    if (!policy) {
      return policy.error();
    }
    add_new(made->warnings, told, (*policy)->rules().warnings);
    made->pods.push_back({pod, *std::move(policy)});
  }
  return std::shared_ptr<const NodePolicies>(std::move(made));
}

}  // namespace gabion::inspect::policy
