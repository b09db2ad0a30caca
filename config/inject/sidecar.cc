// As `deploy/kustomize/sidecar` has them by hand.
#include "config/inject/sidecar.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <string>

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

constexpr std::string_view kConfigFolder = "/etc/gabion/config";

json::object from_field(std::string_view name, std::string_view path) {
  return {{"name", name}, {"valueFrom", {{"fieldRef", {{"fieldPath", path}}}}}};
}

json::object mount(std::string_view name, std::string_view path) {
  return {{"name", name}, {"mountPath", path}, {"readOnly", true}};
}

/// The kubelet replaces $(NAME) in values and makes $ of $$: a path of a probe has to come through as it is.
std::string without_dollars(std::string text) {
  for (std::size_t at = text.find('$'); at != std::string::npos; at = text.find('$', at)) {
    text.replace(at, 1, "\\u0024");
  }
  return text;
}

/// `capture.inbound.mode` of the configuration that all pods of the namespace share.
std::string_view inbound_mode(const Settings& settings) {
  return settings.interception == Interception::kTproxy ? "tproxy" : "redirect";
}

json::array environment(const Settings& settings, const json::array& ports, const json::object& probes) {
  json::array list{from_field("GABION_POD_NAME", "metadata.name"),
                   from_field("GABION_POD_NAMESPACE", "metadata.namespace"),
                   from_field("GABION_POD_UID", "metadata.uid"),
                   from_field("GABION_POD_IPS", "status.podIPs"),
                   from_field("GABION_HOST_IP", "status.hostIP"),
                   from_field("GABION_NODE_NAME", "spec.nodeName"),
                   from_field("GABION_SERVICE_ACCOUNT", "spec.serviceAccountName")};
  list.push_back(json::object{{"name", "GABION_AGENT_LISTEN"}, {"value", "[::]:15020"}});
  list.push_back(json::object{{"name", "GABION_INBOUND_MODE"}, {"value", inbound_mode(settings)}});
  list.push_back(json::object{{"name", "GABION_APP_PORTS"}, {"value", json::serialize(ports)}});
  list.push_back(json::object{{"name", "GABION_APP_PROBES"}, {"value", without_dollars(json::serialize(probes))}});
  return list;
}

json::object agent_probe(std::string_view path, int period_seconds, int failures) {
  return {{"httpGet", {{"path", path}, {"port", kAgentPort}, {"scheme", "HTTP"}}},
          {"periodSeconds", period_seconds},
          {"timeoutSeconds", 3},
          {"failureThreshold", failures}};
}

json::object resources(const Settings& settings) {
  json::object limits{{"memory", settings.memory_limit}};
  if (!settings.cpu_limit.empty()) {
    limits["cpu"] = settings.cpu_limit;
  }
  return {{"requests", {{"cpu", settings.cpu_request}, {"memory", settings.memory_request}}},
          {"limits", std::move(limits)}};
}

