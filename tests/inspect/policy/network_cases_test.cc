// Published NetworkPolicy cases (cyclonus, Kubernetes e2e, recipes), run through compile and decide on both sides.
#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/kube/defaults.h"
#include "config/kube/parse.h"
#include "config/policy/compile.h"
#include "inspect/policy/decide.h"

namespace gabion::inspect::policy {
namespace {

namespace json = boost::json;
namespace kube = config::kube;

std::string text(const json::value& value) {
  return std::string(value.as_string());
}

kube::IpProtocol protocol_of(const json::value& value) {
  return value == "UDP" ? kube::IpProtocol::kUdp : value == "SCTP" ? kube::IpProtocol::kSctp : kube::IpProtocol::kTcp;
}

/// Every line of a gzip file; empty if it cannot be read.
std::vector<std::string> gunzip_lines(const std::filesystem::path& file) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("zcat '" + file.string() + "'").c_str(), "r"), &pclose);
  std::string all;
  std::array<char, 65536> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), pipe.get())) {
    all.append(block.data(), got);
  }
  std::vector<std::string> lines;
  std::istringstream stream(all);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

kube::Pod read_pod(const json::object& source) {
  kube::Pod pod;
  pod.name = {text(source.at("namespace")), text(source.at("name"))};
  for (const auto& label : source.at("labels").as_object()) {
    pod.labels.emplace(std::string(label.key()), text(label.value()));
  }
  pod.addresses.push_back(config::IpAddress::parse(text(source.at("ip"))).value());
  for (const auto& port : source.at("ports").as_array()) {
    pod.ports.push_back({text(port.at("name")), protocol_of(port.at("protocol")),
                         static_cast<std::uint16_t>(port.at("port").as_int64())});
  }
  return pod;
}

/// The objects of one case. Ends are named by key: a pod that shares its address gets one of its own.
class Case {
 public:
  explicit Case(const json::object& source) {
    std::string manifests;
    for (const auto& policy : source.at("policies").as_array()) {
      manifests += "---\n" + text(policy) + "\n";
    }
    objects_ = kube::parse_manifests(manifests, "case").value();
    for (const auto& name_space : source.at("namespaces").as_array()) {
      kube::Namespace made;
      made.name = text(name_space.at("name"));
      for (const auto& label : name_space.at("labels").as_object()) {
        made.labels.emplace(std::string(label.key()), text(label.value()));
      }
      kube::apply_defaults(made);
      objects_.namespaces.push_back(made);
    }
    std::set<config::IpAddress> taken;
    for (const auto& pod : source.at("pods").as_array()) {
      objects_.pods.push_back(read_pod(pod.as_object()));
      auto& address = objects_.pods.back().addresses.front();
      for (std::uint32_t spare = 0xC6120000; !taken.insert(address).second; ++spare) {
        address = config::IpAddress::v4(spare);
      }
    }
  }

  [[nodiscard]] const config::Errors& refusals() const { return objects_.refusals; }

  [[nodiscard]] bool allowed(const json::value& probe) {
    const std::string from = text(probe.at("from"));
    const std::string to = text(probe.at("to"));
    return from == to || (side(Side::kEgress, from, to, probe) && side(Side::kIngress, to, from, probe));
  }

 private:
  /// What the end `own` says about `peer`. An end that is no pod has no side.
  [[nodiscard]] bool side(Side side, const std::string& own, const std::string& peer, const json::value& probe) {
    if (own.starts_with("ip:")) {
      return true;
    }
    ConnectionFacts facts;
    facts.side = side;
    facts.peer_address = address_of(peer);
    facts.port = static_cast<std::uint16_t>(probe.at("port").as_int64());
    return decider(own).decide_network(facts, protocol_of(probe.at("proto"))).allowed();
  }

  [[nodiscard]] config::IpAddress address_of(const std::string& end) const {
    if (end.starts_with("ip:")) {
      return config::IpAddress::parse(end.substr(3)).value();
    }
    for (const auto& pod : objects_.pods) {
      if (pod.name.to_string() == end) {
        return pod.addresses.front();
      }
    }
    throw std::out_of_range("no such end: " + end);
  }

  [[nodiscard]] const Decider& decider(const std::string& pod) {
    auto& made = deciders_[pod];
    if (!made) {
      const std::size_t slash = pod.find('/');
      const config::policy::Workload workload{{pod.substr(0, slash), pod.substr(slash + 1)}, ""};
      made = Decider::build(config::policy::compile(objects_, workload).value()).value();
    }
    return *made;
  }

  kube::Objects objects_;
  std::map<std::string, std::unique_ptr<const Decider>> deciders_;
};

TEST(NetworkCases, PublishedProbesComeOutAsExpected) {
  const std::filesystem::path file = GABION_SOURCE_DIR "/../shared/cases/networkpolicy.jsonl.gz";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << "the shared test cases are not on this machine";
  }
  std::size_t cases = 0;
  std::size_t probes = 0;
  for (const auto& line : gunzip_lines(file)) {
    const auto source = json::parse(line).as_object();
    Case tested(source);
    ASSERT_TRUE(tested.refusals().empty()) << source.at("id") << " " << tested.refusals().front().to_string();
    ++cases;
    for (const auto& probe : source.at("probes").as_array()) {
      ++probes;
      ASSERT_EQ(tested.allowed(probe), probe.at("expect").as_bool())
          << source.at("id") << " " << json::serialize(probe);
    }
  }
  EXPECT_EQ(cases, 336U);
  EXPECT_GT(probes, 110'000U);
}

}  // namespace
}  // namespace gabion::inspect::policy
