// How far each candidate rule got; the furthest wins, ties by the order of the files.
#include "inspect/policy/explain.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::policy::Cell;
using config::policy::DirectionTable;
using config::policy::Entry;
using config::policy::kAnyPeer;
using config::policy::L7Rank;
using config::policy::Rule;
using config::policy::RuleId;
using config::policy::RuleSet;

constexpr std::size_t kMaxQuotedBytes = 128;
constexpr std::size_t kMaxRulesLookedAt = 512;  // an explanation is for people; denials must stay cheap

/// Steps in the fixed order of policy §4.3. kPeer is the first thing that can fail.
enum class Step : std::uint8_t { kNothing, kPeer, kPort, kHost, kMethod, kPath, kHeader };

struct NearestMiss {
  Step step = Step::kNothing;
  const Rule* rule = nullptr;
  std::size_t item = 0;  ///< of Rule::http
  HttpField field = HttpField::kNone;
  std::size_t index = 0;  ///< of the header condition
};

Step step_of(HttpField field) noexcept {
  switch (field) {
    case HttpField::kHost:
      return Step::kHost;
    case HttpField::kMethod:
      return Step::kMethod;
    case HttpField::kPath:
      return Step::kPath;
    case HttpField::kHeader:
      return Step::kHeader;
    case HttpField::kNone:
      return Step::kNothing;
  }
  return Step::kNothing;
}

template <class Items, class ToText>
std::string either(const Items& items, ToText to_text) {
  std::string text;
  for (const auto& item : items) {
    text += text.empty() ? "" : " or ";
    text += to_text(item);
  }
  return text;
}

std::string path_text(const config::kube::PathMatch& path) {
  constexpr std::array<std::string_view, 4> kKinds{"exact ", "prefix ", "template ", "regex "};
  return std::string(kKinds[static_cast<std::size_t>(path.kind)]) + path.text;
}

/// The value of a header condition may be a secret: only its kind is told.
std::string header_text(const config::kube::HeaderMatch& header) {
  constexpr std::array<std::string_view, 6> kKinds{"an exact value", "a prefix", "a suffix",
                                                   "a regex",        "present",  "absent"};
  return "header " + header.name + ": want " + std::string(kKinds[static_cast<std::size_t>(header.kind)]);
}

std::string rule_text(const Rule& rule) {
  return "nearest rule " + rule.id + (rule.label.empty() ? "" : " (" + rule.label + ")") + ": ";
}

/// The best item of a rule whose peers match.
NearestMiss nearest_item(const Rule& rule, std::span<const HttpCondition> items, const RequestView& request) {
  NearestMiss best;
  for (std::size_t item = 0; item < items.size(); ++item) {
    const HttpMiss miss = items[item].first_miss(request, Reading::kCertain);
    if (step_of(miss.field) > best.step) {
      best = {step_of(miss.field), &rule, item, miss.field, miss.index};
    }
  }
  return best;
}

}  // namespace

std::string quoted(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, kMaxQuotedBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
      text += "\\x";
      text += kHex[byte >> 4U];
      text += kHex[byte & 0xFU];
    } else {
      text += c;
    }
  }
  return text + (bytes.size() > kMaxQuotedBytes ? "\"..." : "\"");
}

std::string describe_miss(const config::kube::HttpMatch& item, const HttpMiss& miss, const RequestView& request) {
  const auto same = [](const std::string& text) { return text; };
  switch (miss.field) {
    case HttpField::kHost:
      return "host: want " + either(item.hosts, same);
    case HttpField::kMethod:
      return "method: got " + quoted(request.head.method) + ", want " + either(item.methods, same);
    case HttpField::kPath:
      return "path: got " + quoted(request.head.path) + ", want " + either(item.paths, path_text);
    case HttpField::kHeader:
      return header_text(item.headers[miss.index]);
    case HttpField::kNone:
      return {};
  }
  return {};
}

std::string describe_peer(const ConnectionFacts& facts, const Peer& peer, const RuleSet& /*rules*/) {
  std::string text = facts.peer_address.to_string();
  if (peer.host != nullptr) {
    text += peer.host->pods.empty() ? " (a node)" : " (pod " + peer.host->pods.front()->name.to_string() + ")";
  }
  if (facts.side == Side::kIngress && facts.peer_identity != nullptr) {
    text += " with " + facts.peer_identity->to_string();
  }
  return text;
}

std::string explain_network(const ConnectionFacts& facts, const Peer& peer, const RuleSet& rules,
                            const DirectionTable& table) {
  NearestMiss best;
  const std::size_t count = std::min(table.network_rules.size(), kMaxRulesLookedAt);
  for (std::size_t i = 0; i < count; ++i) {
    const RuleId id = table.network_rules[i];
    const Rule& rule = rules.rules[id];
    const Step step = surely_meets(peer, Entry{id, rule.peers, kAnyPeer}, rule) ? Step::kPort : Step::kPeer;
    if (step > best.step) {
      best = {step, &rule, 0, HttpField::kNone, 0};
    }
  }
  if (best.rule == nullptr) {
    return "isolated, and no rule allows anything";
  }
  if (best.step == Step::kPort) {
    return rule_text(*best.rule) + "port: got " + std::to_string(facts.port) + ", want " + best.rule->ports_text;
  }
  return rule_text(*best.rule) + "peer: got " + describe_peer(facts, peer, rules) + ", want " + best.rule->peers_text;
}

std::string explain_request(const ConnectionFacts& facts, const Peer& peer, const RuleSet& rules, const Cell* port,
                            const RuleConditions& conditions, const RequestView& request) {
  NearestMiss best;
  std::size_t left = kMaxRulesLookedAt;
  for (const auto rank : {L7Rank::kPeersAllow, L7Rank::kMessageAllow}) {
    for (std::size_t i = 0; port != nullptr && i < port->of(rank).size() && left > 0; ++i, --left) {
      const RuleId id = port->of(rank)[i];
      const Rule& rule = rules.rules[id];
      if (rule.mode != config::kube::PolicyMode::kEnforce) {
        continue;
      }
      NearestMiss miss{Step::kPeer, &rule, 0, HttpField::kNone, 0};
      if (surely_meets(peer, Entry{id, rule.peers, kAnyPeer}, rule)) {
        miss = nearest_item(rule, conditions[id], request);
      }
      if (miss.step > best.step) {
        best = miss;
      }
    }
  }
  if (best.rule == nullptr) {
    return "the port is closed and no rule allows anything";
  }
  if (best.step == Step::kPeer) {
    return rule_text(*best.rule) + "peer: got " + describe_peer(facts, peer, rules) + ", want " + best.rule->peers_text;
  }
  return rule_text(*best.rule) + describe_miss(best.rule->http[best.item], {best.field, best.index}, request);
}

}  // namespace gabion::inspect::policy
