// Asks a small cluster about requests; L7 policies in one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {

struct Request {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view authority = "orders.shop.svc";
  std::vector<HeaderField> fields = {};
  std::string_view peer = kPodB;
  std::uint16_t port = 8080;
  const char* account = nullptr;  ///< see identity()
  std::string_view pod = "x/a";
  Side side = Side::kIngress;
  config::PathReading paths = {};
};

inline Verdict judge(Cluster& cluster, const Request& request) {
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.side = request.side;
  facts.peer_address = config::IpAddress::parse(request.peer).value();
  facts.port = request.port;
  if (request.account != nullptr) {
    id = identity(request.account);
    facts.peer_identity = &id;
  }
  RequestHead head;
  head.method = request.method;
  head.target = request.path;
  head.path = request.path;
  head.authority = request.authority;
  head.fields = request.fields;
  return cluster.decider(request.pod).decide_request(facts, head, request.paths);
}

/// An L7Policy x/l7 for pod x/a; `rest` is its spec without podSelector, more documents may follow.
inline Cluster with_l7(const std::string& rest) {
  return Cluster(
      "apiVersion: gabion.dev/v1alpha1\nkind: L7Policy\nmetadata: {name: l7, namespace: x}\nspec:\n"
      "  podSelector: {matchLabels: {app: a}}\n" +
      rest);
}

/// One Allow rule for port http with this http item.
inline Cluster allowing(const std::string& item) {
  return with_l7("  ingress: [{ports: [{port: http}], protocol: HTTP, http: [" + item + "]}]\n");
}

/// One Deny rule for port http with this http item.
inline Cluster denying(const std::string& item) {
  return with_l7("  ingress: [{action: Deny, ports: [{port: http}], protocol: HTTP, http: [" + item + "]}]\n");
}

}  // namespace gabion::inspect::policy
