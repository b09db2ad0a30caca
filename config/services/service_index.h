// Who answers for a service: names and addresses of services to endpoints, as of one reading of the manifests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "config/ip_address.h"
#include "config/kube/objects.h"
#include "config/result.h"

namespace gabion::config::services {

/// All endpoints of one reading; more are refused.
inline constexpr std::size_t kMostEndpoints = 100'000;

/// One that may be called.
struct ServiceEndpoint {
  Endpoint at;           ///< its address and its own port
  kube::ObjectName pod;  ///< empty: not told
};

/// How many endpoints there are in which state.
struct EndpointCounts {
  std::size_t ready = 0;
  std::size_t leaving = 0;  ///< terminating, but serving still
  std::size_t unready = 0;  ///< called by nobody
};

/// One TCP port of a service, for one family of addresses.
struct ServiceTarget {
  kube::ObjectName service;
  kube::ServiceType type = kube::ServiceType::kClusterIp;
  std::string port_name;  ///< may be empty
  std::uint16_t port = 0;
  std::string app_protocol;                ///< may be empty
  std::vector<ServiceEndpoint> endpoints;  ///< those that are ready, or when none is those that leave; by address
  EndpointCounts counts;

  /// "shop/orders:http", "shop/orders:80".
  [[nodiscard]] std::string to_string() const;
  /// Whether `name` is this port of this service, of whatever family.
  [[nodiscard]] bool is(const struct ServicePortName& name) const noexcept;
};

/// Which port of which service; by name, or with `name` empty by number.
struct ServicePortName {
  kube::ObjectName service;
  std::string name;
  std::uint16_t number = 0;

  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const ServicePortName&, const ServicePortName&) = default;
};

/// Immutable; pointers it gives live as long as it does.
class ServiceIndex {
 public:
  using Pods = std::vector<const kube::Pod*>;

  /// Endpoints come from the slices of a service; where a service with a selector has none they are the pods it
  /// selects, ready or not as those say, named ports looked up on each. `own_node` is the caller's, for services with
  /// internalTrafficPolicy Local. `objects` without pods: those are `pods`. Errors: kMostEndpoints.
  [[nodiscard]] static CheckedResult<std::shared_ptr<const ServiceIndex>> build(const kube::Objects& objects,
                                                                                const Pods& pods,
                                                                                const std::string& own_node);

  /// The service's port for its primary family of addresses, else for the other one; null: no such service or port.
  [[nodiscard]] const ServiceTarget* find(const ServicePortName& name) const noexcept;
  /// Of that family; null where the service has no addresses of it.
  [[nodiscard]] const ServiceTarget* find(const ServicePortName& name, bool is_v4) const noexcept;
  /// Whose cluster, external or load balancer address and port `dialled` is: for connections that were captured. Null:
  /// nobody's, and the address is what it says (a pod's, a headless service's, an outsider's).
  [[nodiscard]] const ServiceTarget* at(const Endpoint& dialled) const noexcept;

  [[nodiscard]] const std::vector<std::unique_ptr<const ServiceTarget>>& targets() const noexcept { return targets_; }
  /// Whether pods that come or go may change it.
  [[nodiscard]] bool follows_pods() const noexcept { return follows_pods_; }
  /// Addresses two services claim: the first has it.
  [[nodiscard]] const Errors& warnings() const noexcept { return warnings_; }

 private:
  friend class IndexBuilder;
  ServiceIndex() = default;

  struct EndpointHash {
    [[nodiscard]] std::size_t operator()(const Endpoint& endpoint) const noexcept {
      return std::hash<IpAddress>{}(endpoint.address) * 31 + endpoint.port;
    }
  };
  /// By family, the primary one first.
  struct ByFamily {
    const ServiceTarget* first = nullptr;
    bool first_is_v4 = true;
    const ServiceTarget* second = nullptr;
  };
  using ByNumber = std::map<std::uint16_t, ByFamily>;
  struct Named {
    std::map<std::string, ByFamily, std::less<>> names;
    ByNumber numbers;
  };
  [[nodiscard]] const ByFamily* families(const ServicePortName& name) const noexcept;

  std::vector<std::unique_ptr<const ServiceTarget>> targets_;
  std::map<kube::ObjectName, Named> by_name_;
  std::unordered_map<Endpoint, const ServiceTarget*, EndpointHash> by_address_;
  bool follows_pods_ = false;
  Errors warnings_;
};

}  // namespace gabion::config::services
