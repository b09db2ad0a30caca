// The client of an exchange: who it is, what judges it, and the half that reads its request and takes its answer.
#pragma once

#include <memory>
#include <string>

#include "inspect/pipeline.h"
#include "proxy/session/client_half.h"
#include "proxy/snapshot.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// Who is at the other end of a client's connection. Owned by the Connection.
struct Client {
  std::unique_ptr<Transport> transport;
  config::Endpoint local;
  config::Endpoint remote;
  inspect::Ends ends;                          ///< the same as text
  const config::SpiffeId* identity = nullptr;  ///< verified peer, null without mTLS
  std::string peer_spiffe;                     ///< the same as text
  std::string client_certificate;              ///< x-forwarded-client-cert to send on, "" without mTLS
  std::string server_name;
  std::uint64_t identity_number = 0;  ///< for pool keys
  std::uint32_t requests = 0;
};

/// Plain members; what an Exchange uses, one request after another. Borrows the client and its half.
struct Downstream {
  Downstream(WorkerState& worker, Client& whose, ClientHalf& its_half)
      : snapshot(worker.snapshot), client(whose), half(its_half) {}

  std::shared_ptr<const Snapshot> snapshot;  ///< of the exchange under way
  PlanRef plan;                              ///< of snapshot
  inspect::Inspection inspection;
  Client& client;
  ClientHalf& half;

  /// REQUIRES: a request's head was read.
  [[nodiscard]] const http1::Head& head() const noexcept { return half.head(); }
};

}  // namespace gabion::proxy
