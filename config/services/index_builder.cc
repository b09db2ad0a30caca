// Services, slices and pods to an index: ports matched by name, endpoints merged, each family by itself.
#include <algorithm>
#include <optional>
#include <utility>

#include "config/services/service_index.h"

namespace gabion::config::services {
namespace {

enum class EndpointState : std::uint8_t { kReady, kLeaving, kUnready };

EndpointState state_of(const kube::EndpointConditions& conditions) noexcept {
  if (conditions.ready) {
    return EndpointState::kReady;
  }
  return conditions.serving && conditions.terminating ? EndpointState::kLeaving : EndpointState::kUnready;
}

EndpointState state_of(const kube::Pod& pod, const kube::Service& service) noexcept {
  if (service.publishes_unready || (pod.ready && !pod.leaving)) {
    return EndpointState::kReady;
  }
  return pod.ready ? EndpointState::kLeaving : EndpointState::kUnready;
}

struct Candidate {
  EndpointState state = EndpointState::kUnready;
  kube::ObjectName pod;
  std::string node;
};
/// Two slices, or two pods, may name one address while one follows the other: the better state counts.
using Candidates = std::map<Endpoint, Candidate>;

void add(Candidates& candidates, const Endpoint& at, Candidate candidate) {
  const auto [known, fresh] = candidates.try_emplace(at, candidate);
  if (!fresh && candidate.state < known->second.state) {
    known->second = std::move(candidate);
  }
}

bool selects(const kube::Service& service, const kube::Pod& pod) {
  return pod.name.name_space == service.name.name_space && !pod.terminal &&
         std::all_of(service.selector.begin(), service.selector.end(), [&](const auto& wanted) {
           const auto found = pod.labels.find(wanted.first);
           return found != pod.labels.end() && found->second == wanted.second;
         });
}

/// 0: the pod has no such port.
std::uint16_t target_port(const kube::ServicePort& port, const kube::Pod& pod) {
  if (port.target_name.empty()) {
    return port.target;
  }
  const auto found = std::find_if(pod.ports.begin(), pod.ports.end(), [&](const kube::ContainerPort& own) {
    return own.name == port.target_name && own.protocol == port.protocol;
  });
  return found == pod.ports.end() ? 0 : found->port;
}

}  // namespace

class IndexBuilder {
 public:
  IndexBuilder(const kube::Objects& objects, const ServiceIndex::Pods& pods, const std::string& own_node)
      : own_node_(own_node), index_(new ServiceIndex()) {
    for (const auto& slice : objects.endpoint_slices) {
      slices_[{slice.name.name_space, slice.service}].push_back(&slice);
    }
    for (const kube::Pod* pod : pods) {
      pods_[pod->name.name_space].push_back(pod);
    }
  }

  void add(const kube::Service& service) {
    for (const auto& port : service.ports) {
      if (port.protocol == kube::IpProtocol::kTcp) {
        add(service, port);
      }
    }
  }

  /// What anybody may write into a Service takes no address that the cluster gave another one.
  [[nodiscard]] CheckedResult<std::shared_ptr<const ServiceIndex>> finish() && {
    for (const auto& [at, target] : external_) {
      claim(at.address, at.port, target);
    }
    if (endpoints_ > kMostEndpoints) {
      return Errors{Error{"services have more than " + std::to_string(kMostEndpoints) + " endpoints", ""}};
    }
    return std::move(index_);
  }

 private:
  enum class Scope : std::uint8_t { kAnyNode, kOwnNode };

  void add(const kube::Service& service, const kube::ServicePort& port);
  void add_slices(const kube::ServicePort& port, const std::vector<const kube::EndpointSlice*>& slices,
                  Candidates& candidates) const;
  void add_pods(const kube::Service& service, const kube::ServicePort& port, Candidates& candidates) const;
  [[nodiscard]] const ServiceTarget* make_target(const kube::Service& service, const kube::ServicePort& port,
                                                 const Candidates& candidates, bool is_v4, Scope scope);
  void claim(const IpAddress& address, std::uint16_t port, const ServiceTarget* target);

