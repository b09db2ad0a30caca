// The pod as a whole, then each container.
#include "config/inject/pod_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "config/inject/settings.h"
#include "config/inject/tree.h"

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

/// With these a process can undo the rules, enter another network namespace, or read them to forge packets.
constexpr std::string_view kPowers[] = {"ALL", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "BPF"};
constexpr std::int64_t kOurPorts[] = {15000, 15001, 15006, kAgentPort};

bool is_number(const json::value* value, std::int64_t wanted) {
  return value != nullptr && value->is_int64() && value->get_int64() == wanted;
}

class Checker {
 public:
  explicit Checker(const json::value& spec) : spec_(spec) {}
  [[nodiscard]] PodFindings take() { return std::move(found_); }

  void pod() {
    for (const std::string_view field : {"hostNetwork", "hostPID", "shareProcessNamespace"}) {
      if (is_true(member(&spec_, field))) {
        refuse(fmt::format("{} is true: {}", field,
                           field == "hostNetwork" ? "the rules would be the node's"
                                                  : "other processes can act as the proxy or undo the rules"));
      }
    }
    if (text_of(member(&spec_, "os", "name")) == "windows" ||
        text_of(member(&spec_, "nodeSelector", "kubernetes.io/os")) == "windows") {
      refuse("it runs on Windows");
    }
    ids(member(&spec_, "securityContext"), "the pod");
    volumes();
    if (items_of(member(&spec_, "containers")).empty()) {
      refuse("it has no containers");
    }
    for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
      for (const json::value& each : items_of(member(&spec_, list))) {
        container(each);
      }
    }
  }

 private:
  void refuse(std::string reason) { found_.refusals.push_back(std::move(reason)); }

  void ids(const json::value* security, std::string_view whose) {
    for (const std::string_view field : {"runAsUser", "runAsGroup"}) {
      if (is_number(member(security, field), kUid)) {
        refuse(fmt::format("{} of {} is {}, the proxy's own: its traffic would not be caught", field, whose, kUid));
      }
    }
    bool in_group = is_number(member(security, "fsGroup"), kUid);
    for (const json::value& group : items_of(member(security, "supplementalGroups"))) {
      in_group = in_group || is_number(&group, kUid);
    }
    if (in_group) {
      refuse(
          fmt::format("{} has group {}, the proxy's own: a program with that group would not be caught", whose, kUid));
    }
  }

  void volumes() {
    for (const json::value& volume : items_of(member(&spec_, "volumes"))) {
      const std::string_view name = text_of(member(&volume, "name"));
      if (name.substr(0, 7) == "gabion-") {
        refuse(fmt::format("it has a volume {}", name));
      }
    }
  }

  void container(const json::value& container) {
    const std::string name = fmt::format("container {}", text_of(member(&container, "name")));
    const json::value* const security = member(&container, "securityContext");
    if (text_of(member(&container, "name")) == kProxyName || text_of(member(&container, "name")) == kInitName) {
      refuse(fmt::format("it has a {} that is not ours", name));
    }
    ids(security, name);
    if (is_true(member(security, "privileged"))) {
      refuse(fmt::format("{} is privileged: it can undo the rules", name));
    }
    for (const json::value& added : items_of(member(security, "capabilities", "add"))) {
      std::string_view power = text_of(&added);
      power.remove_prefix(power.substr(0, 4) == "CAP_" ? 4 : 0);
      if (std::find(std::begin(kPowers), std::end(kPowers), power) != std::end(kPowers)) {
        refuse(fmt::format("{} has {}: it can undo or bypass the rules", name, power));
      }
    }
    ports(container, name);
    note_user(security, name);
  }

  void ports(const json::value& container, const std::string& name) {
    for (const json::value& port : items_of(member(&container, "ports"))) {
      for (const std::int64_t ours : kOurPorts) {
        if (is_number(member(&port, "containerPort"), ours)) {
          refuse(fmt::format("{} declares port {}, which is the proxy's", name, ours));
        }
      }
    }
  }

  void note_user(const json::value* security, const std::string& name) {
    const json::value* user = member(security, "runAsUser");
    user = user != nullptr ? user : member(&spec_, "securityContext", "runAsUser");
    const auto dropped = items_of(member(security, "capabilities", "drop"));
    const bool drops_all =
        std::any_of(dropped.begin(), dropped.end(), [](const json::value& each) { return text_of(&each) == "ALL"; });
    if (user == nullptr) {
      found_.notes.push_back(fmt::format("{}: runAsUser is not set; if its image's user is {} it bypasses the proxy{}",
                                         name, kUid,
                                         drops_all ? "" : ", and as root it may become it: set runAsUser, drop ALL"));
    } else if (is_number(user, 0) && !drops_all) {
      found_.notes.push_back(fmt::format(
          "{}: runs as root with the default capabilities, may become uid {} and bypass the proxy: drop ALL", name,
          kUid));
    }
  }

  const json::value& spec_;
  PodFindings found_;
};

}  // namespace

PodFindings check_pod(const json::value& spec) {
  Checker checker(spec);
  checker.pod();
  return checker.take();
}

}  // namespace gabion::config::inject
