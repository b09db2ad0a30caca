// The agent's port: what the kubelet and Prometheus may ask from outside the pod, and nothing else.
#pragma once

#include <memory>
#include <vector>

#include "config/inject/app_probes.h"
#include "proxy/admin/admin_routes.h"

namespace boost::asio {
class io_context;
}

namespace gabion::proxy {

/// GET /live, /ready and /metrics as the admin port has them, and the declared probes by their exact paths. Anything
/// else is 404, other methods 405. Borrows `io`.
[[nodiscard]] AdminResponder agent_responder(boost::asio::io_context& io, AdminActions actions,
                                             std::vector<config::inject::AppProbe> probes);

}  // namespace gabion::proxy