  const std::string& own_node_;
  std::map<kube::ObjectName, std::vector<const kube::EndpointSlice*>> slices_;
  std::map<std::string, std::vector<const kube::Pod*>> pods_;
  std::shared_ptr<ServiceIndex> index_;
  std::vector<std::pair<Endpoint, const ServiceTarget*>> external_;
  std::size_t endpoints_ = 0;
};

void IndexBuilder::add_slices(const kube::ServicePort& port, const std::vector<const kube::EndpointSlice*>& slices,
                              Candidates& candidates) const {
  for (const kube::EndpointSlice* slice : slices) {
    for (const auto& offered : slice->ports) {
      if (offered.name != port.name || offered.protocol != port.protocol) {
        continue;
      }
      const std::uint16_t number = offered.port != 0 ? offered.port : port.target;
      for (const auto& endpoint : slice->endpoints) {
        services::add(candidates, {endpoint.address, number},
                      {state_of(endpoint.conditions), endpoint.pod, endpoint.node});
      }
    }
  }
}

void IndexBuilder::add_pods(const kube::Service& service, const kube::ServicePort& port, Candidates& candidates) const {
  const auto own = pods_.find(service.name.name_space);
  if (own == pods_.end()) {
    return;
  }
  for (const kube::Pod* pod : own->second) {
    if (!selects(service, *pod)) {
      continue;
    }
    const std::uint16_t number = target_port(port, *pod);
    for (const auto& address : number == 0 ? std::vector<IpAddress>() : pod->addresses) {
      services::add(candidates, {address, number}, {state_of(*pod, service), pod->name, pod->node});
    }
  }
}

const ServiceTarget* IndexBuilder::make_target(const kube::Service& service, const kube::ServicePort& port,
                                               const Candidates& candidates, bool is_v4, Scope scope) {
  auto target = std::make_unique<ServiceTarget>();
  target->service = service.name;
  target->type = service.type;
  target->port_name = port.name;
  target->port = port.port;
  target->app_protocol = port.app_protocol;
  std::vector<ServiceEndpoint> leaving;
  for (const auto& [at, candidate] : candidates) {
    if (at.address.is_v4() != is_v4 || (scope == Scope::kOwnNode && candidate.node != own_node_)) {
      continue;
    }
    switch (candidate.state) {
      case EndpointState::kReady:
        target->endpoints.push_back({at, candidate.pod});
        target->counts.ready += 1;
        break;
      case EndpointState::kLeaving:
        leaving.push_back({at, candidate.pod});
        target->counts.leaving += 1;
        break;
      case EndpointState::kUnready:
        target->counts.unready += 1;
        break;
    }
  }
  if (target->endpoints.empty()) {
    target->endpoints = std::move(leaving);
  }
  endpoints_ += target->endpoints.size();
  index_->targets_.push_back(std::move(target));
  return index_->targets_.back().get();
}

void IndexBuilder::claim(const IpAddress& address, std::uint16_t port, const ServiceTarget* target) {
  const auto [known, fresh] = index_->by_address_.try_emplace({address, port}, target);
  if (!fresh && known->second->service != target->service) {
    index_->warnings_.push_back(Error{Endpoint{address, port}.to_string() + " is an address of service " +
                                          known->second->service.to_string() + " as well, which has it",
                                      "Service " + target->service.to_string()});
  }
}

void IndexBuilder::add(const kube::Service& service, const kube::ServicePort& port) {
  Candidates candidates;
  const auto slices = slices_.find(service.name);
  const bool local = service.internal_traffic == kube::InternalTraffic::kLocal;
  if (service.type == kube::ServiceType::kExternalName) {
    // Nobody's address is told: whoever looks the name up dials what it says.
  } else if (slices != slices_.end()) {
    add_slices(port, slices->second, candidates);
  } else if (!service.selector.empty()) {
    add_pods(service, port, candidates);
    index_->follows_pods_ = true;
  }
  index_->follows_pods_ = index_->follows_pods_ || local;  // the own node is the own pod's
  const auto has_family = [&](bool is_v4) {
    return std::any_of(candidates.begin(), candidates.end(),
                       [is_v4](const auto& one) { return one.first.address.is_v4() == is_v4; });
  };
  ServiceIndex::ByFamily families;
  families.first_is_v4 = !service.families_v4.empty()         ? service.families_v4.front()
                         : !service.cluster_addresses.empty() ? service.cluster_addresses.front().is_v4()
                                                              : has_family(true) || !has_family(false);
  const bool other = !families.first_is_v4;
  const auto claims = [&](bool is_v4) {
    return std::any_of(service.cluster_addresses.begin(), service.cluster_addresses.end(),
                       [is_v4](const IpAddress& address) { return address.is_v4() == is_v4; });
  };
  const Scope scope = local ? Scope::kOwnNode : Scope::kAnyNode;
  families.first = make_target(service, port, candidates, families.first_is_v4, scope);
  if (has_family(other) || claims(other)) {
    families.second = make_target(service, port, candidates, other, scope);
  }
  for (const auto& address : service.cluster_addresses) {
    claim(address, port.port, address.is_v4() == families.first_is_v4 ? families.first : families.second);
  }
  for (const auto& address : service.external_addresses) {
    const ServiceTarget* known = address.is_v4() == families.first_is_v4 ? families.first : families.second;
    external_.push_back(
        {{address, port.port},
         local || known == nullptr ? make_target(service, port, candidates, address.is_v4(), Scope::kAnyNode) : known});
  }
  ServiceIndex::Named& named = index_->by_name_[service.name];
  named.numbers.emplace(port.port, families);
  if (!port.name.empty()) {
    named.names.emplace(port.name, families);
  }
}

CheckedResult<std::shared_ptr<const ServiceIndex>> ServiceIndex::build(const kube::Objects& objects, const Pods& pods,
                                                                       const std::string& own_node) {
  IndexBuilder builder(objects, pods, own_node);
  for (const auto& service : objects.services) {
    builder.add(service);
  }
  return std::move(builder).finish();
}

}  // namespace gabion::config::services
