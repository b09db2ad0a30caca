// Three probes a container, three forms a probe.
#include "config/inject/probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>
#include <utility>

#include "config/inject/settings.h"
#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

struct ProbeName {
  std::string_view field;
  std::string_view path;  ///< last segment on the agent's port
};

constexpr ProbeName kProbes[] = {
    {"livenessProbe", "livez"}, {"readinessProbe", "readyz"}, {"startupProbe", "startupz"}};
constexpr std::string_view kForms[] = {"httpGet", "tcpSocket", "grpc"};

std::optional<std::int64_t> number_of_port(const json::value& container, const json::value* port) {
  constexpr std::int64_t kMaxPort = 65'535;
  if (port == nullptr) {
    return std::nullopt;
  }
  if (port->is_int64()) {
    return port->get_int64() >= 1 && port->get_int64() <= kMaxPort ? std::optional(port->get_int64()) : std::nullopt;
  }
  for (const json::value& declared : items_of(member(&container, "ports"))) {
    const json::value* const number = member(&declared, "containerPort");
    if (text_of(member(&declared, "name")) == text_of(port) && number != nullptr && number->is_int64()) {
      return number_of_port(container, number);
    }
  }
  return std::nullopt;
}

class Rewriter {
 public:
  [[nodiscard]] ProbeRewrites take() { return std::move(found_); }

  void container(const json::value& container, const std::string& pointer) {
    for (const ProbeName& name : kProbes) {
      if (const json::value* const probe = member(&container, name.field)) {
        rewrite(container, *probe, name, pointer);
      }
    }
    for (const std::string_view hook : {"postStart", "preStop"}) {
      for (const std::string_view form : {"httpGet", "tcpSocket"}) {
        if (member(&container, "lifecycle", hook, form) != nullptr) {
          found_.notes.push_back(fmt::format("container {}: the kubelet calls lifecycle.{}.{} without a certificate",
                                             text_of(member(&container, "name")), hook, form));
        }
      }
    }
  }

 private:
  void rewrite(const json::value& container, const json::value& probe, const ProbeName& name,
               const std::string& pointer) {
    const std::string_view container_name = text_of(member(&container, "name"));
    const auto is_form = [&](std::string_view form) { return member(&probe, form) != nullptr; };
    const auto* const form = std::find_if(std::begin(kForms), std::end(kForms), is_form);
    if (form == std::end(kForms)) {
      return;  // exec, or nothing the API server takes
    }
    if (!text_of(member(&probe, *form, "host")).empty()) {
      found_.notes.push_back(fmt::format("container {}: {} asks another host and stays", container_name, name.field));
      return;
    }
    const auto port = number_of_port(container, member(&probe, *form, "port"));
    if (!port) {
      found_.errors.push_back(fmt::format("container {}: {} has no port that is known", container_name, name.field));
      return;
    }
    const std::string path = fmt::format("/app-health/{}/{}", container_name, name.path);
    declare(probe, *form, *port, path);
    found_.operations.push_back(
        {PatchAction::kReplace, fmt::format("{}/{}", pointer, name.field), rewritten(probe, *form, path)});
  }

  void declare(const json::value& probe, std::string_view form, std::int64_t port, const std::string& path) {
    json::object asked;
    if (const json::value* const old = member(&probe, form); old != nullptr && old->is_object()) {
      asked = old->get_object();
    }
    asked["port"] = port;
    json::object declared{{form, asked}};
    if (const json::value* const timeout = member(&probe, "timeoutSeconds")) {
      declared["timeoutSeconds"] = *timeout;
    }
    found_.declared[path] = declared;
  }

  /// Everything but the form stays, in its place.
  static json::object rewritten(const json::value& probe, std::string_view form, const std::string& path) {
    json::object fresh;
    for (const auto& [key, value] : probe.get_object()) {
      if (key == form) {
        fresh["httpGet"] = json::object{{"path", path}, {"port", kAgentPort}, {"scheme", "HTTP"}};
      } else {
        fresh[key] = value;
      }
    }
    return fresh;
  }

  ProbeRewrites found_;
};

}  // namespace

ProbeRewrites rewrite_probes(const json::value& spec) {
  Rewriter rewriter;
  for (const std::string_view list : {"initContainers", "containers"}) {
    const json::array& containers = items_of(member(&spec, list));
    for (std::size_t i = 0; i < containers.size(); ++i) {
      rewriter.container(containers[i], fmt::format("/spec/{}/{}", list, i));
    }
  }
  return rewriter.take();
}

}  // namespace gabion::config::inject
