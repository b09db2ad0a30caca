// A table of kinds.
#include "config/inject/workloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <string_view>

#include "config/inject/json_patch.h"
#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

struct WorkloadKind {
  std::string_view group;  ///< before the '/' of apiVersion
  std::string_view api_version;
  std::string_view kind;
  std::string_view pointer;
};

constexpr WorkloadKind kKinds[] = {
    {"v1", "v1", "Pod", ""},
    {"v1", "v1", "PodTemplate", "/template"},
    {"v1", "v1", "ReplicationController", "/spec/template"},
    {"apps", "apps/v1", "Deployment", "/spec/template"},
    {"apps", "apps/v1", "StatefulSet", "/spec/template"},
    {"apps", "apps/v1", "DaemonSet", "/spec/template"},
    {"apps", "apps/v1", "ReplicaSet", "/spec/template"},
    {"extensions", "apps/v1", "Deployment", "/spec/template"},
    {"extensions", "apps/v1", "DaemonSet", "/spec/template"},
    {"batch", "batch/v1", "Job", "/spec/template"},
    {"batch", "batch/v1", "CronJob", "/spec/jobTemplate/spec/template"},
};

std::string name_of(const json::value& object) {
  const std::string_view name_space = text_of(member(&object, "metadata", "namespace"));
  std::string_view name = text_of(member(&object, "metadata", "name"));
  name = name.empty() ? text_of(member(&object, "metadata", "generateName")) : name;
  return fmt::format("{} {}{}{}", text_of(member(&object, "kind")), name_space, name_space.empty() ? "" : "/", name);
}

void look(const json::value& object, const std::string& pointer, std::vector<PodPlace>& found) {
  const std::string_view api_version = text_of(member(&object, "apiVersion"));
  const std::string_view kind = text_of(member(&object, "kind"));
  if (kind.size() >= 4 && kind.substr(kind.size() - 4) == "List") {
    const json::array& items = items_of(member(&object, "items"));
    for (std::size_t i = 0; i < items.size(); ++i) {
      look(items[i], fmt::format("{}/items/{}", pointer, i), found);  // as deep as parse_yaml lets a text be
    }
    return;
  }
  const std::string_view group = api_version.substr(0, api_version.find('/'));
  const auto* const known = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const WorkloadKind& each) {
    return each.kind == kind && each.group == group;
  });
  if (known == std::end(kKinds)) {
    return;
  }
  PodPlace place{name_of(object), pointer + std::string(known->pointer), ""};
  if (known->api_version != api_version) {
    place.unknown = fmt::format("its apiVersion is {}, not {}", api_version, known->api_version);
  } else if (at_pointer(object, std::string(known->pointer)).is_null()) {
    place.unknown = "it has no pod template";
  }
  found.push_back(std::move(place));
}

}  // namespace

std::vector<PodPlace> find_pods(const json::value& document) {
  std::vector<PodPlace> found;
  look(document, "", found);
  return found;
}

const json::value& at_pointer(const json::value& document, const std::string& pointer) {
  static const json::value kNothing;
  const json::value* at = &document;
  for (const std::string& token : split_pointer(pointer)) {
    if (at != nullptr && at->is_array()) {
      const std::size_t index = std::stoul(token);
      at = index < at->get_array().size() ? &at->get_array()[index] : nullptr;
    } else {
      at = member(at, token);
    }
  }
  return at == nullptr ? kNothing : *at;
}

}  // namespace gabion::config::inject
