// The table of facts of the policy guide (§2.1), row by row: what each lets an Allow match and what makes a Deny fire.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

/// Letters for a rule by podSelector {app: b}, namespaceSelector {team: shop}, ipBlock of the very address, and
/// serviceAccount x/sa-b: Y, the rule matches (Allow) or fires (Deny); n, it does not.
struct Facts {
  const char* name;
  std::string_view address;
  const char* account;  ///< of the certificate; null: none
  std::string_view allow;
  std::string_view deny;
};

void PrintTo(const Facts& facts, std::ostream* out) {
  *out << facts.name;
}

class FactsTable : public ::testing::TestWithParam<Facts> {};

std::string items_of(char column, std::string_view address) {
  switch (column) {
    case 0:
      return "{podSelector: {matchLabels: {app: b}}}";
    case 1:
      return "{namespaceSelector: {matchLabels: {team: shop}}}";
    case 2:
      return "{ipBlock: {cidr: '" + std::string(address) + (address.find(':') == address.npos ? "/32'}}" : "/128'}}");
    default:
      return "{serviceAccount: {namespace: x, name: sa-b}}";
  }
}

bool allowed(const std::string& action, const std::string& from, const Facts& row) {
  Cluster cluster(
      "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: x}, spec: {"
      "podSelector: {matchLabels: {app: a}}, ingress: [{action: " +
      action + ", ports: [{port: 8080}], protocol: HTTP, from: [" + from + "]}]}}");
  EXPECT_TRUE(cluster.objects().refusals.empty());
  config::SpiffeId id;
  ConnectionFacts facts;
  facts.peer_address = config::IpAddress::parse(row.address).value();
  facts.port = 8080;
  if (row.account != nullptr) {
    id = identity(row.account);
    facts.peer_identity = &id;
  }
  const HeaderField claims[] = {{"X-Forwarded-For", "10.0.0.2"}, {"X-Forwarded-Client-Cert", "URI=spiffe://x/sa-b"}};
  RequestHead head;
  head.method = "GET";
  head.target = head.path = "/";
  head.authority = "h";
  head.fields = claims;  // what a peer says of itself changes no row
  return cluster.decider("x/a").decide_request(facts, head).allowed();
}

TEST_P(FactsTable, DecideWhatRulesCanMatch) {
  for (std::size_t column = 0; column < 4; ++column) {
    const std::string from = items_of(static_cast<char>(column), GetParam().address);
    EXPECT_EQ(allowed("Allow", from, GetParam()), GetParam().allow[column] == 'Y') << from;
    EXPECT_EQ(allowed("Deny", from, GetParam()), GetParam().deny[column] == 'n') << from;
  }
}