/// A capability that is added reaches root alone: Kubernetes has no ambient ones. By TPROXY its traffic is told by its
/// group.
json::object proxy_security(const Settings& settings) {
  const bool by_tproxy = settings.interception == Interception::kTproxy;
  json::object capabilities{{"drop", json::array{"ALL"}}};
  if (by_tproxy) {
    capabilities["add"] = json::array{"NET_ADMIN"};
  }
  return {{"runAsUser", by_tproxy ? 0 : kUid},
          {"runAsGroup", kUid},
          {"runAsNonRoot", !by_tproxy},
          {"readOnlyRootFilesystem", true},
          {"allowPrivilegeEscalation", false},
          {"privileged", false},
          {"capabilities", std::move(capabilities)},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

/// A classic sidecar starts first and holds the others until it serves; at the end it stays while they still listen.
json::object classic_life(const json::array& ports) {
  json::array stay{"/usr/bin/gabion", "wait", "closed", "--timeout", "20s"};
  for (const json::value& port : ports) {
    stay.push_back(json::string(std::to_string(port.as_int64())));
  }
  json::object life{
      {"postStart", {{"exec", {{"command", json::array{"/usr/bin/gabion", "wait", "ready", "--timeout", "60s"}}}}}}};
  if (!ports.empty()) {
    life["preStop"] = json::object{{"exec", {{"command", std::move(stay)}}}};
  }
  return life;
}

void add_option(json::array& arguments, std::string_view option, const std::string& text) {
  if (!text.empty()) {
    arguments.push_back(json::string(option));
    arguments.push_back(json::string(text));
  }
}

}  // namespace

json::object init_container(const Settings& settings) {
  json::array arguments{"net", "install", "--uid", std::to_string(kUid), "--gid", std::to_string(kUid)};
  if (settings.interception == Interception::kTproxy) {
    add_option(arguments, "--mode", std::string(inbound_mode(settings)));
  }
  add_option(arguments, "--exclude-inbound-ports", settings.exclude_inbound_ports);
  add_option(arguments, "--exclude-outbound-ports", settings.exclude_outbound_ports);
  add_option(arguments, "--exclude-outbound-cidrs", settings.exclude_outbound_cidrs);
  return {{"name", kInitName},
          {"image", settings.init_image},
          {"args", std::move(arguments)},
          {"resources",
           {{"requests", {{"cpu", "10m"}, {"memory", "16Mi"}}}, {"limits", {{"cpu", "1"}, {"memory", "64Mi"}}}}},
          {"securityContext",
           {{"runAsUser", 0},
            {"runAsGroup", 0},
            {"runAsNonRoot", false},
            {"readOnlyRootFilesystem", true},
            {"allowPrivilegeEscalation", false},
            {"privileged", false},
            {"capabilities", {{"drop", json::array{"ALL"}}, {"add", json::array{"NET_ADMIN", "NET_RAW"}}}},
            {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
          {"volumeMounts", json::array{json::object{{"name", "gabion-run"}, {"mountPath", "/run"}}}}};
}

json::object proxy_container(const Settings& settings, const json::array& ports, const json::object& probes) {
  json::object container{{"name", kProxyName}, {"image", settings.image}};
  if (settings.form == SidecarForm::kNative) {
    container["restartPolicy"] = "Always";
  }
  container["args"] = json::array{"run", "--config", std::string(kConfigFolder) + "/gabion.yaml"};
  container["env"] = environment(settings, ports, probes);
  container["ports"] =
      json::array{json::object{{"name", "gabion-agent"}, {"containerPort", kAgentPort}, {"protocol", "TCP"}}};
  container["startupProbe"] = agent_probe("/ready", 1, 120);
  container["readinessProbe"] = agent_probe("/ready", 5, 3);
  container["livenessProbe"] = agent_probe("/live", 10, 6);
  if (settings.form == SidecarForm::kClassic) {
    container["lifecycle"] = classic_life(ports);
  }
  container["resources"] = resources(settings);
  container["securityContext"] = proxy_security(settings);
  json::object memory = mount("gabion-memory", "/tmp");
  memory.erase("readOnly");
  container["volumeMounts"] =
      json::array{mount("gabion-config", kConfigFolder), mount("gabion-policy", "/etc/gabion/policy"),
                  mount("gabion-certs", "/etc/gabion/certs"), std::move(memory)};
  return container;
}

json::array proxy_volumes(const Settings& settings, std::string_view service_account) {
  const std::string_view account = service_account.empty() ? "default" : service_account;
  const std::string secret =
      settings.certificate_secret.empty() ? fmt::format("gabion-tls-{}", account) : settings.certificate_secret;
  const auto memory = [](std::string_view name, std::string_view size) {
    return json::object{{"name", name}, {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", size}}}};
  };
  return {json::object{{"name", "gabion-config"}, {"configMap", {{"name", settings.config_map}}}},
          json::object{{"name", "gabion-policy"}, {"configMap", {{"name", settings.policy_map}}}},
          json::object{{"name", "gabion-certs"}, {"secret", {{"secretName", secret}, {"defaultMode", 0444}}}},
          memory("gabion-memory", "64Mi"), memory("gabion-run", "1Mi")};
}

}  // namespace gabion::config::inject
