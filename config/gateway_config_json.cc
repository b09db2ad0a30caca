// `gateway` of a configuration as the admin page shows it: see gateway_config_json.h.
#include "config/gateway_config_json.h"

#include <boost/json/array.hpp>

namespace gabion::config {

boost::json::object gateway_json(const GatewayConfig& gateway) {
  boost::json::array listens;
  for (const Endpoint& endpoint : gateway.hop) {
    listens.push_back(boost::json::string(endpoint.to_string()));
  }
  boost::json::array peers;
  for (const SpiffeId& peer : gateway.peers) {
    peers.push_back(boost::json::string(peer.to_string()));
  }
  boost::json::object result{{"node", gateway.node},        {"listen", std::move(listens)},
                             {"port", gateway.port},        {"peers", std::move(peers)},
                             {"maxPods", gateway.max_pods}, {"pendingHops", gateway.pending_hops}};
  if (!gateway.nodes.empty()) {
    auto& nodes = result["nodes"].emplace_array();
    for (const std::string& node : gateway.nodes) {
      nodes.push_back(boost::json::string(node));
    }
  }
  return result;
}

}  // namespace gabion::config