const Facts kTable[] = {
    {"address_of_a_known_pod", kPodB, nullptr, "YYYn", "YYYY"},
    {"address_of_another_pod", kPodYA, nullptr, "nnYn", "nnYn"},
    {"address_and_certificate_agree", kPodB, "x/sa-b", "YYYY", "YYYY"},
    {"address_and_certificate_agree_v6", "fd00::2", "x/sa-b", "YYYY", "YYYY"},
    {"address_and_certificate_agree_v4_mapped", "::ffff:10.0.0.2", "x/sa-b", "YYYY", "YYYY"},
    {"same_account_other_pod", kPodC, "x/sa-b", "nYYY", "nYYY"},
    {"certificate_of_another_pod_is_a_mismatch", kPodB, "x/sa-a", "nnnn", "YYYY"},
    {"certificate_of_another_trust_domain_is_a_mismatch", kPodB, "other.example:x/sa-b", "nnnn", "YYYY"},
    {"a_gateway_is_itself_whatever_it_forwards", kPodYA, "y/default", "nnYn", "nnYn"},
    {"certificate_alone_all_pods_for_allow_any_for_deny", kOutside, "x/sa-b", "nYYY", "YYYY"},
    {"certificate_alone_behind_a_node", kOtherNode, "x/sa-b", "nYYY", "YYYY"},
    {"certificate_alone_in_a_pod_range", kNobody, "x/sa-b", "nYYY", "YYYY"},
    {"certificate_alone_of_one_pod", kOutside, "x/sa-a", "nYYn", "nYYn"},
    {"certificate_of_a_hostNetwork_pod_is_no_selectors", kOtherNode, "x/sa-host", "nnYn", "nnYn"},
    {"certificate_of_an_account_without_pods", kOutside, "x/ghost", "nnYn", "YYYn"},
    {"certificate_of_a_foreign_account", kOutside, "other.example:x/sa-b", "nnYn", "YYYn"},
    {"node_address_is_blocks_only", kOtherNode, nullptr, "nnYn", "YYYY"},
    {"unknown_address_in_a_pod_range", kNobody, nullptr, "nnYn", "YYYY"},
    {"address_of_a_finished_pod", "10.0.0.9", nullptr, "nnYn", "YYYY"},
    {"address_outside_of_every_pod_range", kOutside, nullptr, "nnYn", "nnYY"},
    {"namespace_not_known_yet", "10.0.0.20", nullptr, "nnYn", "nYYn"},
};

INSTANTIATE_TEST_SUITE_P(Rows, FactsTable, ::testing::ValuesIn(kTable),
                         [](const auto& tested) { return std::string(tested.param.name); });

/// I2: no pod is known at an address where only pods are: what asks who is denied, and the log says why.
TEST(UnknownPeer, IsDeniedWithABasisOfItsOwn) {
  Cluster cluster(R"({apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {
    podSelector: {matchLabels: {app: a}}, ingress: [{from: [{namespaceSelector: {}}]}, {ports: [{port: 9}]}]}})");
  const Verdict inside = cluster.network(Side::kIngress, "x/a", kNobody, 80);
  EXPECT_EQ(inside.reason, Reason::kPolicyDenied);
  EXPECT_EQ(inside.basis, "unknown_peer");
  EXPECT_EQ(inside.policy_kind, "NetworkPolicy");
  EXPECT_EQ(inside.detail.substr(0, 40), "no pod is known at this pod address; nea");
  EXPECT_TRUE(cluster.network(Side::kIngress, "x/a", kNobody, 9).allowed()) << "a rule that does not ask who";
  EXPECT_EQ(cluster.network(Side::kIngress, "x/a", kOutside, 80).basis, "no_rule");
  EXPECT_EQ(cluster.network(Side::kIngress, "x/a", kPodB, 80).basis, "rule");
}

/// Two live pods on one address: a certificate tells which of them it is.
TEST(TwoPodsOnOneAddress, AreToldApartByTheirCertificates) {
  const std::string twin =
      "{apiVersion: v1, kind: Pod, metadata: {name: twin, namespace: x, labels: {app: q}}, "
      "spec: {serviceAccountName: sa-q}, status: {podIP: 10.0.0.2}}\n---\n"
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: x}, spec: {"
      "podSelector: {matchLabels: {app: a}}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}}";
  Cluster cluster(twin);
  const auto ask = [&cluster](const char* account) {
    const auto id = identity(account);
    ConnectionFacts facts;
    facts.peer_address = config::IpAddress::parse(kPodB).value();
    facts.peer_identity = &id;
    return cluster.decider("x/a").decide_connection(facts).reason;
  };
  EXPECT_EQ(ask("x/sa-b"), Reason::kNone);
  EXPECT_EQ(ask("x/sa-q"), Reason::kPolicyDenied);
  EXPECT_EQ(ask("x/sa-a"), Reason::kIdentityMismatch);
  EXPECT_FALSE(cluster.network(Side::kIngress, "x/a", kPodB, 80).allowed()) << "without one, both must match";
}

}  // namespace
}  // namespace gabion::inspect::policy
