// Every way gabion.yaml can be wrong, with the exact message an operator reads.
#include <gtest/gtest.h>

#include <string>

#include "config/proxy_config.h"

namespace gabion::config {
namespace {

std::string refusal(std::string_view text) {
  const auto config = parse_proxy_config(text, "g.yaml", false);
  std::string all;
  for (const Error& error : config ? Errors{} : config.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

struct BadConfig {
  const char* name;
  std::string text;      ///< appended to a head that ends with line 5, or the whole text
  std::string expected;  ///< all errors, one a line
};

class BadConfigTest : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, SaysWhatIsWrongWhere) {
  EXPECT_EQ(refusal(GetParam().text), GetParam().expected);
}

std::string name_of(const ::testing::TestParamInfo<BadConfig>& tested) {
  return tested.param.name;
}

constexpr const char* kHead =
    "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: orders-0}\n"
    "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: policy}\n";
constexpr const char* kHeadWithoutIdentity =
    "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: orders-0}\n"
    "\npolicy: {directory: policy}\n";
constexpr const char* kInbound =
    "inbound: [{listen: \"127.0.0.2:1506\", port: 80, protocol: http, target: \"127.0.0.1:80\"}]\n";

/// One inbound listener on line 6 and then `text`, from line 7.
std::string after_inbound(const std::string& text) {
  return std::string(kHead) + kInbound + text + "\n";
}

/// The only inbound listener, on line 6.
std::string inbound(const std::string& members) {
  return std::string(kHead) + "inbound: [{" + members + "}]\n";
}

/// The only route of the only outbound listener, on line 6.
std::string route(const std::string& members) {
  return std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1501\", protocol: http, routes: [{" + members + "}]}]\n";
}

INSTANTIATE_TEST_SUITE_P(
    File, BadConfigTest,
    ::testing::Values(
        BadConfig{"Empty", "", "g.yaml: is empty"}, BadConfig{"Comment", "# nothing\n---\n", "g.yaml: is empty"},
        BadConfig{"NotYaml", "a: [", "g.yaml:1: not YAML: end of sequence flow not found"},
        BadConfig{"TwoDocuments", after_inbound("---\na: 1"), "g.yaml:8: a second document; one is expected"},
        BadConfig{"List", "- a\n", "g.yaml:1: must be a map, not a list"},
        BadConfig{"DuplicateKey", after_inbound("kind: Proxy"), "g.yaml:7: key \"kind\" is already on line 2"},
        BadConfig{"NothingRequired", "{}",
                  "g.yaml:1: apiVersion: is required\ng.yaml:1: kind: is required\ng.yaml:1: workload: is required\n"
                  "g.yaml:1: policy: is required\ng.yaml:1: needs inbound, outbound or both"},
        BadConfig{"OtherVersion",
                  "apiVersion: gabion.dev/v1\nkind: L7Policy\nworkload: {namespace: a, pod: b}\n"
                  "policy: {directory: p}\n" +
                      std::string("inbound: [{listen: \"127.0.0.2:1506\", port: 80, protocol: http, "
                                  "target: \"127.0.0.1:80\", tls: DISABLE}]\n"),
                  "g.yaml:1: apiVersion: must be gabion.dev/v1alpha1, not \"gabion.dev/v1\"\n"
                  "g.yaml:2: kind: must be Proxy, not \"L7Policy\""},
        BadConfig{"UnknownKey", after_inbound("color: red"), "g.yaml:7: color: unknown key"},
        BadConfig{"MisspeltKey", after_inbound("timeout: {}"), "g.yaml:7: timeout: unknown key, did you mean timeouts"},
        BadConfig{"MisspeltInnerKey", after_inbound("limits: {headerByte: 1KiB}"),
                  "g.yaml:7: limits.headerByte: unknown key, did you mean headerBytes"},
        BadConfig{"SnakeCaseKey", after_inbound("deny: {explain_to_client: true}"),
                  "g.yaml:7: deny.explain_to_client: unknown key, did you mean explainToClient"},
        BadConfig{"EmptySection", after_inbound("limits:"),
                  "g.yaml:7: limits: has no value; leave the key out for the default"},
        BadConfig{"SectionOfAnotherKind", after_inbound("limits: [1]\nlog: info"),
                  "g.yaml:7: limits: must be a map, not a list\ng.yaml:8: log: must be a map, not a string"},
        BadConfig{"InOrderOfLines",
                  std::string(kHead) + "workers: x\n" + kInbound + "deny: {explainToClient: 1}\nzzz: 1\n",
                  "g.yaml:6: workers: \"x\" is not a whole number\n"
                  "g.yaml:8: deny.explainToClient: must be true or false, not an integer\ng.yaml:9: zzz: unknown key"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sections, BadConfigTest,
    ::testing::Values(
        BadConfig{"Workload",
                  "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: Shop, pod: 0}\n"
                  "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: p}\n" +
                      std::string(kInbound),
                  "g.yaml:3: workload.namespace: \"Shop\" is not a namespace's name (a DNS label)\n"
                  "g.yaml:3: workload.pod: must be a string, not an integer: quote it"},
        BadConfig{"WorkloadWithoutPod",
                  "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: a}\n"
                  "identity: {certificate: a, key: b, trustBundle: c, trustDomain: td}\npolicy: {directory: p}\n" +
                      std::string(kInbound),
                  "g.yaml:3: workload.pod: is required"},
        BadConfig{"Identity",
                  std::string(kHeadWithoutIdentity) + kInbound + "identity: {certificate: '', trustDomain: TD}\n",
                  "g.yaml:7: identity.key: is required\ng.yaml:7: identity.trustBundle: is required\n"
                  "g.yaml:7: identity.certificate: must not be empty\n"
                  "g.yaml:7: identity.trustDomain: \"TD\" is not a trust domain (1 to 255 of a-z, 0-9, '.', '-', '_')"},
        BadConfig{"PathWithControlCharacter",
                  std::string(kHeadWithoutIdentity) + kInbound +
                      "identity: {certificate: \"a\\0b\", key: b, trustBundle: c, trustDomain: td}\n",
                  "g.yaml:7: identity.certificate: must not hold control characters"},
        BadConfig{"WebSocket",
                  std::string(kHeadWithoutIdentity) +
                      "inbound:\n- {listen: \"127.0.0.2:1\", port: 80, protocol: http, target: \"127.0.0.1:80\", tls: "
                      "DISABLE, websocket: true}\nlimits: {websocketMessageBytes: 0}\ntimeouts: {websocketIdle: 0s}\n",
                  "g.yaml:7: inbound[0].websocket: must be one of refuse, allow, not \"true\"\n"
                  "g.yaml:8: limits.websocketMessageBytes: must be 1KiB to 1024GiB, not 0\n"
                  "g.yaml:9: timeouts.websocketIdle: must be 1ms to 24h, not 0s"},
        BadConfig{
            "Profile",
            after_inbound("inspection:\n  profiles:\n    default: {attacks: mask, paymentCards: hide, "
                          "onLimit: Deny, contentCoding: gzip, pathLevel: base, rules9: on}\n    'a b': {}"),
            "g.yaml:9: inspection.profiles.default.attacks: must be one of off, log, block, not \"mask\"\n"
            "g.yaml:9: inspection.profiles.default.paymentCards: must be one of off, log, mask, block, not \"hide\"\n"
            "g.yaml:9: inspection.profiles.default.onLimit: must be one of deny, allow, not \"Deny\"\n"
            "g.yaml:9: inspection.profiles.default.contentCoding: must be one of identity, decode, not \"gzip\"\n"
            "g.yaml:9: inspection.profiles.default.pathLevel: must be one of NONE, BASE, MERGE_SLASHES, "
            "DECODE_AND_MERGE_SLASHES, not \"base\"\n"
            "g.yaml:9: inspection.profiles.default.rules9: unknown key\n"
            "g.yaml:10: inspection.profiles.a b: \"a b\" is not a name: 1 to 63 of A-Z, a-z, 0-9, '.', '_', '-', the "
            "first a letter or digit"},
        BadConfig{"Paths",
                  after_inbound("inspection:\n  profiles:\n    default:\n      paths: {encodedSlash: allow,\n"
                                "        semicolon: true, case: ignore,\n        emptySegment: keep}"),
                  "g.yaml:10: inspection.profiles.default.paths.encodedSlash: must be one of refuse, keep, not "
                  "\"allow\"\n"
                  "g.yaml:11: inspection.profiles.default.paths.semicolon: must be one of refuse, keep, not \"true\"\n"
                  "g.yaml:11: inspection.profiles.default.paths.case: must be one of exact, fold, not \"ignore\"\n"
                  "g.yaml:12: inspection.profiles.default.paths.emptySegment: unknown key, did you mean "
                  "emptySegments"},
        BadConfig{"PathsWithoutMembers", after_inbound("inspection: {profiles: {x: {paths: keep}}}"),
                  "g.yaml:7: inspection.profiles.x.paths: must be a map, not a string"},
        BadConfig{"OffIsAWordButFalseIsNot", after_inbound("inspection: {profiles: {x: {attacks: false}}}"),
                  "g.yaml:7: inspection.profiles.x.attacks: must be one of off, log, block, not \"false\""},
        BadConfig{"ProfileWithoutMembers", after_inbound("inspection: {profiles: {x: }}"),
                  "g.yaml:7: inspection.profiles.x: must be a map, not null"},
        BadConfig{"Admin", after_inbound("admin: {listen: 15000}"),
                  "g.yaml:7: admin.listen: must be a string, not an integer: quote it"},
        BadConfig{"AdminWithoutAddress", after_inbound("admin: {listen: \":15000\"}"),
                  "g.yaml:7: admin.listen: \":15000\" is not an address with a port, as in 10.0.0.1:80 or [::1]:80"},
        BadConfig{"Log", after_inbound("log: {level: trace, access: stdot, audit: 5}"),
                  "g.yaml:7: log.level: must be one of debug, info, warn, error, not \"trace\"\n"
                  "g.yaml:7: log.access: must be stdout, stderr, off or a file's path with a '/', not \"stdot\"\n"
                  "g.yaml:7: log.audit: must be a string, not an integer: quote it"},
        BadConfig{"StatementSample", after_inbound("log: {statementSample: 1000001}"),
                  "g.yaml:7: log.statementSample: must be 0 to 1000000, not 1000001"},
        BadConfig{"ResultPause", after_inbound("postgres: {resultPause: 11ms, rows: 5}"),
                  "g.yaml:7: postgres.resultPause: must be 0s to 10ms, not 11ms\n"
                  "g.yaml:7: postgres.rows: unknown key"},
        BadConfig{"ResultPauseUnit", after_inbound("postgres: {resultPause: 5m}"),
                  "g.yaml:7: postgres.resultPause: \"5m\" is not a short duration: a whole number with us, ms or s, as "
                  "in 250us"},
        BadConfig{"Workers", after_inbound("workers: 1025"), "g.yaml:7: workers: must be 0 to 1024, not 1025"},
        BadConfig{"WorkersMap", after_inbound("workers: {}"), "g.yaml:7: workers: must be a word, not a map"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Numbers, BadConfigTest,
    ::testing::Values(
        BadConfig{"TooSmall", after_inbound("limits: {bufferBytes: 1KiB, headerCount: 0}"),
                  "g.yaml:7: limits.bufferBytes: must be 4KiB to 16MiB, not 1KiB\n"
                  "g.yaml:7: limits.headerCount: must be 1 to 10000, not 0"},
        BadConfig{
            "TooLarge",
            after_inbound("limits: {bufferBytes: 17MiB, connections: 1000001, requestsPerConnection: 4294967296}"),
            "g.yaml:7: limits.bufferBytes: must be 4KiB to 16MiB, not 17MiB\n"
            "g.yaml:7: limits.connections: must be 1 to 1000000, not 1000001\n"
            "g.yaml:7: limits.requestsPerConnection: must be 0 to 1000000000, not 4294967296"},
        BadConfig{"QueuePlacesAreMadeAtTheStart", after_inbound("limits: {auditQueue: 65537}"),
                  "g.yaml:7: limits.auditQueue: must be 1 to 65536, not 65537"},
        BadConfig{"EndpointsOutOfRange", after_inbound("endpoints: {retries: 11, maxEjectedPercent: 101}"),
                  "g.yaml:7: endpoints.retries: must be 0 to 10, not 11\n"
                  "g.yaml:7: endpoints.maxEjectedPercent: must be 0 to 100, not 101"},
        BadConfig{"EndpointsOutOfOrder", after_inbound("endpoints: {ejectionTime: 10m}"),
                  "g.yaml:7: endpoints: maxEjectionTime (5m) must not be below ejectionTime (10m)"},
        BadConfig{
            "ServiceAndDestination",
            route("hosts: [a], tls: {mode: DISABLE}, service: {namespace: shop, name: orders, port: 80}, "
                  "destination: \"127.0.0.1:1\", pod: 127.0.0.1"),
            "g.yaml:6: outbound[0].routes[0].destination: says nothing beside service: the endpoint that is picked "
            "says it\n"
            "g.yaml:6: outbound[0].routes[0].pod: says nothing beside service: the endpoint that is picked says it"},
        BadConfig{"ServiceInPart", route("hosts: [a], tls: {mode: DISABLE}, service: {name: Orders, port: 0, zone: a}"),
                  "g.yaml:6: outbound[0].routes[0].service.namespace: is required\n"
                  "g.yaml:6: outbound[0].routes[0].service.name: \"Orders\" is not a DNS label\n"
                  "g.yaml:6: outbound[0].routes[0].service.port: must be 1 to 65535, not 0\n"
                  "g.yaml:6: outbound[0].routes[0].service.zone: unknown key"},
        BadConfig{"OverloadOutOfRange", after_inbound("overload: {endLargest: 101}"),
                  "g.yaml:7: overload.endLargest: must be 2 to 100, not 101"},
        BadConfig{"OverloadOutOfOrder", after_inbound("overload:\n  refuseConnections: 95\n  endLargest: 90"),
                  "g.yaml:8: overload: refuseRequests (92) must not be below refuseConnections (95): load is shed in "
                  "this order\n"
                  "g.yaml:8: overload: endLargest (90) must not be below refuseRequests (92): load is shed in this "
                  "order"},
        BadConfig{"OverloadNeverOver", after_inbound("overload: {refuseConnections: 5, recover: 5}"),
                  "g.yaml:7: overload: recover (5) must be below refuseConnections (5), or no step would ever be over"},
        BadConfig{"OverloadShortRetry", after_inbound("overload: {retryAfter: 10ms}"),
                  "g.yaml:7: overload.retryAfter: must be 1s to 1h, not 10ms"},
        BadConfig{"OverloadUnknown", after_inbound("overload: {endLagrest: 90}"),
                  "g.yaml:7: overload.endLagrest: unknown key, did you mean endLargest"},
        BadConfig{"Overflow", after_inbound("limits: {inFlightBytes: 99999999999999999999}"),
                  "g.yaml:7: limits.inFlightBytes: \"99999999999999999999\" is too large"},
        BadConfig{"Units", after_inbound("limits: {holdBytes: 64k, auditQueue: 1KiB, headerCount: 1e2}"),
                  "g.yaml:7: limits.holdBytes: \"64k\" is not a size: a whole number of bytes, or one with B, KiB, MiB "
                  "or GiB, "
                  "as in 64KiB\n"
                  "g.yaml:7: limits.auditQueue: \"1KiB\" is not a whole number\n"
                  "g.yaml:7: limits.headerCount: \"1e2\" is not a whole number"},
        BadConfig{
            "HeaderBelowRequestLine", after_inbound("limits: {requestLineBytes: 128KiB}"),
            "g.yaml:7: limits: headerBytes (64KiB) must not be below requestLineBytes (128KiB), which it includes"},
        BadConfig{
            "Durations",
            after_inbound("timeouts: {connect: 0s, idle: 25h, requestBody: 5, total: 25h, requestHeader: -1s}"),
            "g.yaml:7: timeouts.connect: must be 1ms to 24h, not 0s\n"
            "g.yaml:7: timeouts.idle: must be 1ms to 24h, not 25h\n"
            "g.yaml:7: timeouts.requestBody: \"5\" is not a duration: a whole number with ms, s, m or h, as in 10s\n"
            "g.yaml:7: timeouts.total: must be 0s to 24h, not 25h\n"
            "g.yaml:7: timeouts.requestHeader: \"-1s\" is not a duration: a whole number with ms, s, m or h, as in "
            "10s"},
        BadConfig{"Drain", after_inbound("drain: {grace: 2d}"),
                  "g.yaml:7: drain.grace: \"2d\" is not a duration: a whole number with ms, s, m or h, as in 10s"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Inbound, BadConfigTest,
    ::testing::Values(
        BadConfig{"InboundEmpty", std::string(kHead) + "inbound: []\n", "g.yaml:6: inbound: must not be empty"},
        BadConfig{"InboundMap", std::string(kHead) + "inbound: {}\n", "g.yaml:6: inbound: must be a list, not a map"},
        BadConfig{"InboundItem", std::string(kHead) + "inbound: [x]\n",
                  "g.yaml:6: inbound[0]: must be a map, not a string"},
        BadConfig{"InboundNothing", inbound(""),
                  "g.yaml:6: inbound[0].listen: is required\ng.yaml:6: inbound[0].port: is required\n"
                  "g.yaml:6: inbound[0].target: is required\ng.yaml:6: inbound[0].protocol: is required"},
        BadConfig{
            "InboundValues",
            inbound("listen: 127.0.0.1, port: 0, protocol: dns, target: \"app:80\", tls: strict, "
                    "name: \"a b\", inspect: x"),
            "g.yaml:6: inbound[0].listen: \"127.0.0.1\" is not an address with a port, as in 10.0.0.1:80 or [::1]:80\n"
            "g.yaml:6: inbound[0].port: must be 1 to 65535, not 0\n"
            "g.yaml:6: inbound[0].protocol: must be one of http, http1, http2, kubernetes.io/h2c, grpc, "
            "kubernetes.io/ws, postgres, postgresql, tcp, tls, https, kubernetes.io/wss, mysql, redis, mongo, auto, "
            "not "
            "\"dns\"\n"
            "g.yaml:6: inbound[0].target: \"app:80\" is not an address with a port, as in 10.0.0.1:80 or [::1]:80\n"
            "g.yaml:6: inbound[0].tls: must be one of STRICT, PERMISSIVE, DISABLE, not \"strict\"\n"
            "g.yaml:6: inbound[0].name: \"a b\" is not a name: 1 to 63 of A-Z, a-z, 0-9, '.', '_', '-', the first a "
            "letter or digit\n"
            "g.yaml:6: inbound[0].inspect: no profile \"x\" in inspection.profiles"},
        BadConfig{"PostgresInboundWithWordsOfHttp",
                  inbound("listen: \"127.0.0.2:1\", port: 5432, protocol: postgres, target: \"127.0.0.1:5432\", "
                          "websocket: allow, targetProtocol: http2"),
                  "g.yaml:6: inbound[0].websocket: says nothing on a listener with protocol postgres\n"
                  "g.yaml:6: inbound[0].targetProtocol: says nothing on a listener with protocol postgres"},
        BadConfig{"PostgresRouteWithWordsOfHttp",
                  std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1501\", protocol: postgresql, routes: "
                                       "[{hosts: [a], protocol: http1, destination: \"127.0.0.1:5432\", "
                                       "tls: {mode: DISABLE}}]}]\n",
                  "g.yaml:6: outbound[0].routes[0].hosts: says nothing on a listener with protocol postgres\n"
                  "g.yaml:6: outbound[0].routes[0].protocol: says nothing on a listener with protocol postgres"},
        BadConfig{"TcpInboundWithWordsOfHttp",
                  inbound("listen: \"127.0.0.2:1\", port: 6379, protocol: redis, target: \"127.0.0.1:6379\", "
                          "websocket: allow, targetProtocol: http2, inspect: default"),
                  "g.yaml:6: inbound[0].websocket: says nothing on a listener with protocol tcp\n"
                  "g.yaml:6: inbound[0].targetProtocol: says nothing on a listener with protocol tcp\n"
                  "g.yaml:6: inbound[0].inspect: nothing is inspected on a listener with protocol tcp"},
        BadConfig{
            "InspectionOfWhatIsNotDeclared",
            inbound("listen: \"127.0.0.2:1\", port: 80, protocol: auto, target: \"127.0.0.1:80\", inspect: default"),
            "g.yaml:6: inbound[0].inspect: needs a declared protocol: with auto, what does not look like it would "
            "pass uninspected"},
        BadConfig{"RouteWithHostsOfNoHttp",
                  std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1501\", protocol: tcp, routes: [{hosts: [a], "
                                       "destination: \"127.0.0.1:3306\", tls: {mode: DISABLE}}]}, "
                                       "{listen: \"127.0.0.1:1502\", protocol: auto, routes: [{hosts: [a], "
                                       "destination: \"127.0.0.1:3306\", tls: {mode: DISABLE}}]}]\n",
                  "g.yaml:6: outbound[0].routes[0].hosts: says nothing on a listener with protocol tcp\n"
                  "g.yaml:6: outbound[1].routes[0].hosts: says nothing on a listener with protocol auto: one route is "
                  "for all of it"},
        BadConfig{"PortZero", inbound("listen: \"127.0.0.1:0\", port: 80, protocol: http, target: \"127.0.0.1:0\""),
                  "g.yaml:6: inbound[0].listen: port 0 is no place to find anybody\n"
                  "g.yaml:6: inbound[0].target: port 0 is no place to find anybody"},
        BadConfig{"TargetIsTheListener",
                  inbound("listen: \"127.0.0.1:80\", port: 80, protocol: http, target: \"127.0.0.1:80\""),
                  "g.yaml:6: inbound[0].target: is the listener itself"},
        BadConfig{
            "MisspeltProfile",
            inbound("listen: \"127.0.0.1:81\", port: 80, protocol: http, target: \"127.0.0.1:80\", inspect: defualt"),
            "g.yaml:6: inbound[0].inspect: no profile \"defualt\" in inspection.profiles, did you mean default"},
        BadConfig{
            "StrictWithoutIdentity",
            std::string(kHeadWithoutIdentity) +
                "inbound:\n- {listen: \"127.0.0.1:81\", port: 80, protocol: http, target: \"127.0.0.1:80\"}\n"
                "- {listen: \"127.0.0.1:83\", port: 82, protocol: http, target: \"127.0.0.1:82\", tls: PERMISSIVE}\n",
            "g.yaml:7: inbound[0]: tls STRICT needs the section identity\n"
            "g.yaml:8: inbound[1].tls: tls PERMISSIVE needs the section identity"},
        BadConfig{
            "Twice",
            std::string(kHead) +
                "inbound:\n- {name: a, listen: \"127.0.0.1:81\", port: 80, protocol: http, target: \"127.0.0.1:80\"}\n"
                "- {name: a, listen: \"127.0.0.1:81\", port: 80, protocol: http, target: \"127.0.0.1:82\"}\n"
                "- {listen: \"0.0.0.0:15000\", port: 90, protocol: http, target: \"127.0.0.1:82\"}\n"
                "- {name: inbound-90, listen: \"[::]:81\", port: 91, protocol: http, target: \"127.0.0.1:82\"}\n",
            "g.yaml:8: inbound[1].name: \"a\" is already used by inbound[0].name\n"
            "g.yaml:8: inbound[1].listen: 127.0.0.1:81 is already used by inbound[0].listen\n"
            "g.yaml:8: inbound[1].port: \"80\" is already used by inbound[0].port\n"
            "g.yaml:9: inbound[2].listen: 127.0.0.1:15000 is already used by admin.listen\n"
            "g.yaml:10: inbound[3].name: \"inbound-90\" is already used by inbound[2]"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Outbound, BadConfigTest,
    ::testing::Values(
        BadConfig{"OutboundNothing", std::string(kHead) + "outbound: [{}]\n",
                  "g.yaml:6: outbound[0].listen: is required\ng.yaml:6: outbound[0].protocol: is required\n"
                  "g.yaml:6: outbound[0].routes: is required"},
        BadConfig{"NoRoutes",
                  std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1\", protocol: http, routes: []}]\n",
                  "g.yaml:6: outbound[0].routes: must not be empty"},
        BadConfig{
            "SameNameAndAddressAsInbound",
            std::string(kHead) +
                "inbound: [{name: a, listen: \"127.0.0.1:81\", port: 80, protocol: http, target: \"127.0.0.1:80\"}]\n"
                "outbound: [{name: a, listen: \"127.0.0.1:81\", protocol: http, routes: [{hosts: [x], destination: "
                "\"10.0.0.1:80\", tls: {mode: DISABLE}}]}]\n",
            "g.yaml:7: outbound[0].name: \"a\" is already used by inbound[0].name\n"
            "g.yaml:7: outbound[0].listen: 127.0.0.1:81 is already used by inbound[0].listen"},
        BadConfig{"SourceOfAnotherFamily",
                  std::string(kHead) +
                      "outbound: [{listen: \"127.0.0.1:81\", protocol: http, sourceAddress: \"::1\", routes: "
                      "[{hosts: [x], destination: \"10.0.0.1:80\", tls: {mode: DISABLE}}]}]\n",
                  "g.yaml:6: outbound[0].routes[0].destination: is of another address family than sourceAddress"},
        BadConfig{"RouteName", route("name: a//b, hosts: [x], destination: \"10.0.0.1:80\", tls: {mode: DISABLE}"),
                  "g.yaml:6: outbound[0].routes[0].name: \"a//b\" is not a route's name: names joined by '/'"},
        BadConfig{"RouteItem",
                  std::string(kHead) + "outbound: [{listen: \"127.0.0.1:1\", protocol: http, routes: [x]}]\n",
                  "g.yaml:6: outbound[0].routes[0]: must be a map, not a string"},
        BadConfig{"RouteNothing", route(""),
                  "g.yaml:6: outbound[0].routes[0].hosts: is required\n"
                  "g.yaml:6: outbound[0].routes[0].destination: is required\n"
                  "g.yaml:6: outbound[0].routes[0]: mode MUTUAL needs tls.serverIds: who may answer"},
        BadConfig{"RouteValues",
                  route("hosts: [Orders, 5, 'a.'], destination: \"orders:80\", port: 70000, pod: x, tls: {mode: "
                        "SIMPLE}, sni: x"),
                  "g.yaml:6: outbound[0].routes[0].hosts[0]: \"Orders\" must be lower case\n"
                  "g.yaml:6: outbound[0].routes[0].hosts[1]: must be a string, not an integer: quote it\n"
                  "g.yaml:6: outbound[0].routes[0].hosts[2]: \"a.\" is not a host: a DNS name, *.name, *, an IPv4 "
                  "address or a "
                  "[canonical IPv6 address]\n"
                  "g.yaml:6: outbound[0].routes[0].destination: \"orders:80\" is not an address with a port, as in "
                  "10.0.0.1:80 "
                  "or [::1]:80\n"
                  "g.yaml:6: outbound[0].routes[0].port: must be 1 to 65535, not 70000\n"
                  "g.yaml:6: outbound[0].routes[0].pod: \"x\" is not an IP address\n"
                  "g.yaml:6: outbound[0].routes[0].tls.mode: must be one of MUTUAL, DISABLE, not \"SIMPLE\"\n"
                  "g.yaml:6: outbound[0].routes[0].sni: unknown key"},
        BadConfig{"HostTwice",
                  std::string(kHead) + "outbound: [{listen: \"127.0.0.1:81\", protocol: http, routes: [{hosts: [x, x], "
                                       "destination: \"10.0.0.1:80\", tls: {mode: DISABLE}}, {name: a, hosts: [y, x], "
                                       "destination: \"10.0.0.1:80\", tls: {mode: DISABLE}}]}]\n",
                  "g.yaml:6: outbound[0].routes[0].hosts[1]: \"x\" is already used by outbound[0].routes[0].hosts[0]\n"
                  "g.yaml:6: outbound[0].routes[1].hosts[1]: \"x\" is already used by outbound[0].routes[0].hosts[0]"},
        BadConfig{"MutualWithoutIds", route("hosts: [x], destination: \"10.0.0.1:80\", tls: {mode: MUTUAL}"),
                  "g.yaml:6: outbound[0].routes[0].tls: mode MUTUAL needs tls.serverIds: who may answer"},
        BadConfig{"MutualWithNoId", route("hosts: [x], destination: \"10.0.0.1:80\", tls: {serverIds: []}"),
                  "g.yaml:6: outbound[0].routes[0].tls.serverIds: must not be empty"},
        BadConfig{"ServerIds",
                  route("hosts: [x], destination: \"10.0.0.1:80\", tls: {serverIds: [orders, "
                        "\"spiffe://other/ns/a/sa/b\", \"spiffe://td/ns/a/sa/b\"]}"),
                  "g.yaml:6: outbound[0].routes[0].tls.serverIds[0]: not a SPIFFE id: it must begin with spiffe://\n"
                  "g.yaml:6: outbound[0].routes[0].tls.serverIds[1]: is of another trust domain than "
                  "identity.trustDomain, td: "
                  "no certificate of it can be verified"},
        BadConfig{"IdsThatAreNeverChecked",
                  route("hosts: [x], destination: \"10.0.0.1:80\", tls: {mode: DISABLE, serverIds: "
                        "[\"spiffe://td/ns/a/sa/b\"]}"),
                  "g.yaml:6: outbound[0].routes[0].tls.serverIds: are never checked with mode DISABLE"},
        BadConfig{"TlsWord", route("hosts: [x], destination: \"10.0.0.1:80\", tls: DISABLE"),
                  "g.yaml:6: outbound[0].routes[0].tls: must be a map, not a string"},
        BadConfig{"MutualWithoutIdentity",
                  std::string(kHeadWithoutIdentity) + "outbound: [{listen: \"127.0.0.1:81\", protocol: http, routes: "
                                                      "[{hosts: [x], destination: \"10.0.0.1:80\", "
                                                      "tls: {serverIds: [\"spiffe://td/ns/a/sa/b\"]}}]}]\n",
                  "g.yaml:6: outbound[0].routes[0].tls: mode MUTUAL needs the section identity"}),
    name_of);

TEST(ProxyConfigErrors, AreBounded) {
  std::string text = kHead;
  text += "inbound:\n";
  for (int i = 0; i < 1'024; ++i) {
    text += "- {a: 1, b: 2, c: 3, d: 4}\n";
  }
  const auto config = parse_proxy_config(text, "g.yaml", false);
  ASSERT_FALSE(config.has_value());
  EXPECT_LE(config.error().size(), 1'001U);
}

TEST(ProxyConfigErrors, ListsAreBounded) {
  std::string text = kHead;
  text += "inbound:\n";
  for (int i = 0; i < 1'025; ++i) {
    text += "- {}\n";
  }
  EXPECT_EQ(refusal(text), "g.yaml:7: inbound: has more than 1024 items");
}

}  // namespace
}  // namespace gabion::config
