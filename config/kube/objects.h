// The Kubernetes objects policies are made of, as plain structs with the API server's defaults applied.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::config::kube {

using Labels = std::map<std::string, std::string, std::less<>>;

enum class IpProtocol : std::uint8_t { kTcp, kUdp, kSctp };

[[nodiscard]] std::string_view to_string(IpProtocol protocol) noexcept;

/// `namespace` and `name` of an object; the key of policies and pods.
struct ObjectName {
  std::string name_space;
  std::string name;

  [[nodiscard]] std::string to_string() const { return name_space + "/" + name; }
  friend auto operator<=>(const ObjectName&, const ObjectName&) = default;
};

/// One entry of matchExpressions.
struct LabelRequirement {
  enum class Operator : std::uint8_t {
    kIn,           ///< key present and its value listed
    kNotIn,        ///< key absent, or its value not listed
    kExists,       ///< key present
    kDoesNotExist  ///< key absent
  };
  std::string key;
  Operator op = Operator::kIn;
  std::vector<std::string> values;

  [[nodiscard]] bool matches(const Labels& labels) const;
  friend bool operator==(const LabelRequirement&, const LabelRequirement&) = default;
};

/// matchLabels AND every matchExpressions entry (policy R11). Without conditions it matches everything.
struct LabelSelector {
  Labels match_labels;
  std::vector<LabelRequirement> match_expressions;

  [[nodiscard]] bool matches(const Labels& labels) const;
  /// "{app=web, tier in (a, b)}" for explanations; "{}" matches all.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const LabelSelector&, const LabelSelector&) = default;
};

/// cidr minus excepts; an except is a hole in this block, not a deny (policy R16).
struct IpBlock {
  Cidr cidr;
  std::vector<Cidr> except;

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
};

/// A verified SPIFFE identity. `name` "*" is every account of the namespace; `trust_domain` empty is the proxy's own.
struct ServiceAccountPeer {
  std::string name_space;
  std::string name;
  std::string trust_domain;
};

/// One item of from/to. Absent and `{}` differ: an absent selector is no condition, an empty one matches all.
/// Either ip_block alone, or one or more of the other members, ANDed.
struct PeerSpec {
  std::optional<LabelSelector> pod_selector;
  std::optional<LabelSelector> namespace_selector;
  std::optional<IpBlock> ip_block;
  std::optional<ServiceAccountPeer> service_account;  ///< L7Policy only

  /// For explanations: "podSelector {app=web}".
  [[nodiscard]] std::string to_string() const;
};

/// One item of ports. With `name`, the number is looked up on the destination pod (policy R14).
struct PortSpec {
  IpProtocol protocol = IpProtocol::kTcp;
  std::uint16_t first = 0;
  std::uint16_t last = 65535;  ///< inclusive
  std::string name;            ///< empty: the range counts

  /// "80/TCP", "9000-9009/UDP", "http/TCP", "any TCP port".
  [[nodiscard]] std::string to_string() const;
};

/// One rule of a NetworkPolicy. After defaulting: no `peers` = any peer, no `ports` = every port of every protocol.
struct NetworkRule {
  std::optional<std::vector<PeerSpec>> peers;
  std::optional<std::vector<PortSpec>> ports;
};

/// networking.k8s.io/v1. A section counts only if its direction is isolated (policy R7).
struct NetworkPolicy {
  ObjectName name;
  LabelSelector pod_selector;  ///< of the own namespace
  bool isolates_ingress = false;
  bool isolates_egress = false;
  std::vector<NetworkRule> ingress;
  std::vector<NetworkRule> egress;
  bool unreadable = false;  ///< isolates what it selects and allows nothing (policy §1.5); the rules are empty
};

enum class RuleAction : std::uint8_t { kAllow, kDeny };
enum class PolicyMode : std::uint8_t { kEnforce, kDryRun };
/// What an L7 rule says is spoken on its ports. kTcp: looks at peers only.
enum class AppProtocol : std::uint8_t { kHttp, kMysql, kPostgresql, kTcp };

[[nodiscard]] std::string_view to_string(AppProtocol protocol) noexcept;

/// A condition on the decoded, normalised path (policy §3.3).
struct PathMatch {
  enum class Kind : std::uint8_t {
    kExact,     ///< byte for byte
    kPrefix,    ///< whole segments: /a meets /a and /a/b, not /ab; /a/ does not meet /a
    kTemplate,  ///< {*} one non-empty segment, {**} any rest, then literal segments only
    kRegex      ///< RE2, full match
  };
  Kind kind = Kind::kExact;
  std::string text;
};

