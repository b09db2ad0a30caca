// How a gateway calls for one of its pods: see pod_calls.h.
#include "proxy/gateway/pod_calls.h"

namespace gabion::proxy {

PodCalls::PodCalls(std::shared_ptr<const config::GatewayInventory> inventory, const config::ProxyConfig& config,
                   const config::ProtectedPod& pod)
    : inventory_(std::move(inventory)),
      pod_(pod),
      name_(pod.name.to_string()),
      key_(name_ + " " + pod.uid),
      identity_(identity_of(pod, config).to_string()),
      node_(config.gateway->node),
      port_(config.gateway->port),
      peers_(config.gateway->peers) {}

bool PodCalls::complete(UpstreamPlan& plan) const {
  const auto own = pod_.address(plan.destination.address.is_v4());
  if (!own) {
    plan.cannot_be_called = "the pod that calls has no address of that family";
    return false;
  }
  if (const auto* called = inventory_->at(plan.destination.address); called != nullptr) {
    return call_gateway(plan, *own, *called);
  }
  plan.leaves_the_node = true;
  if (inventory_->node_at(plan.destination.address) != node_) {  // answers of this node itself would go to the pod
    plan.source = own;
    plan.source_is_foreign = true;
  }
  plan.pool_key = pool_key_of(plan);
  return true;
}

bool PodCalls::call_gateway(UpstreamPlan& plan, const config::IpAddress& own,
                            const config::ProtectedPod& called) const {
  const bool is_v4 = plan.destination.address.is_v4();
  auto gateway = inventory_->node_address(called.node, is_v4);
  gateway = gateway ? gateway : inventory_->node_address(called.node, !is_v4);
  if (plan.tls == config::UpstreamTls::kDatabase) {
    plan.cannot_be_called = "TLS of a database's own, and who is called is a pod that a gateway protects";
    return false;
  }
  if (!gateway) {
    plan.cannot_be_called = "nobody says an address of the node whose pod is called";
    return false;
  }
  plan.hop = std::make_shared<const HopCall>(HopCall{{*gateway, port_}, own, identity_});
  plan.tls = config::UpstreamTls::kHop;
  plan.server_ids = peers_;
  plan.source = inventory_->node_address(node_, gateway->is_v4());  // by which the other one knows this node
  plan.source_is_foreign = false;
  plan.pool_key = pool_key_of(plan);
  return true;
}

config::SpiffeId identity_of(const config::ProtectedPod& pod, const config::ProxyConfig& config) {
  config::SpiffeId id;
  id.trust_domain = config.identity->trust_domain;
  id.name_space = pod.name.name_space;
  id.service_account = pod.service_account;
  return id;
}

}  // namespace gabion::proxy
