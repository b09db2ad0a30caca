// The allow path allocates nothing: every operator new of this test binary is counted.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "inspect/policy/normalize_path.h"
#include "tests/inspect/policy/cluster.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GABION_COUNTS_NEW 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define GABION_COUNTS_NEW 0
#endif
#endif
#if !defined(GABION_COUNTS_NEW)
#define GABION_COUNTS_NEW 1
#endif

namespace {

std::atomic<std::size_t> g_allocations{0};

#if GABION_COUNTS_NEW

void* counted(std::size_t size) {
  ++g_allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}

#endif

}  // namespace

#if GABION_COUNTS_NEW
void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
#endif

namespace gabion::inspect::policy {
namespace {

TEST(Allocations, TheAllowPathMakesNone) {
  if (GABION_COUNTS_NEW == 0) {
    GTEST_SKIP() << "the sanitizer brings its own operator new";
  }
  Cluster cluster(R"(
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {ingress: [{ports: [{port: 8080}]}]}}
---
{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {podSelector: {}, ingress: [
  {action: Deny, ports: [{port: 8080}], protocol: HTTP, http: [{paths: [{prefix: /admin}, {template: '/x/{*}/{**}'}]}]},
  {ports: [{port: 8080}], protocol: HTTP, from: [{serviceAccount: {name: sa-b}}],
   http: [{methods: [GET], paths: [{regex: '/api/.*'}], hosts: ['*.svc'], headers: [{name: x-t, exact: 'a,b'}]}]}]}})");
  const Decider& decider = cluster.decider("x/a");
  const auto id = identity("x/sa-b");
  ConnectionFacts facts;
  facts.port = 8080;
  facts.peer_identity = &id;
  const HeaderField fields[] = {{"x-t", "a"}, {"x-t", "b"}};
  std::string buffer;
  buffer.reserve(256);
  const auto ask = [&](std::string_view address) {
    facts.peer_address = config::IpAddress::parse(address).value();
    RequestHead head;
    head.method = "GET";
    head.target = "/api/./orders/with%20blank/%41?q=1";
    head.authority = "orders.shop.svc:8080";
    head.fields = fields;
    const std::size_t before = g_allocations;
    head.path = normalize_target(head.target, config::PathLevel::kBase, buffer).path;
    const bool connection = decider.decide_connection(facts).allowed();
    const bool request = decider.decide_request(facts, head).allowed();
    const std::size_t made = g_allocations - before;
    EXPECT_TRUE(connection && request);
    return made;
  };
  for (const auto address : {kPodB, kOutside}) {  // by address and certificate, and by certificate alone
    static_cast<void>(ask(address));              // RE2 builds its automaton
    EXPECT_EQ(ask(address), 0U);
  }
}

TEST(Allocations, TheCounterCounts) {
  if (GABION_COUNTS_NEW == 0) {
    GTEST_SKIP() << "the sanitizer brings its own operator new";
  }
  const std::size_t before = g_allocations;
  ::operator delete(::operator new(1));
  EXPECT_GT(g_allocations, before);
}

}  // namespace
}  // namespace gabion::inspect::policy
