// Both sides of a connection: the source's egress rules, then the destination's ingress rules (policy §1).
#include "inspect/policy/cluster_view.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "config/policy/compile.h"
#include "inspect/policy/normalize_path.h"

namespace gabion::inspect::policy {
namespace {

using config::Error;
using config::IpAddress;
using config::Result;
using config::kube::ObjectName;
using config::kube::Objects;
using config::policy::End;
using config::policy::Traffic;

void drop(std::vector<IpAddress>& addresses, const IpAddress& address) {
  addresses.erase(std::remove(addresses.begin(), addresses.end(), address), addresses.end());
}

/// Who an address is left to.
enum class Owner : std::uint8_t { kHost, kOther };

/// Whether `end` is a host of the cluster: a node, or a pod in its network.
bool is_host(const End& end, const config::kube::Pod* pod) noexcept {
  return end.kind == End::Kind::kNode || (pod != nullptr && pod->host_network);
}

/// `objects` with `address` taken from everybody but `owner`; hosts share theirs.
Objects with_owner(Objects objects, const IpAddress& address, const End& owner, Owner kind) {
  const bool owner_is_host = kind == Owner::kHost;
  for (auto& pod : objects.pods) {
    const bool owns = owner.kind == End::Kind::kPod && pod.name == owner.pod;
    if (!owns && !(owner_is_host && pod.host_network)) {
      drop(pod.addresses, address);
    }
    if (!owner_is_host) {
      drop(pod.host_addresses, address);
    }
  }
  for (auto& node : objects.nodes) {
    if (!owner_is_host) {
      drop(node.addresses, address);
    }
  }
  return objects;
}

/// A head that borrows the request; `fields` outlives it.
RequestHead head_of(const config::policy::HttpRequest& request, std::string_view path,
                    std::vector<HeaderField>& fields) {
  for (const auto& [name, value] : request.headers) {
    fields.push_back({name, value});
  }
  RequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.authority = request.host;
  head.fields = fields;
  head.path = path;
  return head;
}

Verdict malformed_path() {
  Verdict verdict;
  verdict.reason = Reason::kBadPath;
  verdict.basis = "bad_path";
  verdict.detail = "broken escape, %00, control byte, or .. above the root";
  return verdict;
}

}  // namespace

ClusterView::ClusterView(Objects objects, std::string trust_domain, PathSettings paths)
    : objects_(std::move(objects)), trust_domain_(std::move(trust_domain)), paths_(paths) {
  for (std::size_t i = 0; i < objects_.pods.size(); ++i) {
    pods_.emplace(objects_.pods[i].name.to_string(), i);
  }
}

const config::kube::Pod* ClusterView::find_pod(const ObjectName& name) const {
  const auto found = pods_.find(name.to_string());
  return found == pods_.end() ? nullptr : &objects_.pods[found->second];
}

std::optional<config::SpiffeId> ClusterView::identity_of(const ObjectName& pod) const {
  const auto* found = find_pod(pod);
  if (found == nullptr || trust_domain_.empty()) {
    return std::nullopt;
  }
  return config::SpiffeId{trust_domain_, pod.name_space, found->service_account};
}

Result<std::vector<IpAddress>> ClusterView::addresses_of(const End& end) const {
  if (end.kind == End::Kind::kAddress) {
    return std::vector<IpAddress>{end.address};
  }
  std::string node = end.node;
  std::vector<IpAddress> addresses;
  if (end.kind == End::Kind::kPod) {
    const auto* pod = find_pod(end.pod);
    if (pod == nullptr) {
      return Error{"there is no such pod", end.text};
    }
    addresses = pod->addresses;
    node = pod->host_network ? pod->node : "";
  }
  if (addresses.empty() && !node.empty()) {
    const auto found = std::find_if(objects_.nodes.begin(), objects_.nodes.end(),
                                    [&node](const auto& candidate) { return candidate.name == node; });
    if (found == objects_.nodes.end()) {
      return Error{"there is no node " + node, end.text};
    }
    addresses = found->addresses;
  }
  if (addresses.empty()) {
    return Error{"has no address", end.text};
  }
  return addresses;
}

bool ClusterView::held_by_others(const IpAddress& address, const End& end) const {
  const auto holds = [&address](const std::vector<IpAddress>& list) {
    return std::find(list.begin(), list.end(), address) != list.end();
  };
  const auto* own = end.kind == End::Kind::kPod ? find_pod(end.pod) : nullptr;
  const bool host = is_host(end, own);
  const bool pods = std::any_of(objects_.pods.begin(), objects_.pods.end(), [&](const auto& pod) {
    const bool other = own == nullptr || pod.name != own->name;
    return (other && !pod.terminal && !(host && pod.host_network) && holds(pod.addresses)) ||
           (!host && holds(pod.host_addresses));
  });
  return pods || (!host && std::any_of(objects_.nodes.begin(), objects_.nodes.end(),
                                       [&](const auto& node) { return holds(node.addresses); }));
}

Result<const Decider*> ClusterView::compiled(const ObjectName& own, const End* owner, const IpAddress& address) {
  auto& made = deciders_[{own.to_string(), owner != nullptr ? owner->text + " " + address.to_string() : ""}];
  if (made) {
    return made.get();
  }
  const config::policy::Workload workload{own, trust_domain_};
  auto rules = owner == nullptr ? config::policy::compile(objects_, workload)
                                : config::policy::compile(
                                      with_owner(objects_, address, *owner,
                                                 is_host(*owner, find_pod(owner->pod)) ? Owner::kHost : Owner::kOther),
                                      workload);
  if (!rules) {
    return rules.error().front();
  }
  auto built = Decider::build(std::move(*rules));
  if (!built) {
    return built.error();
  }
  made = std::move(*built);
  return made.get();
}

Result<const Decider*> ClusterView::decider(const ObjectName& pod) {
  return compiled(pod, nullptr, {});
}

Result<IpAddress> ClusterView::peer_address(const Traffic& traffic, Side side) const {
  const auto sources = addresses_of(traffic.from);
  const auto targets = addresses_of(traffic.to);
  if (!sources || !targets) {
    return sources ? targets.error() : sources.error();
  }
  const auto first_of = [](const std::vector<IpAddress>& list, bool v4) {
    return std::find_if(list.begin(), list.end(), [v4](const auto& address) { return address.is_v4() == v4; });
  };
  const auto target = std::find_if(targets->begin(), targets->end(), [&](const auto& address) {
    return first_of(*sources, address.is_v4()) != sources->end();
  });
  if (target == targets->end()) {
    return Error{"has no address of the family of " + traffic.to.text, traffic.from.text};
  }
  return side == Side::kEgress ? *target : *first_of(*sources, target->is_v4());
}

void ClusterView::judge(const Traffic& traffic, const std::string& path, SideAnswer& answer) const {
  answer.network = answer.judge->decide_network(answer.facts, traffic.protocol);
  if (traffic.protocol != config::kube::IpProtocol::kTcp) {
    answer.verdict = answer.network;
  } else if (!traffic.request) {
    answer.verdict = answer.judge->decide_connection(answer.facts);
  } else {
    std::vector<HeaderField> fields;
    answer.verdict =
        answer.judge->decide_request(answer.facts, head_of(*traffic.request, path, fields), paths_.reading);
  }
}

Result<SideAnswer> ClusterView::ask_side(const Traffic& traffic, Side side, const std::string& path) {
  const End& own = side == Side::kIngress ? traffic.to : traffic.from;
  const End& peer = side == Side::kIngress ? traffic.from : traffic.to;
  const auto address = peer_address(traffic, side);
  if (!address) {
    return address.error();
  }
  SideAnswer answer;
  answer.side = side;
  answer.facts.side = side;
  answer.facts.peer_address = *address;
  answer.facts.port = traffic.port;
  answer.facts.peer_identity = side == Side::kIngress && traffic.identity ? &*traffic.identity : nullptr;
  if (own.kind != End::Kind::kPod) {
    return answer;
  }
  const bool contested = held_by_others(*address, peer);
  const auto decider = compiled(own.pod, contested ? &peer : nullptr, *address);
  if (!decider) {
    return decider.error();
  }
  answer.judge = *decider;
  judge(traffic, path, answer);
  return answer;
}

Result<TrafficAnswer> ClusterView::ask(const Traffic& traffic) {
  TrafficAnswer answer;
  std::string buffer;
  bool bad_path = false;
  if (traffic.request) {
    const std::string& target = traffic.request->target;
    const auto normal = normalize_target(target, paths_.level, buffer);
    bad_path = normal.status == PathStatus::kBad && target.starts_with('/');
    answer.path = std::string(normal.status == PathStatus::kOk ? normal.path : std::string_view(target));
  }
  auto egress = ask_side(traffic, Side::kEgress, answer.path);
  if (!egress) {
    return egress.error();
  }
  auto ingress = ask_side(traffic, Side::kIngress, answer.path);
  if (!ingress) {
    return ingress.error();
  }
  answer.egress = std::move(*egress);
  answer.ingress = std::move(*ingress);
  answer.same_end = traffic.from.text == traffic.to.text;
  if (bad_path && answer.egress.verdict.allowed() && answer.ingress.verdict.allowed()) {
    answer.ingress.verdict = malformed_path();
  }
  answer.allowed = answer.same_end || (answer.egress.verdict.allowed() && answer.ingress.verdict.allowed());
  return answer;
}

std::vector<RuleFate> ClusterView::consider(const Traffic& traffic, const TrafficAnswer& answer, Side side) const {
  const SideAnswer& asked = side == Side::kIngress ? answer.ingress : answer.egress;
  if (asked.judge == nullptr) {
    return {};
  }
  if (!traffic.request) {
    return asked.judge->consider(asked.facts, traffic.protocol, nullptr);
  }
  std::vector<HeaderField> fields;
  const RequestHead head = head_of(*traffic.request, answer.path, fields);
  return asked.judge->consider(asked.facts, traffic.protocol, &head, paths_.reading);
}

}  // namespace gabion::inspect::policy
