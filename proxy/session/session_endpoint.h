// How a session that is no exchange of HTTP finds its one server: an endpoint, or another in its place.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proxy/service_plan.h"
#include "proxy/snapshot.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// Belongs to one session (TCP, PostgreSQL), on its worker. An endpoint of a service is picked once, before the session
/// is judged, since the verdict is about it; plans change, the session stays with it. A session that leads to no
/// service picks none, and dials all the same.
class SessionEndpoint {
 public:
  /// Borrows both; `sleeper` is the session's, woken by what is dialled.
  SessionEndpoint(WorkerState& worker, Wakeable& sleeper) noexcept : worker_(worker), sleeper_(sleeper) {}

  /// False: too much is in flight for another session; it is counted.
  [[nodiscard]] bool is_affordable(const Snapshot& snapshot);

  /// False: the service has no endpoint.
  [[nodiscard]] bool pick(const ServicePlan& service, const std::shared_ptr<const Snapshot>& snapshot);
  /// One that was chosen otherwise: it is not reported on, and there is no other.
  void choose(const EndpointPlan& one) { plan_ = one; }
  /// Null: none was picked.
  [[nodiscard]] const EndpointPlan* plan() const noexcept { return plan_ ? &*plan_ : nullptr; }
  /// Nobody has heard anything of the client: another endpoint of which the same was judged is to be dialled. False:
  /// there is none, or `snapshot` is another than it was picked under.
  [[nodiscard]] bool turn_elsewhere(const ServicePlan* service, const std::shared_ptr<const Snapshot>& snapshot);
  /// `service`: what the picked endpoint is one of, as it is now; null: of none.
  void report(EndpointOutcome outcome, const ServicePlan* service, const Snapshot& snapshot);

  /// Who calls: see UpstreamPool::Wanted.
  struct Caller {
    std::uint64_t identity;
    std::uint16_t port;
  };
  /// A connection of the session's own that has begun; null: the sleeper is woken when there is a place.
  [[nodiscard]] std::unique_ptr<UpstreamConnection> dial(const UpstreamPlan& plan,
                                                         const std::shared_ptr<const Snapshot>& snapshot, Caller caller,
                                                         tls::Offer offer);
  enum class Dialled : std::uint8_t { kGoing, kFailed, kReady };
  /// The next step of it; handshakes are counted.
  [[nodiscard]] Dialled step(UpstreamConnection& server);
  /// It is connected: there will be no other.
  void settle() noexcept { picked_under_.reset(); }
  /// The call is over.
  void release() noexcept { use_ = {}; }

 private:
  void go_to(const ServicePlan& service, EndpointUse use);

  WorkerState& worker_;
  Wakeable& sleeper_;
  std::optional<EndpointPlan> plan_;
  EndpointUse use_;
  std::vector<std::size_t> tried_;
  std::shared_ptr<const Snapshot> picked_under_;  // whose indexes those are, while it connects
  std::uint32_t retries_ = 0;
};

}  // namespace gabion::proxy