/// A condition on a header; `name` is lower case.
struct HeaderMatch {
  enum class Kind : std::uint8_t { kExact, kPrefix, kSuffix, kRegex, kPresent, kAbsent };
  std::string name;
  Kind kind = Kind::kPresent;
  std::string text;
};

/// One item of http: members ANDed, an empty list is no condition (empty lists in manifests are refused).
struct HttpMatch {
  std::vector<std::string> methods;
  std::vector<PathMatch> paths;
  std::vector<std::string> hosts;  ///< lower case, "*.x" and ":port" as written
  std::vector<HeaderMatch> headers;
};

enum class SqlWrite : std::uint8_t { kUpdate, kDelete };
enum class SqlStacked : std::uint8_t { kDeny, kAllow };
/// What becomes of a statement in which only an injection makes sense (sql §5.4).
enum class SqlInjection : std::uint8_t { kOff, kLog, kDeny };
/// What becomes of a statement in which more than one token came with a request over HTTP (sql §5.1).
enum class SqlTaint : std::uint8_t { kOff, kLog, kDeny };
/// What a driver or client asks the catalogue on its own.
enum class SqlPreset : std::uint8_t { kPsql, kJdbc, kAsyncpg, kSqlalchemy, kPgDump };

/// sql.limits; nothing: no limit of the item's own.
struct SqlLimits {
  std::optional<std::uint64_t> rows;
  std::optional<std::uint64_t> bytes;
  std::optional<std::uint64_t> statement_bytes;
};

/// Statements that were learnt, each "tree-facts" as `gabion sql learn` writes it.
struct SqlFingerprints {
  enum class Mode : std::uint8_t { kOff, kLearn, kEnforce };
  Mode mode = Mode::kOff;
  std::vector<std::string> learnt;
};

/// A column whose values are covered in results.
struct SqlMask {
  enum class With : std::uint8_t { kRedact };
  std::string column;  ///< as SqlMatch::columns
  With with = With::kRedact;
};

/// What becomes of a column of an answer of which nobody can tell whether a value of `mask` is in it.
enum class SqlLostLineage : std::uint8_t { kDeny, kScan };

/// One item of sql: members ANDed, an empty list is no condition (empty lists in manifests are refused). What is not a
/// list of names is for Allow rules only. `presets` stands for tables and functions and excludes them.
struct SqlMatch {
  std::vector<std::string> users;
  std::vector<std::string> databases;
  std::vector<std::string> statements;
  std::vector<std::string> tables;
  std::vector<std::string> columns;  ///< "[[schema.]table.]column"
  std::vector<std::string> functions;
  std::vector<std::string> settings;  ///< targets of SET; never one that changes how text is read
  std::vector<SqlPreset> presets;
  std::vector<SqlWrite> require_where;
  SqlStacked stacked = SqlStacked::kDeny;
  SqlInjection injection = SqlInjection::kLog;
  SqlTaint taint = SqlTaint::kLog;
  SqlLimits limits;
  std::vector<SqlMask> mask;
  SqlLostLineage lost_lineage = SqlLostLineage::kDeny;
  SqlFingerprints fingerprints;
};

/// inspect.waf: a rule set of the proxy by which the request and its answer are judged.
struct WafInspect {
  enum class Mode : std::uint8_t { kDetect, kBlock };
  std::string profile;
  Mode mode = Mode::kBlock;
};

/// An item of inspect.dlp: a profile of `inspection.dlp`, and what it does to what it finds.
struct DlpInspect {
  enum class Action : std::uint8_t { kLog, kMask, kBlock };
  enum class Way : std::uint8_t { kRequest, kResponse, kBoth };
  std::string profile;
  Action action = Action::kLog;
  Way way = Way::kBoth;
};

/// One rule of an L7Policy (policy §3.1). No `http`/`sql`: every request, every statement.
struct L7Rule {
  std::string name;
  RuleAction action = RuleAction::kAllow;
  std::optional<std::vector<PeerSpec>> peers;
  std::vector<PortSpec> ports;  ///< TCP
  AppProtocol protocol = AppProtocol::kHttp;
  std::vector<HttpMatch> http;
  std::vector<SqlMatch> sql;
  std::optional<WafInspect> waf;
  std::vector<DlpInspect> dlp;
};

/// gabion.dev/v1alpha1: only narrows what NetworkPolicy lets in.
struct L7Policy {
  ObjectName name;
  LabelSelector pod_selector;  ///< of the own namespace
  PolicyMode mode = PolicyMode::kEnforce;
  std::vector<L7Rule> ingress;
  std::vector<L7Rule> egress;
  /// Refused (policy §3.6): every rule left is a Deny of protocol kTcp for all peers on ports the policy names,
  /// or on all ports where they could not be read.
  bool unreadable = false;
};

