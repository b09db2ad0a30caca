// NetworkPolicy manifests: what the API server refuses (V1 to V14) and what it takes, with the messages we give.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/kube/parse.h"

namespace gabion::config::kube {
namespace {

std::string policy(const std::string& spec) {
  return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: x}\nspec: " + spec +
         "\n";
}

std::vector<std::string> texts(const Errors& errors) {
  std::vector<std::string> result;
  for (const auto& error : errors) {
    result.push_back(error.to_string());
  }
  return result;
}

struct Refused {
  const char* name;
  std::string spec;
  std::string error;  ///< without file and document
};

std::string peer(const std::string& item) {
  return "{ingress: [{from: [" + item + "]}]}";
}
std::string port(const std::string& item) {
  return "{ingress: [{ports: [" + item + "]}]}";
}
std::string expression(const std::string& item) {
  return "{podSelector: {matchExpressions: [" + item + "]}}";
}

TEST(NetworkPolicyRefusals, EachNamesItsPathAndLine) {
  const std::string cidr = "spec.ingress[0].from[0].ipBlock.cidr: ";
  const std::string key = "is no label key: [prefix/]name, name at most 63 of [A-Za-z0-9_.-] (line 4)";
  const std::string value =
      "is no label value: at most 63 of [A-Za-z0-9_.-], beginning and ending with a letter or digit (line 4)";
  const std::string name =
      "spec.ingress[0].ports[0].port: is no port name: at most 15 of [a-z0-9-] with a letter, no -- and no - at an end "
      "(line 4)";
  const std::string number = "spec.ingress[0].ports[0].port: must be a number from 1 to 65535, or a name (line 4)";
  const Refused rows[] = {
      {"V2 empty name", "{podSelector: {matchLabels: {'a/': b}}}", "spec.podSelector.matchLabels.a/: " + key},
      {"V2 two slashes", "{podSelector: {matchLabels: {'a/b/c': b}}}", "spec.podSelector.matchLabels.a/b/c: " + key},
      {"V2 bad prefix", "{podSelector: {matchLabels: {'A_/b': b}}}", "spec.podSelector.matchLabels.A_/b: " + key},
      {"V2 too long", "{podSelector: {matchLabels: {" + std::string(64, 'a') + ": b}}}",
       "spec.podSelector.matchLabels." + std::string(64, 'a') + ": " + key},
      {"V3 shape", "{podSelector: {matchLabels: {a: '-b'}}}", "spec.podSelector.matchLabels.a: " + value},
      {"V3 length", "{podSelector: {matchLabels: {a: " + std::string(64, 'a') + "}}}",
       "spec.podSelector.matchLabels.a: " + value},
      {"V3 bool", "{podSelector: {matchLabels: {a: yes}}}",
       "spec.podSelector.matchLabels.a: must be a string, not true or false: quote it (line 4)"},
      {"V3 values", expression("{key: a, operator: In, values: ['b c']}"),
       "spec.podSelector.matchExpressions[0].values[0]: " + value},
      {"V4 case", expression("{key: a, operator: in, values: [b]}"),
       "spec.podSelector.matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist (line 4)"},
      {"V5 In without", expression("{key: a, operator: In}"),
       "spec.podSelector.matchExpressions[0].values: must be given for In and NotIn (line 4)"},
      {"V4 absent", expression("{key: a, values: [b]}"),
       "spec.podSelector.matchExpressions[0].operator: is required (line 4)"},
      {"V5 NotIn with an empty list", expression("{key: a, operator: NotIn, values: []}"),
       "spec.podSelector.matchExpressions[0].values: must be given for In and NotIn (line 4)"},
      {"V5 DoesNotExist with", expression("{key: a, operator: DoesNotExist, values: [b]}"),
       "spec.podSelector.matchExpressions[0].values: must not be given for Exists and DoesNotExist (line 4)"},
      {"V5 Exists with", expression("{key: a, operator: Exists, values: [b]}"),
       "spec.podSelector.matchExpressions[0].values: must not be given for Exists and DoesNotExist (line 4)"},
      {"V6 word", "{policyTypes: [ingress]}", "spec.policyTypes[0]: must be Ingress or Egress (line 4)"},
      {"V6 three", "{policyTypes: [Ingress, Egress, Ingress]}", "spec.policyTypes: has more than 2 items (line 4)"},
      {"V7 zero", port("{port: 0}"), number},
      {"V7 large", port("{port: 65536}"), number},
      {"V7 negative", port("{port: -1}"), number},
      {"V7 float", port("{port: 80.0}"), number},
      {"V7 hex", port("{port: 0x50}"), number},
      {"V8 digits", port("{port: '80'}"), name},
      {"V8 long", port("{port: abcdefghijklmnop}"), name},
      {"V8 dashes", port("{port: a--b}"), name},
      {"V8 upper", port("{port: Http}"), name},
      {"V8 empty", port("{port: ''}"), name},
      {"V9 alone", port("{endPort: 90}"), "spec.ingress[0].ports[0].endPort: needs a port (line 4)"},
      {"V9 named", port("{port: http, endPort: 90}"),
       "spec.ingress[0].ports[0].endPort: needs a port number, not a name (line 4)"},
      {"V9 below", port("{port: 80, endPort: 79}"),
       "spec.ingress[0].ports[0].endPort: must be a number from port to 65535 (line 4)"},
      {"V9 zero", port("{port: 80, endPort: 0}"),
       "spec.ingress[0].ports[0].endPort: must be a number from port to 65535 (line 4)"},
      {"V9 large", port("{port: 80, endPort: 65536}"),
       "spec.ingress[0].ports[0].endPort: must be a number from port to 65535 (line 4)"},
      {"V9 text", port("{port: 80, endPort: '90'}"),
       "spec.ingress[0].ports[0].endPort: must be an integer, not a string (line 4)"},
      {"V10 case", port("{protocol: tcp}"),
       "spec.ingress[0].ports[0].protocol: must be one of TCP, UDP, SCTP (line 4)"},
      {"V10 empty", port("{protocol: ''}"),
       "spec.ingress[0].ports[0].protocol: must be one of TCP, UDP, SCTP (line 4)"},
      {"V11 empty", peer("{}"),
       "spec.ingress[0].from[0]: must have a podSelector, namespaceSelector or ipBlock (line 4)"},
      {"V11 null", peer("null"),
       "spec.ingress[0].from[0]: must have a podSelector, namespaceSelector or ipBlock (line 4)"},
      {"V12 namespaceSelector", peer("{ipBlock: {cidr: 10.0.0.0/8}, namespaceSelector: {}}"),
       "spec.ingress[0].from[0].ipBlock: must stand alone, not beside a selector (line 4)"},
      {"V12", peer("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}"),
       "spec.ingress[0].from[0].ipBlock: must stand alone, not beside a selector (line 4)"},
      {"V13 absent", peer("{ipBlock: {}}"), cidr + "is required (line 4)"},
      {"V14 family", peer("{ipBlock: {cidr: 10.0.0.0/8, except: ['fd00::/16']}}"),
       "spec.ingress[0].from[0].ipBlock.except[0]: fd00::/16 must be a strict subset of cidr 10.0.0.0/8 (line 4)"},
      {"V14 outside", peer("{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}"),
       "spec.ingress[0].from[0].ipBlock.except[0]: 11.0.0.0/16 must be a strict subset of cidr 10.0.0.0/8 (line 4)"},
      {"V14 equal", peer("{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}"),
       "spec.ingress[0].from[0].ipBlock.except[0]: 10.0.0.0/8 must be a strict subset of cidr 10.0.0.0/8 (line 4)"},
      {"V14 wider", peer("{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.0.0/8]}}"),
       "spec.ingress[0].from[0].ipBlock.except[0]: 10.0.0.0/8 must be a strict subset of cidr 10.0.0.0/16 (line 4)"},
      {"unknown in spec", "{ingres: []}", "spec.ingres: unknown field (line 4)"},
      {"unknown in rule", "{ingress: [{form: []}]}", "spec.ingress[0].form: unknown field (line 4)"},
      {"unknown in port", port("{Port: 80}"), "spec.ingress[0].ports[0].Port: unknown field (line 4)"},
      {"unknown in peer", peer("{podSelector: {}, serviceAccount: {name: a}}"),
       "spec.ingress[0].from[0].serviceAccount: unknown field (line 4)"},
      {"type", "{ingress: {}}", "spec.ingress: must be a list, not a map (line 4)"},
  };
  for (const auto& row : rows) {
    const auto objects = parse_manifests(policy(row.spec), "np.yaml");
    ASSERT_TRUE(objects.has_value()) << row.name;
    EXPECT_EQ(texts(objects->refusals), std::vector<std::string>{"np.yaml:1:" + row.error}) << row.name;
    EXPECT_TRUE(objects->network_policies.front().unreadable) << row.name;
  }
}

TEST(NetworkPolicyRefusals, EveryBadCidrIsRefused) {
  for (const std::string cidr : {"10.0.0.0", "' 10.0.0.0/8'", "10.0/16", "10.0.0.256/8", "10.0.0.0/33", "10.0.0.0/+8",
                                 "10.0.0.0/-1", "'fe80::1%eth0/64'", "'fd00::/129'", "''", "10.0.0.0/", "/8", "x"}) {
    for (const std::string& item : {"cidr: " + cidr, "cidr: 0.0.0.0/0, except: [" + cidr + "]"}) {
      const auto objects = parse_manifests(policy(peer("{ipBlock: {" + item + "}}")), "f");
      EXPECT_EQ(objects.value().refusals.size(), 1U) << item;
    }
  }
}

TEST(NetworkPolicyRefusals, AllErrorsOfAnObjectAreReportedWithDocumentAndLine) {
  const std::string text =
      "---\n# nothing\n---\n---\n" + policy("\n  ingress:\n  - from: [{}]\n    ports:\n    - port: 0\n  x: 1");
  const auto objects = parse_manifests(text, "np.yaml");
  EXPECT_EQ(texts(objects.value().refusals),
            (std::vector<std::string>{
                "np.yaml:3:spec.ingress[0].from[0]: must have a podSelector, namespaceSelector or ipBlock (line 10)",
                "np.yaml:3:spec.ingress[0].ports[0].port: must be a number from 1 to 65535, or a name (line 12)",
                "np.yaml:3:spec.x: unknown field (line 13)"}));
}

TEST(NetworkPolicyRefusals, ApiVersionAndTopLevelFieldsAreChecked) {
  const auto old = parse_manifests("{apiVersion: extensions/v1beta1, kind: NetworkPolicy, metadata: {name: p}}", "f");
  EXPECT_EQ(
      texts(old.value().refusals),
      std::vector<std::string>{"f:1:apiVersion: must be networking.k8s.io/v1, not \"extensions/v1beta1\" (line 1)"});
  const auto extra =
      parse_manifests("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, specs: {}}", "f");
  EXPECT_EQ(texts(extra.value().refusals), std::vector<std::string>{"f:1:specs: unknown field (line 1)"});
}

/// §1.4, "accepted, and easy to get wrong".
TEST(NetworkPolicyAccepts, WhatTheServerAccepts) {
  for (const std::string spec :
       {"{ingress: [{from: null, ports: null}]}", "{ingress: [{ports: [null]}]}", "{ingress: [null]}",
        "{podSelector: null}", "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: null}]}}",
        "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: []}}]}]}",
        "{podSelector: {matchExpressions: [{key: a, operator: In, values: [b, b]}]}}",
        "{ingress: [{from: [{ipBlock: {cidr: 010.0.0.0/08}}]}]}", "{policyTypes: [Egress, Ingress]}", "{}", "null",
        "{podSelector: {matchLabels: {y: n}}}", "{podSelector: {matchLabels: {a.b/c_D: ''}}}",
        "{ingress: [{ports: [{port: 80, endPort: 80}]}]}", "{ingress: [{ports: [{port: a-1}]}]}"}) {
    const auto objects = parse_manifests(policy(spec), "f");
    ASSERT_TRUE(objects.has_value()) << spec;
    EXPECT_TRUE(objects->refusals.empty()) << spec << ": " << objects->refusals.front().to_string();
    EXPECT_FALSE(objects->network_policies.front().unreadable);
  }
}

TEST(NetworkPolicyAccepts, ANullLabelValueAsEmptyWithAWarning) {
  const auto objects = parse_manifests(policy("{podSelector: {matchLabels: {a: null}}}"), "f").value();
  EXPECT_EQ(objects.network_policies.front().pod_selector.match_labels, (Labels{{"a", ""}}));
  EXPECT_EQ(texts(objects.warnings),
            std::vector<std::string>{"f:1:spec.podSelector.matchLabels.a: has no value, read as \"\" (line 4)"});
}

TEST(NetworkPolicyAccepts, StatusAndOtherMetadataAreIgnored) {
  const auto objects = parse_manifests(
      "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, uid: 7, managedFields: [1]}, spec: "
      "{}, status: 5}",
      "f");
  EXPECT_TRUE(objects.value().refusals.empty());
}

/// R6, as a table of its own: the four combinations.
TEST(NetworkPolicyDefaults, PolicyTypes) {
  struct Row {
    std::string spec;
    bool ingress, egress;
  };
  for (const auto& row :
       {Row{"{}", true, false}, Row{"{egress: []}", true, false}, Row{"{egress: [{}]}", true, true},
        Row{"{policyTypes: [Egress]}", false, true}, Row{"{policyTypes: [Ingress], egress: [{}]}", true, false},
        Row{"{policyTypes: [], egress: [{}]}", true, true}}) {
    const auto objects = parse_manifests(policy(row.spec), "f").value();
    EXPECT_EQ(objects.network_policies.front().isolates_ingress, row.ingress) << row.spec;
    EXPECT_EQ(objects.network_policies.front().isolates_egress, row.egress) << row.spec;
  }
}

}  // namespace
}  // namespace gabion::config::kube
