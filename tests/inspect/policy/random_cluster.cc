// Few values for everything, so that random rules and random questions meet.
#include "tests/inspect/policy/random_cluster.h"

#include "config/kube/defaults.h"

namespace gabion::inspect::policy {
namespace {

using config::Cidr;
using config::IpAddress;
namespace kube = config::kube;

constexpr std::uint32_t kFirstPodAddress = 0x0A000000;
constexpr std::uint32_t kPods = 10;
const std::vector<std::string> kValues{"a", "b", ""};
const std::vector<std::string> kNamespaces{"x", "y", "z"};
const std::vector<std::string> kPortNames{"http", "other"};
const std::vector<std::string> kAccounts{"default", "s", "t"};

const std::vector<KnownPath> kPaths{
    {"/", "/"},
    {"/a", "/a"},
    {"/a/", "/a/"},
    {"/a/b", "/a/b"},
    {"/ab", "/ab"},
    {"/a/b/c", "/a/b/c"},
    {"/a%21", "/a!"},
    {"/%62/c", "/b/c"},
    {"/b", "/b"},
    {"/b/c", "/b/c"},
    {"/b/x/c", "/b/x/c"},
    {"/v1/s", "/v1/s"},
    {"/A", "/A"},
    {"/a/B", "/a/B"},
    {"/B/x/C", "/B/x/C"},
    {"/V1/S", "/V1/S"},
    {"*", ""},
    {"/a%2fb", "/a%2Fb", Doubt::kEncodedSlash},
    {"/a%5cb/c", "/a%5Cb/c", Doubt::kEncodedSlash},
    {"/a%252fb", "/a%2fb", Doubt::kDoubleEncoding},
    {"//a", "//a", Doubt::kEmptySegments},
    {"/b//c", "/b//c", Doubt::kEmptySegments},
    {"/a;x", "/a;x", Doubt::kSemicolon},
    {"/a/%3Bb", "/a/;b", Doubt::kSemicolon},
    {"/a/%C3%A4", "/a/\xC3\xA4", Doubt::kLetters},
    {"/a/%E2%84%AA", "/a/\xE2\x84\xAA", Doubt::kLetters},
    {"/a/%ff", "/a/\xff", Doubt::kAlways},
};
const std::vector<KnownHost> kHosts{
    {"a.io", "a.io", {}}, {"A.io.", "a.io", {}}, {"b.a.io:8080", "b.a.io", 8080}, {"a.io:80", "a.io", 80}, {"", "", {}},
};

kube::Labels random_labels(Dice& dice) {
  kube::Labels labels;
  for (const char* key : {"k", "l"}) {
    if (!dice.once_in(3)) {
      labels.emplace(key, dice.of(kValues));
    }
  }
  return labels;
}

kube::LabelSelector random_selector(Dice& dice) {
  kube::LabelSelector selector;
  if (dice.once_in(3)) {
    selector.match_labels = random_labels(dice);
  }
  for (std::uint32_t i = dice.below(3); i > 0; --i) {
    kube::LabelRequirement made{
        dice.once_in(2) ? "k" : "l", static_cast<kube::LabelRequirement::Operator>(dice.below(4)), {}};
    if (made.op == kube::LabelRequirement::Operator::kIn || made.op == kube::LabelRequirement::Operator::kNotIn) {
      made.values = {dice.of(kValues), dice.of(kValues)};
    }
    selector.match_expressions.push_back(made);
  }
  return selector;
}

Cidr random_cidr(Dice& dice, std::uint32_t shortest) {
  if (dice.once_in(6)) {
    return Cidr::parse(dice.once_in(2) ? "fd00::/16" : "::/0").value();
  }
  const std::uint32_t bits = dice.once_in(8) ? 0 : shortest + dice.below(33 - shortest);
  return Cidr::parse(IpAddress::v4(kFirstPodAddress + dice.below(64)).to_string() + "/" + std::to_string(bits)).value();
}

kube::PeerSpec random_peer(Dice& dice, bool layer7) {
  kube::PeerSpec peer;
  const std::uint32_t kind = dice.below(layer7 ? 6 : 4);
  if (kind == 0) {
    peer.ip_block = kube::IpBlock{random_cidr(dice, 24), {}};
    for (std::uint32_t i = dice.below(3); i > 0; --i) {
      peer.ip_block->except.push_back(random_cidr(dice, 26));
    }
    return peer;
  }
  if (kind >= 4) {
    peer.service_account =
        kube::ServiceAccountPeer{dice.of(kNamespaces), dice.once_in(3) ? "*" : dice.of(kAccounts), ""};
    peer.service_account->trust_domain = dice.once_in(5) ? "other.example" : "";
  }
  if (kind == 2 || kind == 3 || kind == 5) {
    peer.pod_selector = random_selector(dice);
  }
  if (kind == 1 || kind == 3) {
    peer.namespace_selector = random_selector(dice);
  }
  return peer;
}

std::optional<std::vector<kube::PeerSpec>> random_peers(Dice& dice, bool layer7) {
  std::vector<kube::PeerSpec> peers;
  if (dice.once_in(4)) {
    return std::nullopt;
  }
  for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
    peers.push_back(random_peer(dice, layer7));
  }
  return peers;
}

kube::PortSpec random_port(Dice& dice, std::uint32_t protocols) {
  kube::PortSpec port;
  port.protocol = static_cast<kube::IpProtocol>(dice.below(protocols));
  const std::uint32_t kind = dice.below(4);
  if (kind == 0) {
    port.name = dice.of(kPortNames);
  } else if (kind != 1) {
    port.first = static_cast<std::uint16_t>(1 + dice.below(6));
    port.last = static_cast<std::uint16_t>(port.first + (kind == 2 ? 0 : dice.below(4)));
  }
  return port;
}

std::vector<kube::NetworkRule> random_network_rules(Dice& dice) {
  std::vector<kube::NetworkRule> rules(dice.below(4));
  for (auto& rule : rules) {
    rule.peers = random_peers(dice, false);
    if (!dice.once_in(4)) {
      rule.ports.emplace();
      for (std::uint32_t i = 1 + dice.below(3); i > 0; --i) {
        rule.ports->push_back(random_port(dice, 2));
      }
    }
  }
  return rules;
}

kube::NetworkPolicy random_network_policy(Dice& dice, std::uint32_t number) {
  kube::NetworkPolicy policy;
  policy.name = {dice.once_in(3) ? "y" : "x", "n" + std::to_string(number)};
  policy.pod_selector = dice.once_in(2) ? kube::LabelSelector{} : random_selector(dice);
  policy.isolates_ingress = !dice.once_in(3);
  policy.isolates_egress = dice.once_in(2);
  policy.unreadable = dice.once_in(10);
  if (!policy.unreadable) {
    policy.ingress = random_network_rules(dice);
    policy.egress = random_network_rules(dice);
  }
  return policy;
}

kube::PathMatch random_path(Dice& dice) {
  using Kind = kube::PathMatch::Kind;
  static const std::vector<kube::PathMatch> kChoices{
      {Kind::kExact, "/a"},           {Kind::kExact, "/a/"},          {Kind::kExact, "/b/c"},
      {Kind::kExact, "/a!"},          {Kind::kPrefix, "/"},           {Kind::kPrefix, "/a"},
      {Kind::kPrefix, "/a/"},         {Kind::kPrefix, "/b"},          {Kind::kPrefix, "/a/b"},
      {Kind::kTemplate, "/{*}"},      {Kind::kTemplate, "/a/{*}"},    {Kind::kTemplate, "/{*}/c"},
      {Kind::kTemplate, "/{**}"},     {Kind::kTemplate, "/b/{**}/c"}, {Kind::kTemplate, "/a/{**}"},
      {Kind::kRegex, "/v[0-9]/s"},    {Kind::kRegex, "/a.*"},         {Kind::kRegex, "/a/?b?"},
      {Kind::kRegex, "/a/b|/b/c"},    {Kind::kRegex, "/b/[cx]"},      {Kind::kRegex, "(/a|/b).*"},
      {Kind::kExact, "/A"},           {Kind::kPrefix, "/B"},          {Kind::kTemplate, "/A/{*}"},
      {Kind::kTemplate, "/b/{**}/C"}, {Kind::kRegex, "/V1/s"},        {Kind::kRegex, "/a%2Fb"},
      {Kind::kRegex, "/A/[b-c].*"},   {Kind::kRegex, "/a/k"}};
  return dice.of(kChoices);
}

kube::HeaderMatch random_header(Dice& dice) {
  using Kind = kube::HeaderMatch::Kind;
  static const std::vector<kube::HeaderMatch> kChoices{{"x-t", Kind::kExact, "a"},    {"x-t", Kind::kExact, "a,b"},
                                                       {"x-t", Kind::kPrefix, "a"},   {"x-t", Kind::kSuffix, "b"},
                                                       {"x-t", Kind::kRegex, "[ab]"}, {"x-t", Kind::kPresent, ""},
                                                       {"x-t", Kind::kAbsent, ""}};
  return dice.of(kChoices);
}

std::vector<kube::L7Rule> random_l7_rules(Dice& dice) {
  std::vector<kube::L7Rule> rules(dice.below(4));
  for (auto& rule : rules) {
    rule.action = dice.once_in(3) ? kube::RuleAction::kDeny : kube::RuleAction::kAllow;
    rule.peers = random_peers(dice, true);
    for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
      rule.ports.push_back(random_port(dice, 1));
    }
    rule.protocol = dice.once_in(4) ? kube::AppProtocol::kTcp : kube::AppProtocol::kHttp;
    rule.protocol = dice.once_in(25) ? kube::AppProtocol::kMysql : rule.protocol;
    for (std::uint32_t i = dice.below(6); i > 0 && rule.protocol == kube::AppProtocol::kHttp; --i) {
      rule.http.push_back(random_http(dice));
    }
  }
  return rules;
}

