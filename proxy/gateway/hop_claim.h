// Whether another gateway may say what it says: who it is, for which pod of its node it calls, and whom.
#pragma once

#include <memory>
#include <string_view>

#include "proxy/protocol/proxy2/header.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// The pod that is called, or why nobody is.
struct HopVerdict {
  std::shared_ptr<const Snapshot> view;  ///< null: refused
  config::SpiffeId caller;
  std::string_view refusal;          ///< a sentence for logs
  bool may_come_to_be_true = false;  ///< refused for a pod that nobody has told of yet (policy I2)
};

inline constexpr std::string_view kNoNodesAddress = "the peer's address is no node's";

/// Whether `id` is one of `gateway.peers`.
[[nodiscard]] bool is_gateway(const Snapshot& root, const config::SpiffeId& id) noexcept;

/// `peer` is who shook hands, `from` the address it called from. All must hold: it is a gateway; the caller's address
/// is a pod's that a gateway protects, of the node whose address `from` is; the identity is that pod's; the pod that is
/// called is of this node.
[[nodiscard]] HopVerdict judge_hop(const Snapshot& root, const config::SpiffeId& peer, const config::IpAddress& from,
                                   const proxy2::Header& header);

}  // namespace gabion::proxy
