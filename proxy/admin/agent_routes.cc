// Exact paths only: what is behind a path was fixed when the pod was made.
#include "proxy/admin/agent_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/admin/app_prober.h"

namespace gabion::proxy {
namespace {

using config::inject::AppProbe;

struct Agent {
  Agent(boost::asio::io_context& io, AdminActions its_actions, std::vector<AppProbe> its_probes)
      : actions(std::move(its_actions)), probes(std::move(its_probes)), prober(io) {}
  AdminActions actions;
  std::vector<AppProbe> probes;
  AppProber prober;
};

constexpr std::string_view kOwnPaths[] = {"/live", "/ready", "/metrics"};

std::string host_of(const config::IpAddress& local, std::uint16_t port) {
  return config::Endpoint{local, port}.to_string();
}

AdminAnswer answer_of(const ProbeOutcome& outcome) {
  AdminAnswer answer;
  answer.status = outcome.status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = outcome.detail + "\n";
  return answer;
}

AdminAnswer ask(const std::shared_ptr<Agent>& agent, const AppProbe& probe, const AdminRequest& request) {
  AdminAnswer answer;
  answer.step = AdminStep::kLater;
  const std::string host = host_of(request.local_address, probe.port);
  answer.later = [agent, &probe, host](const std::function<void(AdminAnswer)>& done) {
    agent->prober.ask(probe, host, [done](const ProbeOutcome& outcome) { done(answer_of(outcome)); });
  };
  return answer;
}

AdminAnswer answer_agent(const std::shared_ptr<Agent>& agent, const AdminRequest& request) {
  const bool is_own = std::find(std::begin(kOwnPaths), std::end(kOwnPaths), request.target) != std::end(kOwnPaths);
  const auto probe = std::find_if(agent->probes.begin(), agent->probes.end(),
                                  [&](const AppProbe& each) { return each.path == request.target; });
  if (!is_own && probe == agent->probes.end()) {
    return admin_error(404, "no such path");
  }
  if (request.method != "GET") {
    AdminAnswer answer = admin_error(405, "this path takes GET");
    answer.allow = "GET";
    return answer;
  }
  if (!is_own) {
    return ask(agent, *probe, request);
  }
  AdminRequest local = request;  // no page of a browser changes anything here: Host and Origin do not matter
  local.hosts = {"localhost"};
  local.origin = {};
  return answer_admin(local, agent->actions);
}

}  // namespace

AdminResponder agent_responder(boost::asio::io_context& io, AdminActions actions, std::vector<AppProbe> probes) {
  const auto agent = std::make_shared<Agent>(io, std::move(actions), std::move(probes));
  return [agent](const AdminRequest& request) { return answer_agent(agent, request); };
}

}  // namespace gabion::proxy
