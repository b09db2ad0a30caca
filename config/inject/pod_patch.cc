// Asks, refuses, then adds: probes, containers, volumes, status.
#include "config/inject/pod_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "config/inject/pod_checks.h"
#include "config/inject/probes.h"
#include "config/inject/sidecar.h"
#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

bool has_container(const json::value& spec, std::string_view name) {
  const auto named = [name](const json::value& each) { return text_of(member(&each, "name")) == name; };
  const auto& first = items_of(member(&spec, "initContainers"));
  const auto& others = items_of(member(&spec, "containers"));
  return std::any_of(first.begin(), first.end(), named) || std::any_of(others.begin(), others.end(), named);
}

/// FNV-1a: names a template, protects nothing.
std::string template_hash(const JsonPatch& patch) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : json::serialize(to_json(patch))) {
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  }
  return fmt::format("{:016x}", hash);
}

json::array declared_ports(const json::value& spec) {
  json::array ports;
  for (const json::value& container : items_of(member(&spec, "containers"))) {
    for (const json::value& port : items_of(member(&container, "ports"))) {
      const json::value* const number = member(&port, "containerPort");
      const std::string_view protocol = text_of(member(&port, "protocol"));
      if (number != nullptr && number->is_int64() && (protocol.empty() || protocol == "TCP")) {
        ports.push_back(*number);
      }
    }
  }
  return ports;
}

enum class Where : std::uint8_t { kFirst, kLast };

/// Operations that put `items` into the list at `pointer`, in their order.
void add_items(JsonPatch& patch, const json::value* list, const std::string& pointer, json::array items, Where where) {
  if (items_of(list).empty()) {
    patch.push_back({PatchAction::kAdd, pointer, std::move(items)});
    return;
  }
  if (where == Where::kFirst) {
    std::reverse(items.begin(), items.end());
  }
  for (json::value& item : items) {
    patch.push_back({PatchAction::kAdd, pointer + (where == Where::kFirst ? "/0" : "/-"), std::move(item)});
  }
}

void add_status(JsonPatch& patch, const json::value& pod, const Settings& settings) {
  const bool native = settings.form == SidecarForm::kNative;
  const json::string status(json::serialize(json::object{
      {"template", template_hash(patch)},
      {"sidecar", native ? "native" : "classic"},
      {"initContainers", native ? json::array{kInitName, kProxyName} : json::array{kInitName}},
      {"containers", native ? json::array{} : json::array{kProxyName}},
      {"volumes", json::array{"gabion-config", "gabion-policy", "gabion-certs", "gabion-memory", "gabion-run"}}}));
  const json::value* const metadata = member(&pod, "metadata");
  const json::value* const annotations = member(metadata, "annotations");
  if (metadata == nullptr || !metadata->is_object()) {
    patch.push_back({PatchAction::kAdd, "/metadata", json::object{{"annotations", {{kStatus, status}}}}});
  } else if (annotations == nullptr || !annotations->is_object() || annotations->get_object().empty()) {
    patch.push_back({PatchAction::kAdd, "/metadata/annotations", json::object{{kStatus, status}}});
  } else {
    patch.push_back({PatchAction::kAdd, "/metadata/annotations/" + escape_pointer(kStatus), status});
  }
}

void note_holes(const Settings& settings, std::vector<std::string>& notes) {
  const auto note = [&](const std::string& what, std::string_view name) {
    if (!what.empty()) {
      notes.push_back(fmt::format("{} {}: not protected", name, what));
    }
  };
  note(settings.exclude_inbound_ports, "excluded inbound ports");
  note(settings.exclude_outbound_ports, "excluded outbound ports");
  note(settings.exclude_outbound_cidrs, "excluded destinations");
  if (settings.interception == Interception::kTproxy) {
    notes.emplace_back("interception tproxy: the proxy runs as root with NET_ADMIN, in group 1337");
  }
  if (settings.form == SidecarForm::kClassic) {
    notes.emplace_back("classic sidecar: what init containers send and receive is not seen");
  }
}

/// Whether nothing may be done at all: then outcome and reasons are set.
bool stops(const json::value& pod, const CheckedResult<PodSettings>& read, PodInjection& result) {
  const json::value* const spec = member(&pod, "spec");
  if (spec == nullptr || !spec->is_object()) {
    result.reasons.emplace_back("it has no spec");
    return true;
  }
  if (read.has_error()) {
    for (const Error& error : read.error()) {
      result.reasons.push_back(error.to_string());
    }
    return true;
  }
  result.outcome = InjectOutcome::kSkipped;
  if (read->wish == InjectWish::kNo) {
    result.reasons.push_back(fmt::format("annotation {} is \"false\"", kInject));
    return true;
  }
  if (member(&pod, "metadata", "annotations", kStatus) != nullptr && has_container(*spec, kProxyName)) {
    result.reasons.emplace_back("it is injected already");
    return true;
  }
  return false;
}

/// What is there first, then what moves it.
JsonPatch make_patch(const json::value& pod, const Settings& settings, ProbeRewrites probes) {
  const json::value& spec = *member(&pod, "spec");
  JsonPatch patch = std::move(probes.operations);
  json::object proxy = proxy_container(settings, declared_ports(spec), probes.declared);
  const json::value* const first = member(&spec, "initContainers");
  if (settings.form == SidecarForm::kNative) {
    add_items(patch, first, "/spec/initContainers", {init_container(settings), std::move(proxy)}, Where::kFirst);
  } else {
    add_items(patch, first, "/spec/initContainers", {init_container(settings)}, Where::kLast);
    add_items(patch, member(&spec, "containers"), "/spec/containers", {std::move(proxy)}, Where::kFirst);
  }
  add_items(patch, member(&spec, "volumes"), "/spec/volumes",
            proxy_volumes(settings, text_of(member(&spec, "serviceAccountName"))), Where::kLast);
  add_status(patch, pod, settings);
  return patch;
}

}  // namespace

PodInjection inject_pod(const json::value& pod, const Settings& defaults) {
  PodInjection result;
  const auto read = read_annotations(member(&pod, "metadata"), defaults);
  if (stops(pod, read, result)) {
    return result;
  }
  const Settings& settings = read->settings;
  const json::value& spec = *member(&pod, "spec");
  PodFindings findings = check_pod(spec);
  ProbeRewrites probes = settings.rewrite_probes ? rewrite_probes(spec) : ProbeRewrites{};
  result.reasons = std::move(findings.refusals);
  result.reasons.insert(result.reasons.end(), probes.errors.begin(), probes.errors.end());
  const std::string_view restarts = text_of(member(&spec, "restartPolicy"));
  if (settings.form == SidecarForm::kClassic && (restarts == "Never" || restarts == "OnFailure")) {
    result.reasons.emplace_back("a classic sidecar would keep a pod that ends from ending: use the native one");
  }
  if (!result.reasons.empty()) {
    result.outcome = InjectOutcome::kRefused;
    return result;
  }
  result.outcome = InjectOutcome::kInjected;
  result.notes = std::move(findings.notes);
  result.notes.insert(result.notes.end(), probes.notes.begin(), probes.notes.end());
  note_holes(settings, result.notes);
  result.patch = make_patch(pod, settings, std::move(probes));
  return result;
}

}  // namespace gabion::config::inject
