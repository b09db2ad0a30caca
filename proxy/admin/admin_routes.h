// What the admin server answers to which request, without a socket.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.h"

namespace gabion::proxy {

/// What /ready tells.
struct Readiness {
  bool ready = false;
  std::vector<std::string> missing;  ///< what is not there yet ("policy", "certificate", …) or why not ("draining")
};

/// Asks the workers; gives the text to its argument, once, on the control thread.
using AdminQuestion = std::function<void(std::function<void(std::string)>)>;

/// What the server shows and starts. All are called on the control thread and return at once.
struct AdminActions {
  std::function<Readiness()> readiness;
  AdminQuestion metrics;
  AdminQuestion connections;                 ///< JSON; not set: there is no /connections
  std::function<std::string()> config_json;  ///< no keys, no secrets
  std::function<std::string()> certs_json;
  std::function<std::string()> policy_json;
  AdminQuestion services;  ///< endpoints of the services that routes lead to
  std::function<void()> drain;
  std::function<bool(std::string_view)> set_log_level;  ///< false: no such level
  std::function<std::string()> log_level;
  std::function<void()> quit;  ///< called once the answer has been sent
};

/// One request, as far as an answer depends on it. Views are borrowed for the call.
struct AdminRequest {
  std::string_view method;
  std::string_view target;
  std::vector<std::string_view> hosts;  ///< every Host field
  std::string_view origin;              ///< empty when absent
  config::IpAddress local_address;      ///< where this connection came in
};

/// What is left to do for an answer.
enum class AdminStep : std::uint8_t {
  kSend,   ///< the answer is complete
  kAsk,    ///< the body comes from `question`
  kLater,  ///< the answer comes from `later`
  kQuit,   ///< send it, then call AdminActions::quit
};

struct AdminAnswer {
  std::uint16_t status = 200;
  std::string_view content_type = "application/json";
  std::string body;
  std::string_view allow;  ///< Allow field of a 405, else empty
  AdminStep step = AdminStep::kSend;
  const AdminQuestion* question = nullptr;  ///< with kAsk: one of the actions
  /// With kLater: gives the answer (kSend) to its argument, once, on the control thread, within a time of its own.
  std::function<void(std::function<void(AdminAnswer)>)> later;
};

/// Answers one request, on the control thread.
using AdminResponder = std::function<AdminAnswer(const AdminRequest&)>;

/// Refuses foreign Host and Origin (403: a web page must not reach us by DNS rebinding or by a form), then unknown
/// paths (404 with the list), wrong methods (405), then acts. An action that throws is a 500. REQUIRES: every action is
/// set.
[[nodiscard]] AdminAnswer answer_admin(const AdminRequest& request, const AdminActions& actions);

/// {"error": what}
[[nodiscard]] AdminAnswer admin_error(std::uint16_t status, std::string_view what);

/// True for a Host (or the host of an Origin) that no foreign name can be: "localhost", 127.0.0.0/8, [::1], or
/// `local_address` as a literal; the port is any.
[[nodiscard]] bool is_local_host(std::string_view host, const config::IpAddress& local_address);

}  // namespace gabion::proxy