struct ContainerPort {
  std::string name;  ///< empty: unnamed
  IpProtocol protocol = IpProtocol::kTcp;
  std::uint16_t port = 0;
};

struct Pod {
  ObjectName name;
  std::string uid;  ///< metadata.uid, empty: not told. Tells a pod from a later one of the same name (policy I1)
  Labels labels;
  std::string service_account = "default";
  std::string node;                       ///< spec.nodeName, empty: not scheduled
  std::vector<IpAddress> addresses;       ///< status.podIPs
  std::vector<IpAddress> host_addresses;  ///< status.hostIPs
  std::vector<ContainerPort> ports;       ///< of all containers
  bool host_network = false;
  bool terminal = false;     ///< phase Succeeded or Failed: its address may be somebody else's
  bool ready = true;         ///< condition Ready; a manifest without status.conditions counts as ready
  bool leaving = false;      ///< metadata.deletionTimestamp is set
  bool has_sidecar = false;  ///< `gabion inject` says that it was there, and so does a container
};

struct Namespace {
  std::string name;
  Labels labels;  ///< always with kubernetes.io/metadata.name (policy R12)
};

struct Node {
  std::string name;
  std::vector<IpAddress> addresses;
  std::vector<Cidr> pod_cidrs;
};

struct ServicePort {
  std::string name;  ///< empty: the only port
  IpProtocol protocol = IpProtocol::kTcp;
  std::uint16_t port = 0;
  std::uint16_t target = 0;  ///< on the pods, when target_name is empty
  std::string target_name;   ///< of a container port, looked up on each pod
  std::string app_protocol;  ///< as written, may be empty
};

enum class ServiceType : std::uint8_t { kClusterIp, kNodePort, kLoadBalancer, kExternalName };
/// From where calls to the cluster addresses may be sent on: any endpoint, or those of the caller's node.
enum class InternalTraffic : std::uint8_t { kCluster, kLocal };

struct Service {
  ObjectName name;
  ServiceType type = ServiceType::kClusterIp;
  Labels selector;                            ///< empty: endpoints are made by hand
  std::vector<IpAddress> cluster_addresses;   ///< none: headless; the first is of the primary family
  std::vector<IpAddress> external_addresses;  ///< spec.externalIPs and those of load balancers
  std::vector<bool> families_v4;              ///< spec.ipFamilies in their order: whether each is IPv4; may be empty
  std::string external_name;                  ///< of kExternalName
  InternalTraffic internal_traffic = InternalTraffic::kCluster;
  bool publishes_unready = false;  ///< publishNotReadyAddresses
  std::vector<ServicePort> ports;
};

enum class AddressType : std::uint8_t { kIpv4, kIpv6, kFqdn };

/// Of an endpoint of a slice. What is not said was defaulted: ready, serving as ready, not terminating.
struct EndpointConditions {
  bool ready = true;
  bool serving = true;
  bool terminating = false;
};

struct SliceEndpoint {
  IpAddress address;  ///< the first one, as kube-proxy uses it
  EndpointConditions conditions;
  std::string node;  ///< may be empty
  ObjectName pod;    ///< targetRef of kind Pod; empty: none
};

struct SlicePort {
  std::string name;  ///< of the service's port
  IpProtocol protocol = IpProtocol::kTcp;
  std::uint16_t port = 0;  ///< 0: not said, every port
  std::string app_protocol;
};

/// discovery.k8s.io/v1.
struct EndpointSlice {
  ObjectName name;
  std::string service;  ///< label kubernetes.io/service-name; empty: of none
  AddressType type = AddressType::kIpv4;
  std::vector<SlicePort> ports;
  std::vector<SliceEndpoint> endpoints;  ///< empty for kFqdn
};

/// Everything a directory of manifests holds. Each policy, pod, namespace, node, service and slice appears once.
struct Objects {
  std::vector<NetworkPolicy> network_policies;
  std::vector<L7Policy> l7_policies;
  std::vector<Pod> pods;
  std::vector<Namespace> namespaces;
  std::vector<Node> nodes;
  std::vector<Service> services;
  std::vector<EndpointSlice> endpoint_slices;
  /// Why policies are `unreadable`. A command that only checks refuses when there is one.
  Errors refusals;
  /// Worth a look, changes nothing: ignored kinds, null label values.
  Errors warnings;
};

}  // namespace gabion::config::kube
