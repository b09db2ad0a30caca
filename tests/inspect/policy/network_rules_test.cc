// One row and more for every rule R1-R21 and edge E1-E20 of the policy guide that a decision can show.
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/inspect/policy/cluster.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::IpProtocol;

constexpr Side kIn = Side::kIngress;
constexpr Side kOut = Side::kEgress;
constexpr IpProtocol kTcp = IpProtocol::kTcp;
constexpr IpProtocol kUdp = IpProtocol::kUdp;
constexpr IpProtocol kSctp = IpProtocol::kSctp;

struct Row {
  const char* name;
  const char* spec;  ///< of a NetworkPolicy x/p; more documents may follow
  Side side;
  const char* pod;
  std::string_view peer;
  std::uint16_t port;
  IpProtocol protocol;
  bool allowed;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class NetworkRules : public ::testing::TestWithParam<Row> {};

TEST_P(NetworkRules, Decide) {
  const Row& row = GetParam();
  Cluster cluster("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: " +
                  std::string(row.spec));
  EXPECT_TRUE(cluster.objects().refusals.empty()) << cluster.objects().refusals.front().to_string();
  const Verdict verdict = cluster.network(row.side, row.pod, row.peer, row.port, row.protocol);
  EXPECT_EQ(verdict.allowed(), row.allowed) << verdict.basis << " " << verdict.detail;
  EXPECT_EQ(verdict.detail.empty(), verdict.allowed());
}

const Row kRows[] = {
    {"R1_UnselectedIsOpen", "{podSelector: {matchLabels: {app: b}}}", kIn, "x/a", kPodB, 80, kTcp, true},
    {"R1_SelectedIsClosed", "{podSelector: {matchLabels: {app: a}}}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R1_OtherDirectionIsOpen", "{podSelector: {matchLabels: {app: a}}}", kOut, "x/a", kPodB, 80, kTcp, true},
    {"R3_PeerAndPortOfOneRule",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}]}, "
     "{from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 81}]}]}",
     kIn, "x/a", kPodB, 81, kTcp, false},
    {"R3_RulesAreAUnion",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}]}, "
     "{from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 81}]}]}",
     kIn, "x/a", kPodC, 81, kTcp, true},
    {"R4_IngressRuleNeedsNoEgressRule", "{podSelector: {}, ingress: [{}]}", kOut, "x/a", kPodB, 80, kTcp, true},
    {"R5_AbsentSelectorIsAllPods", "{policyTypes: [Ingress]}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R5_NullSelectorIsAllPods", "{podSelector: null}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R5_OwnNamespaceOnly", "{podSelector: {}}", kIn, "y/a", kPodB, 80, kTcp, true},
    {"R6_EmptyEgressDoesNotIsolate_E20", "{podSelector: {}, egress: []}", kOut, "x/a", kPodB, 80, kTcp, true},
    {"R6_EgressOnlyAlsoDeniesIngress_E20", "{podSelector: {}, egress: [{}]}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R6_EgressRuleIsolatesEgress_E20", "{podSelector: {}, egress: [{ports: [{port: 80}]}]}", kOut, "x/a", kPodB, 81,
     kTcp, false},
    {"R6_EmptyTypesAreDefaulted_E20", "{podSelector: {}, policyTypes: [], egress: [{ports: [{port: 80}]}]}", kOut,
     "x/a", kPodB, 81, kTcp, false},
    {"R6_NullTypesAreDefaulted_E20", "{podSelector: {}, policyTypes: null}", kIn, "x/a", kPodB, 81, kTcp, false},
    {"R7_SectionWithoutTypeIsIgnored", "{podSelector: {}, policyTypes: [Egress], egress: [{}], ingress: []}", kIn,
     "x/a", kPodB, 80, kTcp, true},
    {"R7_IngressRuleWithoutTypeOpensNothing",
     "{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]}", kOut, "x/a", kPodB, 80, kTcp, true},
    {"R7_SameTypeTwice", "{podSelector: {}, policyTypes: [Ingress, Ingress]}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R8_EmptyFromIsAny", "{podSelector: {}, ingress: [{from: []}]}", kIn, "x/a", kOutside, 80, kTcp, true},
    {"R8_NullFromIsAny", "{podSelector: {}, ingress: [{from: null, ports: [{port: 80}]}]}", kIn, "x/a", kOutside, 80,
     kTcp, true},
    {"R8_EmptyPortsAreEveryProtocol", "{podSelector: {}, ingress: [{ports: []}]}", kIn, "x/a", kPodB, 80, kSctp, true},
    {"R8_EmptyRuleAllowsAll", "{podSelector: {}, ingress: [{}]}", kIn, "x/a", kNobody, 65535, kUdp, true},
    {"R8_NullRuleAllowsAll", "{podSelector: {}, ingress: [null]}", kIn, "x/a", kNobody, 1, kUdp, true},
    {"R8_NullIngressAllowsNothing", "{podSelector: {}, ingress: null}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R9_PodSelectorIsOwnNamespace", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", kIn, "x/a", kPodYA,
     80, kTcp, false},
    {"R9_NamespaceSelectorIsAllItsPods",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}}]}]}", kIn, "x/a", kPodYA, 80,
     kTcp, true},
    {"R9_BothInOneItemAreAnded",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}, "
     "podSelector: {matchLabels: {app: b}}}]}]}",
     kIn, "x/a", kPodYA, 80, kTcp, false},
    {"R9_TwoItemsAreOred",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: data}}}, "
     "{podSelector: {matchLabels: {app: b}}}]}]}",
     kIn, "x/a", kPodB, 80, kTcp, true},
    {"R9_NullSelectorIsAbsent",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: null, podSelector: {matchLabels: {app: a}}}]}]}", kIn,
     "x/b", kPodYA, 80, kTcp, false},
    {"R10_NeverExternal", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", kIn, "x/a", kOutside, 80,
     kTcp, false},
    {"R10_NeverANode", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", kIn, "x/a", kOtherNode, 80,
     kTcp, false},
    {"R10_NeverAFinishedPod_E12", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", kIn, "x/a", "10.0.0.9",
     80, kTcp, false},
    {"R10_NamespaceNotKnownYet", "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", kIn, "x/a",
     "10.0.0.20", 80, kTcp, false},
    {"R10_OtherPodsGoOnBesideOneWithoutAddress_E14",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}", kIn, "x/a", kPodB, 80, kTcp,
     true},
    {"R11_NotInMeetsAMissingKey_E1",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: "
     "[web]}]}}]}]}",
     kIn, "x/a", kPodB, 80, kTcp, true},
    {"R11_NotInRefusesAListedValue_E1",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: "
     "[web]}]}}]}]}",
     kIn, "x/b", kPodA, 80, kTcp, false},
    {"R11_InNeedsTheKey",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: In, values: "
     "[web]}]}}]}]}",
     kIn, "x/a", kPodB, 80, kTcp, false},
    {"R11_EmptyValueNeedsTheKey_E2",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {empty: ''}}}]}]}", kIn, "x/a", kPodC, 80, kTcp,
     false},
    {"R11_EmptyValueMeetsEmptyValue_E2",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {empty: ''}}}]}]}", kIn, "x/a", kPodB, 80, kTcp,
     true},
    {"R11_ExpressionsAreAnded_E3",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [a, b]}, "
     "{key: tier, operator: Exists}]}}]}]}",
     kIn, "x/c", kPodB, 80, kTcp, false},
    {"R11_EveryInValueCounts_E3",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [a, "
     "b]}]}}]}]}",
     kIn, "x/c", kPodB, 80, kTcp, true},
    {"R11_DoesNotExist",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}}]}]}",
     kIn, "x/b", kPodA, 80, kTcp, false},
    {"R12_MetadataNameIsAdded",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: y}}}]}]}",
     kIn, "x/a", kPodYA, 80, kTcp, true},
    {"R13_ProtocolDefaultsToTcp", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}", kIn, "x/a", kPodB, 80, kUdp,
     false},
    {"R13_EmptyPortItemIsAllTcp", "{podSelector: {}, ingress: [{ports: [{}]}]}", kIn, "x/a", kPodB, 9, kTcp, true},
    {"R13_EmptyPortItemIsNoUdp", "{podSelector: {}, ingress: [{ports: [{}]}]}", kIn, "x/a", kPodB, 9, kUdp, false},
    {"R13_NullPortItemIsAllTcp", "{podSelector: {}, ingress: [{ports: [null]}]}", kIn, "x/a", kPodB, 9, kTcp, true},
    {"R13_EndPortIsInclusive_E9", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}", kIn, "x/a", kPodB,
     90, kTcp, true},
    {"R13_AfterEndPort_E9", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}", kIn, "x/a", kPodB, 91,
     kTcp, false},
    {"R13_BeforePort_E9", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90}]}]}", kIn, "x/a", kPodB, 79,
     kTcp, false},
    {"R13_EndPortUpTo65535", "{podSelector: {}, ingress: [{ports: [{port: 1, endPort: 65535}]}]}", kIn, "x/a", kPodB,
     65535, kTcp, true},
    {"R14_NameOnDestination_E7", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}", kIn, "x/a", kPodB, 8080, kTcp,
     true},
    {"R14_NotOnTheSource_E7", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}", kIn, "x/a", kPodB, 8081, kTcp,
     false},
    {"R14_EgressOnTheDestination_E7", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}",
     kOut, "x/a", kPodB, 8081, kTcp, true},
    {"R14_EgressNotTheOwnNumber_E7", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}",
     kOut, "x/a", kPodB, 8080, kTcp, false},
    {"R14_EachPodItsNumber_E8", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", kOut,
     "x/a", kPodYA, 80, kTcp, true},
    {"R14_NotAnotherPodsNumber_E8", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", kOut,
     "x/a", kPodYA, 8081, kTcp, false},
    {"R14_NameAndProtocol", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", kOut, "x/a",
     kPodYA, 81, kTcp, false},
    {"R14_NameAndProtocolUdp",
     "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http, protocol: UDP}]}]}", kOut, "x/a", kPodYA,
     81, kUdp, true},
    {"R14_AllContainers", "{podSelector: {}, ingress: [{ports: [{port: metrics}]}]}", kIn, "x/a", kPodB, 9090, kTcp,
     true},
    {"R14_PodWithoutTheName", "{podSelector: {}, ingress: [{ports: [{port: metrics}]}]}", kIn, "x/b", kPodA, 9090, kTcp,
     false},
    {"R14_NotANonPod", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", kOut, "x/a",
     kOutside, 80, kTcp, false},
    {"R14_NamedPortKeepsItsPeers",
     "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: "
     "http}]}]}",
     kOut, "x/a", kPodYA, 80, kTcp, false},
    {"R15_UndeclaredPortByNumber", "{podSelector: {}, ingress: [{ports: [{port: 7777}]}]}", kIn, "x/a", kPodB, 7777,
     kTcp, true},
    {"R16_ExceptIsAHole",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.8/29]}}]}]}", kIn, "x/a",
     kOutside, 80, kTcp, false},
    {"R16_AroundTheHole",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.8/29]}}]}]}", kIn, "x/a",
     "192.0.2.16", 80, kTcp, true},
    {"R16_ExceptIsNoDeny_E4",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.8/29]}}, "
     "{ipBlock: {cidr: 192.0.2.10/32}}]}]}",
     kIn, "x/a", kOutside, 80, kTcp, true},
    {"R16_ExceptIsNoDenyForAnotherPolicy_E4",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.8/29]}}]}]}\n---\n"
     "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: q, namespace: x}, "
     "spec: {ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/8}}]}]}}",
     kIn, "x/a", kOutside, 80, kTcp, true},
    {"R16_BlocksMeetPods_E5", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24}}]}]}", kIn, "x/a",
     kPodYA, 80, kTcp, true},
    {"R17_NoV6InV4", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", kIn, "x/a", "fd00::2", 80,
     kTcp, false},
    {"R17_NoV4InV6", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::/0'}}]}]}", kIn, "x/a", kPodB, 80, kTcp,
     false},
    {"R17_MappedAddressIsV4_I3", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.2/32}}]}]}", kIn, "x/a",
     "::ffff:10.0.0.2", 80, kTcp, true},
    {"R17_MappedCidrIsV4", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::ffff:192.0.2.0/120'}}]}]}", kIn,
     "x/a", kOutside, 80, kTcp, true},
    {"R17_HostBitsAreMasked", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.200/24}}]}]}", kIn, "x/a",
     kOutside, 80, kTcp, true},
    {"R17_DualStackBySelector", "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}", kIn,
     "x/a", "fd00::2", 80, kTcp, true},
    {"R17_V6Block", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}", kIn, "x/a",
     "2001:db8:ffff::1", 80, kTcp, true},
    {"R17_AfterV6Block", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '2001:db8::/32'}}]}]}", kIn, "x/a",
     "2001:db9::", 80, kTcp, false},
    {"R17_V6BlockBeforeMappedRange", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: '::fffe:0:0/96'}}]}]}", kIn,
     "x/a", "::1:0:0:1", 80, kTcp, false},
    {"R18_SctpIsNotTcp_E10", "{podSelector: {}, ingress: [{ports: [{port: 80, protocol: SCTP}]}]}", kIn, "x/a", kPodB,
     80, kTcp, false},
    {"R18_SctpIsSctp_E10", "{podSelector: {}, ingress: [{ports: [{port: 80, protocol: SCTP}]}]}", kIn, "x/a", kPodB, 80,
     kSctp, true},
    {"R18_EgressCutsDns", "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}", kOut, "x/a",
     kPodYA, 53, kUdp, false},
    {"R19_OwnNodeIsLetIn_E16", "{podSelector: {}}", kIn, "x/a", kOwnNode, 80, kTcp, true},
    {"R19_OtherNodeIsNot", "{podSelector: {}}", kIn, "x/a", kOtherNode, 80, kTcp, false},
    {"R19_EgressToOwnNodeIsNotExempt", "{podSelector: {}, policyTypes: [Egress]}", kOut, "x/a", kOwnNode, 80, kTcp,
     false},
    {"R20_ToItself", "{podSelector: {}, policyTypes: [Ingress, Egress]}", kIn, "x/a", kPodA, 80, kTcp, true},
    {"R20_FromItselfByV6", "{podSelector: {}, policyTypes: [Ingress, Egress]}", kOut, "x/a", "fd00::1", 80, kTcp, true},
    {"R21_HostNetworkSideIsOpen", "{podSelector: {}}", kIn, "x/host", kPodA, 80, kTcp, true},
    {"R21_HostNetworkPodIsNoPeerBySelector_E15",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}", kIn, "x/a", kOtherNode, 80, kTcp,
     false},
    {"R21_BlockReachesTheNode_E6", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 172.18.0.3/32}}]}]}", kIn,
     "x/a", kOtherNode, 80, kTcp, true},
    {"E11_SelectorOfNobodyMatchesNobody",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: q}}}]}]}", kIn, "x/a", kPodB, 80, kTcp,
     false},
    {"I2_UnknownAddressInAPodRangeMeetsNoSelector", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", kIn,
     "x/a", kNobody, 80, kTcp, false},
    {"I2_UnknownAddressMeetsBlocks", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.64/26}}]}]}", kIn,
     "x/a", kNobody, 80, kTcp, true},
    {"R2_AnEndThatIsNoPodIsJudgedByThisSideOnly", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}", kIn, "x/a",
     kOutside, 80, kTcp, true},
    {"R3_HalvesOfTwoPoliciesDoNotCombine",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}]}]}\n---\n"
     "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: q, namespace: x}, "
     "spec: {ingress: [{from: [{podSelector: {matchLabels: {app: c}}}], ports: [{port: 81}]}]}}",
     kIn, "x/a", kPodB, 81, kTcp, false},
    {"R5_APolicyThatSelectsNobodyDoesNothing", "{podSelector: {matchLabels: {app: q}}}", kIn, "x/a", kPodB, 80, kTcp,
     true},
    {"R6_EgressOnlyTypesLeaveIngressOpen_E20", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}", kIn, "x/a",
     kPodB, 80, kTcp, true},
    {"R8_NullPortsAreEveryPort", "{podSelector: {}, ingress: [{ports: null}]}", kIn, "x/a", kPodB, 7, kSctp, true},
    {"R8_EmptyIngressAllowsNothing", "{podSelector: {}, ingress: []}", kIn, "x/a", kPodB, 80, kTcp, false},
    {"R9_NullPodSelectorIsAbsent",
     "{podSelector: {}, ingress: [{from: [{podSelector: null, namespaceSelector: {matchLabels: {team: data}}}]}]}", kIn,
     "x/a", kPodYA, 80, kTcp, true},
    {"R9_EmptyPodSelectorWithNamespaceSelector",
     "{podSelector: {}, ingress: [{from: [{podSelector: {}, namespaceSelector: {matchLabels: {team: data}}}]}]}", kIn,
     "x/a", kPodB, 80, kTcp, false},
    {"R11_LabelsAndExpressionsAreAnded",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: a}, matchExpressions: [{key: tier, "
     "operator: "
     "DoesNotExist}]}}]}]}",
     kIn, "x/b", kPodA, 80, kTcp, false},
    {"R11_TwoLabelsAreAnded",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: a, tier: db}}}]}]}", kIn, "x/b", kPodA, 80,
     kTcp, false},
    {"R11_ExistsLooksAtTheKeyOnly",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: empty, operator: Exists}]}}]}]}", kIn,
     "x/a", kPodB, 80, kTcp, true},
    {"R11_NotInNeedsNoKeyInNamespacesEither_E1",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: nokey, operator: NotIn, "
     "values: "
     "[v]}]}}]}]}",
     kIn, "x/a", kPodYA, 80, kTcp, true},
    {"R12_APodWithoutLabelsHasTheEmptySet",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}]}]}"
     "\n---\n{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: x}, status: {podIP: 10.0.0.30}}",
     kIn, "x/a", "10.0.0.30", 80, kTcp, true},
    {"R13_EndPortEqualToPortIsOnePort_E9", "{podSelector: {}, ingress: [{ports: [{port: 80, endPort: 80}]}]}", kIn,
     "x/a", kPodB, 81, kTcp, false},
    {"R13_UdpWithoutPortIsAllUdp", "{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}", kIn, "x/a", kPodB, 9,
     kUdp, true},
    {"R14_OneNameManyNumbersInOnePod_E8",
     "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}\n---\n"
     "{apiVersion: v1, kind: Pod, metadata: {name: many, namespace: x}, spec: {containers: [{ports: [{name: http, "
     "containerPort: 71}]}, {ports: [{name: http, containerPort: 72}]}]}, status: {podIP: 10.0.0.31}}",
     kOut, "x/a", "10.0.0.31", 72, kTcp, true},
    {"R14_ANameOfAFinishedPodMeansNothing_E12",
     "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: old}]}]}\n---\n"
     "{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: x}, spec: {containers: [{ports: [{name: old, "
     "containerPort: 73}]}]}, status: {phase: Failed, podIP: 10.0.0.32}}",
     kOut, "x/a", "10.0.0.32", 73, kTcp, false},
    {"R16_EachExceptIsAHole",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.0.0/8, except: [192.0.1.0/24, 192.0.2.0/24]}}]}]}",
     kIn, "x/a", kOutside, 80, kTcp, false},
    {"R16_ExceptHoldsForPodsToo_E5",
     "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.1.0/24]}}]}]}", kIn, "x/a", kPodYA,
     80, kTcp, false},
    {"R19_HostAddressOfThePodIsItsNode_E16",
     "{podSelector: {}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: lone, namespace: x}, "
     "status: {podIP: 10.0.0.33, hostIP: 172.18.0.9}}",
     kIn, "x/lone", "172.18.0.9", 80, kTcp, true},
    {"R19_AFormerAddressOfTheNodeIsNotLetIn",
     "{podSelector: {}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: x}, spec: {nodeName: n1}, "
     "status: {podIP: 10.0.0.34, hostIP: 172.18.0.9}}",
     kIn, "x/old", "172.18.0.9", 80, kTcp, false},
    {"R19_ItIsThePodsThatHasItNow",
     "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}\n---\n"
     "{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: x}, spec: {nodeName: n1}, "
     "status: {podIP: 10.0.0.34, hostIP: 10.0.0.2}}",
     kIn, "x/a", kPodB, 80, kTcp, true},
    {"R19_TheAddressOfAnotherNodesObjectIsThatNodes",
     "{podSelector: {}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: x}, spec: {nodeName: n3}, "
     "status: {podIP: 10.0.0.34, hostIP: 172.18.0.3}}",
     kIn, "x/old", kOtherNode, 80, kTcp, false},
    {"R19_OfAFamilyThatTheObjectIsSilentOfPodsAreBelieved",
     "{podSelector: {}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: dual, namespace: x}, spec: {nodeName: n1}, "
     "status: {podIP: 10.0.0.34, hostIP: 172.18.0.2, hostIPs: [{ip: 172.18.0.2}, {ip: \"fd18::2\"}]}}",
     kIn, "x/dual", "fd18::2", 80, kTcp, true},
    {"R21_AHostNetworkPodOnTheOwnNodePasses",
     "{podSelector: {}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: y}, spec: {nodeName: n1, "
     "hostNetwork: true}, status: {podIP: 172.18.0.2, hostIP: 172.18.0.2}}",
     kIn, "x/a", kOwnNode, 80, kTcp, true},
    {"R21_AHostNetworkPodIsNotItsNamespaces_E15",
     "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}]}", kIn, "x/a", kOtherNode,
     80, kTcp, false},
    {"V_LeadingZerosAreDecimal", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/08}}]}]}", kIn, "x/a",
     kPodB, 80, kTcp, true},
};

INSTANTIATE_TEST_SUITE_P(Rows, NetworkRules, ::testing::ValuesIn(kRows),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::inspect::policy