kube::L7Policy random_l7_policy(Dice& dice, std::uint32_t number) {
  kube::L7Policy policy;
  policy.name = {dice.once_in(2) ? "y" : "x", "l" + std::to_string(number)};
  policy.pod_selector = dice.once_in(4) ? random_selector(dice) : kube::LabelSelector{};
  policy.mode = dice.once_in(3) ? kube::PolicyMode::kDryRun : kube::PolicyMode::kEnforce;
  policy.ingress = random_l7_rules(dice);
  policy.egress = random_l7_rules(dice);
  return policy;
}

IpAddress v6(std::uint8_t last) {
  return IpAddress::v6({0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

void add_nodes(Dice& dice, kube::Objects& objects) {
  if (dice.once_in(4)) {
    return;
  }
  for (std::uint8_t i = 1; i <= 2; ++i) {
    kube::Node node{"n" + std::to_string(i), {IpAddress::v4(0xAC120000U + i)}, {}};
    if (!dice.once_in(6)) {
      const std::uint32_t start = kFirstPodAddress + (i - 1U) * 32U;
      node.pod_cidrs = {Cidr::parse(IpAddress::v4(start).to_string() + "/27").value(),
                        Cidr::parse("fd00::/120").value()};
    }
    objects.nodes.push_back(node);
  }
}

}  // namespace

kube::HttpMatch random_http(Dice& dice) {
  static const std::vector<std::string> kMethods{"GET", "POST", "PUT"};
  static const std::vector<std::string> kPatterns{"a.io", "*.a.io", "b.a.io:8080", "*.io", "a.io:80"};
  kube::HttpMatch item;
  const std::uint32_t kind = 1 + dice.below(15);
  for (std::uint32_t i = 1 + dice.below(2); i > 0; --i) {
    if ((kind & 1U) != 0) {
      item.methods.push_back(dice.of(kMethods));
    }
    if ((kind & 2U) != 0) {
      item.paths.push_back(random_path(dice));
    }
    if ((kind & 4U) != 0) {
      item.hosts.push_back(dice.of(kPatterns));
    }
  }
  if (kind >= 12) {
    item.headers.push_back(random_header(dice));
  }
  return item;
}

kube::Pod random_pod(Dice& dice, std::uint32_t number) {
  kube::Pod pod;
  pod.name = {dice.once_in(8) ? "z" : dice.once_in(2) ? "x" : "y", "p" + std::to_string(number)};
  pod.uid = "uid-" + std::to_string(number);
  pod.labels = random_labels(dice);
  pod.service_account = dice.of(kAccounts);
  pod.node = dice.once_in(2) ? "n1" : "n2";
  pod.addresses = {IpAddress::v4(kFirstPodAddress + (dice.once_in(12) ? 0 : number) * 4)};
  if (dice.once_in(4)) {
    pod.addresses.push_back(v6(static_cast<std::uint8_t>(number)));
  }
  pod.terminal = dice.once_in(8);
  if (dice.once_in(10)) {
    pod.host_network = true;
    pod.addresses = {IpAddress::v4(0xAC120000U + (pod.node == "n1" ? 1U : 2U))};
    pod.host_addresses = pod.addresses;
  } else if (dice.once_in(12)) {
    pod.addresses.clear();
  }
  if (dice.once_in(6)) {  // its node had an address that a pod has now, or a node
    pod.host_addresses.push_back(
        IpAddress::v4(dice.once_in(2) ? kFirstPodAddress + dice.below(kPods) * 4 : 0xAC120001U + dice.below(3)));
  }
  for (std::uint32_t n = dice.below(3); n > 0; --n) {
    pod.ports.push_back({dice.of(kPortNames), static_cast<kube::IpProtocol>(dice.below(2)),
                         static_cast<std::uint16_t>(1 + dice.below(6))});
  }
  return pod;
}

kube::Objects random_cluster(Dice& dice) {
  kube::Objects objects;
  for (const char* name : {"x", "y"}) {
    objects.namespaces.push_back({name, random_labels(dice)});
    kube::apply_defaults(objects.namespaces.back());
  }
  add_nodes(dice, objects);
  for (std::uint32_t i = 0; i < kPods; ++i) {
    objects.pods.push_back(random_pod(dice, i));
  }
  for (std::uint32_t i = dice.below(3); i > 0; --i) {
    objects.network_policies.push_back(random_network_policy(dice, i));
  }
  for (std::uint32_t i = dice.below(7); i > 0; --i) {
    objects.l7_policies.push_back(random_l7_policy(dice, i));
  }
  return objects;
}

ConnectionFacts Question::facts() const {
  ConnectionFacts facts;
  facts.side = side;
  facts.peer_address = peer;
  facts.peer_identity = identity ? &*identity : nullptr;
  facts.port = port;
  return facts;
}

RequestHead Question::head() const {
  RequestHead head;
  head.method = method;
  head.target = head.path = path->sent;
  head.authority = host->authority;
  head.fields = fields;
  return head;
}

std::string Question::to_string() const {
  std::string text = side == Side::kIngress ? "from " : "to ";
  text += peer.to_string() + " port " + std::to_string(port) + "/" + std::string(kube::to_string(protocol));
  text += identity ? " as " + identity->to_string() : "";
  text += " " + std::string(method) + " " + std::string(host->authority) + std::string(path->sent);
  for (const auto& field : fields) {
    text += " " + std::string(field.name) + "=" + std::string(field.value);
  }
  return text;
}

/// The default half the time.
config::PathReading random_reading(Dice& dice) {
  config::PathReading reading;
  if (dice.once_in(2)) {
    return reading;
  }
  using config::PathReading;
  for (const auto member : {&PathReading::encoded_slash, &PathReading::double_encoding, &PathReading::empty_segments,
                            &PathReading::semicolon}) {
    reading.*member = dice.once_in(2) ? config::DoubtfulPath::kKeep : config::DoubtfulPath::kRefuse;
  }
  reading.letters = dice.once_in(2) ? config::PathCase::kFold : config::PathCase::kExact;
  return reading;
}

Question random_question(Dice& dice) {
  static const std::vector<std::string_view> kMethods{"GET", "POST", "PUT", "get"};
  Question made;
  made.side = dice.once_in(2) ? Side::kIngress : Side::kEgress;
  switch (dice.below(5)) {
    case 0:
      made.peer = IpAddress::v4(kFirstPodAddress + dice.below(80));
      break;
    case 1:
      made.peer = dice.once_in(2) ? v6(static_cast<std::uint8_t>(dice.below(kPods + 2)))
                                  : IpAddress::v4(0xAC120000U + dice.below(4));
      break;
    default:
      made.peer = IpAddress::v4(kFirstPodAddress + dice.below(kPods) * 4);
  }
  if (made.side == Side::kIngress && dice.once_in(3)) {
    const std::string account = dice.once_in(8) ? "nobody" : dice.of(kAccounts);
    made.identity =
        config::SpiffeId{std::string(dice.once_in(10) ? "other.example" : kTrustDomain), dice.of(kNamespaces), account};
  }
  made.port = static_cast<std::uint16_t>(dice.once_in(20) ? 65535 : dice.below(8));
  made.protocol = static_cast<kube::IpProtocol>(dice.below(3));
  made.method = dice.of(kMethods);
  made.path = &dice.of(kPaths);
  made.host = &dice.of(kHosts);
  made.reading = random_reading(dice);
  for (std::uint32_t i = dice.below(3); i > 0; --i) {
    made.fields.push_back({dice.once_in(2) ? "X-T" : "x-t", dice.once_in(2) ? "a" : "b"});
  }
  return made;
}

}  // namespace gabion::inspect::policy
