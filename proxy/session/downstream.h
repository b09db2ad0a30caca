// The client's half of a connection: what its exchanges use, one after another.
#pragma once

#include <memory>
#include <string>

#include "inspect/pipeline.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/http1/decoder.h"
#include "proxy/snapshot.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

/// Plain members; owned by the Connection, borrowed by its Exchange.
struct Downstream {
  explicit Downstream(WorkerState& worker)
      : snapshot(worker.snapshot),
        in(worker.buffers),
        out(worker.buffers, snapshot->config.limits.buffer_bytes),
        decoder(http1::Role::kRequest, decoder_limits(snapshot->config.limits)) {}

  std::shared_ptr<const Snapshot> snapshot;  ///< of the exchange under way
  const ListenerPlan* plan = nullptr;        ///< in snapshot

  std::unique_ptr<Transport> transport;
  Buffer in;
  SendQueue out;
  http1::Decoder decoder;
  inspect::Inspection inspection;

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

}  // namespace gabion::proxy
