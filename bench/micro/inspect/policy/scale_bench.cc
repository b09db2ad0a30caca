// What policy costs at scale: compiling for one workload, one pod that changes, decisions over 10 to 100,000 rules.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "config/kube/defaults.h"
#include "config/policy/compile.h"
#include "config/policy/live_rules.h"
#include "inspect/policy/decide.h"

namespace {

/// Bytes of the heap in use, and the most there were; operator new of this binary keeps them.
std::atomic<std::size_t> in_use{0};
std::atomic<std::size_t> most{0};

}  // namespace

void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
  const std::size_t now = in_use += malloc_usable_size(memory);
  if (now > most) {
    most = now;
  }
  return memory;
}
void operator delete(void* memory) noexcept {
  in_use -= memory == nullptr ? 0 : malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace gabion::inspect::policy {
namespace {

namespace kube = config::kube;
using config::IpAddress;
using config::policy::compile;
using config::policy::LiveRules;

constexpr double kMebibyte = 1024.0 * 1024.0;
constexpr std::uint32_t kNamespaces = 1000;
constexpr std::uint32_t kPods = 20'000;
constexpr std::uint32_t kPolicies = 5000;

kube::Pod make_pod(std::uint32_t number) {
  kube::Pod pod;
  pod.name = {"ns" + std::to_string(number % kNamespaces), "p" + std::to_string(number)};
  pod.uid = std::to_string(number);
  pod.labels = {{"app", "app" + std::to_string(number / kNamespaces % 5)}, {"tier", number % 2 == 0 ? "web" : "db"}};
  pod.service_account = "sa" + std::to_string(number / kNamespaces % 5);
  pod.node = "n" + std::to_string(number % 100);
  pod.addresses = {IpAddress::v4(0x0A000000 + number)};
  pod.ports = {{"http", kube::IpProtocol::kTcp, 8080}};
  return pod;
}

kube::Objects places() {
  kube::Objects objects;
  for (std::uint32_t i = 0; i < kNamespaces; ++i) {
    objects.namespaces.push_back({"ns" + std::to_string(i), {{"team", "t" + std::to_string(i % 50)}}});
    kube::apply_defaults(objects.namespaces.back());
  }
  for (std::uint32_t i = 0; i < 100; ++i) {
    objects.nodes.push_back({"n" + std::to_string(i),
                             {IpAddress::v4(0xAC100000 + i)},
                             {config::Cidr::parse(IpAddress::v4(0x0A000000 + i * 256).to_string() + "/24").value()}});
  }
  for (std::uint32_t i = 0; i < kPods; ++i) {
    objects.pods.push_back(make_pod(i));
  }
  return objects;
}

kube::LabelSelector label(const std::string& key, const std::string& value) {
  return kube::LabelSelector{{{key, value}}, {}};
}

/// Mixed as in a cluster: by pod label, by namespace label and both, by ipBlock; one port each.
kube::NetworkPolicy make_policy(std::uint32_t number, const std::string& name_space) {
  kube::NetworkPolicy policy;
  policy.name = {name_space, "np" + std::to_string(number)};
  policy.isolates_ingress = true;
  kube::PeerSpec peer;
  switch (number % 4) {
    case 0:
      peer.pod_selector = label("app", "app" + std::to_string(number % 7));
      break;
    case 1:
      peer.namespace_selector = label("team", "t" + std::to_string(number % 50));
      break;
    case 2:
      peer.namespace_selector = label("kubernetes.io/metadata.name", "ns" + std::to_string(number % kNamespaces));
      peer.pod_selector = label("tier", "web");
      break;
    default:
      peer.ip_block =
          kube::IpBlock{config::Cidr::parse(IpAddress::v4(0x0B000000 + number * 256).to_string() + "/24").value(), {}};
  }
  kube::NetworkRule rule;
  rule.peers = std::vector{peer};
  const auto port = static_cast<std::uint16_t>(8000 + number % 100);
  rule.ports = std::vector{kube::PortSpec{kube::IpProtocol::kTcp, port, port, ""}};
  policy.ingress = {rule};
  return policy;
}

enum class Spread { kOverNamespaces, kAllSelectOne };

kube::Objects cluster(Spread spread) {
  kube::Objects objects = places();
  for (std::uint32_t i = 0; i < kPolicies; ++i) {
    const std::uint32_t at = spread == Spread::kOverNamespaces ? i % kNamespaces : 0;
    objects.network_policies.push_back(make_policy(i, "ns" + std::to_string(at)));
  }
  return objects;
}

const config::policy::Workload& workload() {
  static const config::policy::Workload own{{"ns0", "p0"}, "cluster.local"};
  return own;
}

void report_memory(benchmark::State& state, std::size_t before, std::size_t after) {
  state.counters["kept_MiB"] = static_cast<double>(after - before) / kMebibyte;
  state.counters["peak_MiB"] = static_cast<double>(most - before) / kMebibyte;
}

void compile_all(benchmark::State& state, const kube::Objects& objects) {
  std::size_t before = 0;
  std::size_t after = 0;
  for (auto _ : state) {
    before = in_use;
    most = before;
    auto decider = Decider::build(compile(objects, workload()).value()).value();
    after = in_use;
    benchmark::DoNotOptimize(decider);
  }
  report_memory(state, before, after);
}

void BM_CompileClusterOfWhichFivePoliciesSelect(benchmark::State& state) {
  compile_all(state, cluster(Spread::kOverNamespaces));
}
BENCHMARK(BM_CompileClusterOfWhichFivePoliciesSelect)->Unit(benchmark::kMillisecond);

void BM_CompileClusterOfWhichAllPoliciesSelect(benchmark::State& state) {
  compile_all(state, cluster(Spread::kAllSelectOne));
}
BENCHMARK(BM_CompileClusterOfWhichAllPoliciesSelect)->Unit(benchmark::kMillisecond);

kube::Objects blocks(std::uint32_t count) {
  kube::Objects objects;
  objects.pods.push_back(make_pod(0));
  for (std::uint32_t i = 0; i < count; ++i) {
    kube::NetworkPolicy policy = make_policy(i * 4 + 3, "ns0");
    policy.name.name = "np" + std::to_string(i);
    policy.ingress.front().peers->front().ip_block->cidr =
        config::Cidr::parse(IpAddress::v4(0x14000000 + i * 512).to_string() + "/24").value();
    objects.network_policies.push_back(std::move(policy));
  }
  return objects;
}

void BM_CompileDistinctBlocks(benchmark::State& state) {
  compile_all(state, blocks(static_cast<std::uint32_t>(state.range(0))));
}
BENCHMARK(BM_CompileDistinctBlocks)->Arg(10'000)->Unit(benchmark::kMillisecond);

/// One pod of 20,000 is relabelled, then a decider takes the new rules over.
void BM_OnePodChanges(benchmark::State& state) {
  const auto live =
      LiveRules::make(cluster(state.range(0) == 0 ? Spread::kOverNamespaces : Spread::kAllSelectOne), workload())
          .value();
  auto decider = Decider::build(live->rules()).value();
  std::uint32_t round = 0;
  for (auto _ : state) {
    kube::Pod pod = make_pod(1000 + round * 37 % 10'000);
    pod.labels["app"] = "app" + std::to_string(round++ % 7);
    if (live->put(std::move(pod)).value() != LiveRules::Effect::kShared) {
      state.SkipWithError("the rules were made again");
      break;
    }
    decider = Decider::build(live->rules(), decider.get()).value();
  }
}
BENCHMARK(BM_OnePodChanges)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

/// As many NetworkPolicy rules as asked, each for another block; addresses inside and outside of them.
void BM_DecideConnection(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto decider = Decider::build(compile(blocks(count), workload()).value()).value();
  std::vector<ConnectionFacts> asked(1024);
  std::uint32_t seed = 1;
  for (auto& facts : asked) {
    seed = seed * 1664525U + 1013904223U;
    const std::uint32_t rule = (seed >> 8U) % count;
    facts.peer_address = IpAddress::v4(0x14000000 + rule * 512 + 7);
    facts.port = static_cast<std::uint16_t>(8000 + (rule * 4 + 3) % 100);
  }
  std::size_t next = 0;
  std::size_t allowed = 0;
  for (auto _ : state) {
    allowed += decider->decide_network(asked[next++ % asked.size()], kube::IpProtocol::kTcp).allowed() ? 1 : 0;
  }
  if (allowed != static_cast<std::size_t>(state.iterations())) {
    state.SkipWithError("a rule did not allow what it says");
  }
}
BENCHMARK(BM_DecideConnection)->Arg(10)->Arg(1000)->Arg(100'000);

/// As many L7 Allow rules on one port for all peers, each with a path of its own, and a Deny among 100.
kube::Objects requests(std::uint32_t count) {
  kube::Objects objects;
  objects.pods.push_back(make_pod(0));
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i % 32 == 0) {
      objects.l7_policies.emplace_back();
      objects.l7_policies.back().name = {"ns0", "l7-" + std::to_string(i)};
    }
    kube::L7Rule rule;
    rule.ports = {kube::PortSpec{kube::IpProtocol::kTcp, 8080, 8080, ""}};
    rule.action = i % 100 == 99 ? kube::RuleAction::kDeny : kube::RuleAction::kAllow;
    kube::HttpMatch item;
    item.methods = {"GET", "POST"};
    item.paths = {{kube::PathMatch::Kind::kPrefix, "/api/service-" + std::to_string(i) + "/v1"}};
    rule.http = {item};
    objects.l7_policies.back().ingress.push_back(std::move(rule));
  }
  return objects;
}

void BM_DecideRequest(benchmark::State& state) {
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const auto decider = Decider::build(compile(requests(count), workload()).value()).value();
  const std::vector<HeaderField> fields{{"Host", "orders.shop.svc"}, {"Accept", "*/*"}, {"X-Request-Id", "1"}};
  std::vector<std::string> paths;
  std::uint32_t seed = 1;
  for (int i = 0; i < 1024; ++i) {
    seed = seed * 1664525U + 1013904223U;
    const std::uint32_t rule = (seed >> 8U) % count;
    paths.push_back("/api/service-" + std::to_string(rule % 100 == 99 ? rule - 1 : rule) + "/v1/orders/17");
  }
  ConnectionFacts facts;
  facts.peer_address = IpAddress::v4(0x0A000005);
  facts.port = 8080;
  RequestHead head;
  head.method = "GET";
  head.authority = "orders.shop.svc:8080";
  head.fields = fields;
  std::size_t next = 0;
  std::size_t allowed = 0;
  for (auto _ : state) {
    head.path = paths[next++ % paths.size()];
    allowed += decider->decide_request(facts, head).allowed() ? 1 : 0;
  }
  if (allowed != static_cast<std::size_t>(state.iterations())) {
    state.SkipWithError("a rule did not allow what it says");
  }
}
BENCHMARK(BM_DecideRequest)->Arg(10)->Arg(32)->Arg(1000)->Arg(100'000);

void BM_DenyRequest(benchmark::State& state) {
  const auto decider =
      Decider::build(compile(requests(static_cast<std::uint32_t>(state.range(0))), workload()).value());
  ConnectionFacts facts;
  facts.peer_address = IpAddress::v4(0x0A000005);
  facts.port = 8080;
  RequestHead head;
  head.method = "GET";
  head.authority = "orders.shop.svc:8080";
  head.path = "/nothing/there";
  for (auto _ : state) {
    benchmark::DoNotOptimize((*decider)->decide_request(facts, head));
  }
}
BENCHMARK(BM_DenyRequest)->Arg(10)->Arg(100'000);

}  // namespace
}  // namespace gabion::inspect::policy
