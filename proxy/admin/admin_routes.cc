// The admin paths as one table, and who may ask.
#include "proxy/admin/admin_routes.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <utility>

#include "proxy/admin/prometheus_text.h"

namespace gabion::proxy {
namespace {

namespace json = boost::json;

using Act = AdminAnswer (*)(std::string_view query, const AdminActions& actions);

/// A null `get` or `post` is a method the path does not have.
struct Route {
  std::string_view path;
  std::string_view allow;
  Act get;
  Act post;
};

AdminAnswer with_body(std::string body) {
  AdminAnswer answer;
  answer.body = std::move(body);
  return answer;
}

AdminAnswer ready(std::string_view /*query*/, const AdminActions& actions) {
  const Readiness state = actions.readiness();
  json::array missing;
  for (const std::string& item : state.missing) {
    missing.emplace_back(item);
  }
  AdminAnswer answer = with_body(json::serialize(json::object{{"ready", state.ready}, {"missing", missing}}));
  answer.status = state.ready ? 200 : 503;
  return answer;
}

AdminAnswer live(std::string_view /*query*/, const AdminActions& /*actions*/) {
  return with_body(R"({"live":true})");
}

AdminAnswer not_found();

AdminAnswer ask(const AdminQuestion& question, std::string_view content_type) {
  if (!question) {
    return not_found();
  }
  AdminAnswer answer;
  answer.content_type = content_type;
  answer.step = AdminStep::kAsk;
  answer.question = &question;
  return answer;
}

AdminAnswer metrics(std::string_view /*query*/, const AdminActions& actions) {
  return ask(actions.metrics, kPrometheusContentType);
}

AdminAnswer connections(std::string_view /*query*/, const AdminActions& actions) {
  return ask(actions.connections, AdminAnswer().content_type);
}

AdminAnswer services(std::string_view /*query*/, const AdminActions& actions) {
  return ask(actions.services, AdminAnswer().content_type);
}

AdminAnswer config(std::string_view /*query*/, const AdminActions& actions) {
  return with_body(actions.config_json());
}

AdminAnswer certs(std::string_view /*query*/, const AdminActions& actions) {
  return with_body(actions.certs_json());
}

AdminAnswer policy(std::string_view /*query*/, const AdminActions& actions) {
  return with_body(actions.policy_json());
}

AdminAnswer log_level(std::string_view /*query*/, const AdminActions& actions) {
  return with_body(json::serialize(json::object{{"level", actions.log_level()}}));
}

AdminAnswer set_log_level(std::string_view query, const AdminActions& actions) {
  constexpr std::string_view kKey = "level=";
  if (query.substr(0, kKey.size()) != kKey || !actions.set_log_level(query.substr(kKey.size()))) {
    return admin_error(400, "ask for /log?level=debug, info, warn or error");
  }
  return log_level({}, actions);
}

AdminAnswer drain(std::string_view /*query*/, const AdminActions& actions) {
  actions.drain();
  AdminAnswer answer = with_body(R"({"draining":true})");
  answer.status = 202;
  return answer;
}

AdminAnswer quit(std::string_view /*query*/, const AdminActions& /*actions*/) {
  AdminAnswer answer = with_body(R"({"quitting":true})");
  answer.status = 202;
  answer.step = AdminStep::kQuit;
  return answer;
}

AdminAnswer index(std::string_view query, const AdminActions& actions);

constexpr std::array kRoutes = {
    Route{"/", "GET", index, nullptr},
    Route{"/live", "GET", live, nullptr},
    Route{"/ready", "GET", ready, nullptr},
    Route{"/metrics", "GET", metrics, nullptr},
    Route{"/config", "GET", config, nullptr},
    Route{"/certs", "GET", certs, nullptr},
    Route{"/policy", "GET", policy, nullptr},
    Route{"/services", "GET", services, nullptr},
    Route{"/connections", "GET", connections, nullptr},
    Route{"/log", "GET, POST", log_level, set_log_level},
    Route{"/drain", "POST", nullptr, drain},
    Route{"/quit", "POST", nullptr, quit},
};

AdminAnswer index(std::string_view /*query*/, const AdminActions& /*actions*/) {
  AdminAnswer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.body = "<!doctype html><html lang=\"en\"><title>Gabion</title><h1>Gabion</h1><ul>";
  for (const Route& route : kRoutes) {
    const std::string path(route.path);
    answer.body += route.get == nullptr ? "<li>POST " + path : "<li><a href=\"" + path + "\">" + path + "</a>";
    answer.body += route.get != nullptr && route.post != nullptr ? ", also POST</li>" : "</li>";
  }
  answer.body += "</ul></html>\n";
  return answer;
}

AdminAnswer not_found() {
  json::array paths;
  for (const Route& route : kRoutes) {
    paths.emplace_back(json::object{{"path", route.path}, {"methods", route.allow}});
  }
  AdminAnswer answer = with_body(json::serialize(json::object{{"error", "no such path"}, {"paths", paths}}));
  answer.status = 404;
  return answer;
}

AdminAnswer method_not_allowed(const Route& route) {
  AdminAnswer answer = admin_error(405, "this path takes another method");
  answer.allow = route.allow;
  return answer;
}

/// "http://host:port" to "host:port"; empty for "null" and anything else.
std::string_view host_of_origin(std::string_view origin) noexcept {
  constexpr std::string_view kScheme = "http://";
  return origin.substr(0, kScheme.size()) == kScheme ? origin.substr(kScheme.size()) : std::string_view();
}

bool is_local_request(const AdminRequest& request) {
  if (request.hosts.size() != 1 || !is_local_host(request.hosts.front(), request.local_address)) {
    return false;
  }
  return request.origin.empty() || is_local_host(host_of_origin(request.origin), request.local_address);
}

/// Cuts ":8080" off; false when what follows the colon is no port.
bool cut_port(std::string_view& host) noexcept {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return true;
  }
  const std::string_view port = host.substr(colon + 1);
  host = host.substr(0, colon);
  constexpr std::size_t kMaxDigits = 5;
  return !port.empty() && port.size() <= kMaxDigits &&
         std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_localhost_name(std::string_view host) noexcept {
  constexpr std::string_view kName = "localhost";
  return std::equal(host.begin(), host.end(), kName.begin(), kName.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

const Route* find_route(std::string_view path) noexcept {
  const auto* const found =
      std::find_if(kRoutes.begin(), kRoutes.end(), [path](const Route& route) { return route.path == path; });
  return found == kRoutes.end() ? nullptr : found;
}

}  // namespace

AdminAnswer admin_error(std::uint16_t status, std::string_view what) {
  AdminAnswer answer = with_body(json::serialize(json::object{{"error", what}}));
  answer.status = status;
  return answer;
}

bool is_local_host(std::string_view host, const config::IpAddress& local_address) {
  if (!cut_port(host)) {
    return false;
  }
  if (is_localhost_name(host)) {
    return true;
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto address = config::IpAddress::parse(bracketed ? host.substr(1, host.size() - 2) : host);
  return address.has_value() && (address->is_loopback() || *address == local_address);
}

AdminAnswer answer_admin(const AdminRequest& request, const AdminActions& actions) {
  if (!is_local_request(request)) {
    return admin_error(403, "Host and Origin must be local");
  }
  const std::size_t question = request.target.find('?');
  const Route* const route = find_route(request.target.substr(0, question));
  if (route == nullptr) {
    return not_found();
  }
  const bool is_get = request.method == "GET";
  const Act act = is_get ? route->get : route->post;
  if (act == nullptr || (!is_get && request.method != "POST")) {
    return method_not_allowed(*route);
  }
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : request.target.substr(question + 1);
  try {
    return act(query, actions);
  } catch (const std::exception&) {
    return admin_error(500, "this could not be answered; the log may say why");
  }
}

}  // namespace gabion::proxy
