// Port classes are the intervals between the bounds of all rules; a cell keeps the rules its peers can still meet.
#include "config/policy/direction_builder.h"

#include <algorithm>
#include <utility>

namespace gabion::config::policy {
namespace {

/// Deny before Allow, and what looks at peers only before what needs a message.
int rank(const Rule& rule) noexcept {
  const bool peers_only = rule.protocol == kube::AppProtocol::kTcp;
  return (rule.action == kube::RuleAction::kDeny ? 0 : 2) + (peers_only ? 0 : 1);
}

bool has_path_condition(const Rule& rule) noexcept {
  return std::any_of(rule.http.begin(), rule.http.end(),
                     [](const kube::HttpMatch& item) { return !item.paths.empty(); });
}

void add_to(PortState& state, const Rule& rule) noexcept {
  state.closed = state.closed || rule.action == kube::RuleAction::kAllow;
  state.path_rules = state.path_rules || has_path_condition(rule);
  if (rule.protocol != kube::AppProtocol::kTcp) {
    state.parsed = static_cast<ProtocolSet>(state.parsed | protocol_bit(rule.protocol));
  }
}

/// Adds to what is enforced and to what would be if DryRun policies were (policy §3.2: DryRun closes nothing).
template <class Target>
void add_state(const Rule& rule, Target& target) noexcept {
  add_to(target.with_dry_run, rule);
  if (rule.mode == kube::PolicyMode::kDryRun) {
    target.has_dry_run = true;
  } else {
    add_to(target.enforced, rule);
  }
}

void add_once(std::vector<Entry>& entries, const Entry& entry) {
  if (entries.empty() || !(entries.back() == entry)) {
    entries.push_back(entry);
  }
}

bool matters(const Entry& entry, const Rule& rule, const PeerClass& peers) noexcept {
  return has_term(rule.action == kube::RuleAction::kDeny ? peers.deny : peers.allow, entry.peers);
}

Cell make_cell(const RuleSet& rules, const PeerClass& peers, const PortClass& ports, bool isolated) {
  Cell cell;
  cell.network = isolated ? kNoRule : kNotIsolatedRule;
  for (const auto& entry : ports.network) {
    if (isolated && has_term(peers.allow, entry.peers) && has_term(peers.allow, entry.applies)) {
      cell.network = entry.rule;
      break;
    }
  }
  for (const auto& entry : ports.l7) {
    const Rule& rule = rules.rules[entry.rule];
    if (!has_term(peers.allow, entry.applies)) {
      continue;
    }
    add_state(rule, cell);
    if (matters(entry, rule, peers)) {
      cell.l7.push_back(entry);
    }
  }
  return cell;
}

void append_bytes(std::string& key, std::uint32_t value) {
  key.append(reinterpret_cast<const char*>(&value), 4);
}

void append_state(std::string& key, const PortState& state) {
  key.push_back(static_cast<char>((state.closed ? 1 : 0) | (state.path_rules ? 2 : 0)));
  key.push_back(static_cast<char>(state.parsed));
}

std::string content_key(const Cell& cell) {
  std::string key;
  append_bytes(key, cell.network);
  append_state(key, cell.enforced);
  append_state(key, cell.with_dry_run);
  key.push_back(cell.has_dry_run ? 1 : 0);
  for (const auto& entry : cell.l7) {
    append_bytes(key, entry.rule);
    append_bytes(key, entry.peers);
    append_bytes(key, entry.applies);
  }
  return key;
}

void finish_ports(const RuleSet& rules, PortClass& ports) {
  std::stable_sort(ports.l7.begin(), ports.l7.end(), [&rules](const Entry& a, const Entry& b) {
    return rank(rules.rules[a.rule]) < rank(rules.rules[b.rule]);
  });
  for (const auto& entry : ports.l7) {
    if (entry.applies == kAnyPeer) {
      add_state(rules.rules[entry.rule], ports);
    }
  }
}

}  // namespace

void DirectionBuilder::add_network(const PortSpan& span, const Entry& entry) {
  placed_.push_back(Placed{span, entry, PolicyKind::kNetworkPolicy});
}

void DirectionBuilder::add_l7(const PortSpan& span, const Entry& entry) {
  placed_.push_back(Placed{span, entry, PolicyKind::kL7Policy});
}

bool DirectionBuilder::cut(std::size_t protocol, PortTable& ports, std::size_t& budget) const {
  ports.first = {0};
  for (const auto& placed : placed_) {
    if (static_cast<std::size_t>(placed.span.protocol) != protocol) {
      continue;
    }
    ports.first.push_back(placed.span.first);
    if (placed.span.last < 65535) {
      ports.first.push_back(static_cast<std::uint16_t>(placed.span.last + 1));
    }
  }
  std::sort(ports.first.begin(), ports.first.end());
  ports.first.erase(std::unique(ports.first.begin(), ports.first.end()), ports.first.end());
  ports.classes.resize(ports.first.size());
  for (const auto& placed : placed_) {
    if (static_cast<std::size_t>(placed.span.protocol) != protocol) {
      continue;
    }
    const auto begin = std::lower_bound(ports.first.begin(), ports.first.end(), placed.span.first);
    const auto end = std::upper_bound(begin, ports.first.end(), placed.span.last);
    const auto covered = static_cast<std::size_t>(end - begin);
    if (covered > budget) {
      return false;
    }
    budget -= covered;
    for (auto at = static_cast<std::size_t>(begin - ports.first.begin()); at < ports.first.size(); ++at) {
      if (ports.first[at] > placed.span.last) {
        break;
      }
      auto& target = ports.classes[at];
      add_once(placed.kind == PolicyKind::kNetworkPolicy ? target.network : target.l7, placed.entry);
    }
  }
  return true;
}

std::uint32_t DirectionBuilder::intern(Cell cell, DirectionTable& table) {
  const auto [found, fresh] = cell_ids_.emplace(content_key(cell), static_cast<std::uint32_t>(table.cells.size()));
  if (fresh) {
    table.cells.push_back(std::move(cell));
  }
  return found->second;
}

bool DirectionBuilder::build(const RuleSet& rules, DirectionTable& table, std::size_t& cell_budget) {
  for (std::size_t protocol = 0; protocol < table.ports.size(); ++protocol) {
    PortTable& ports = table.ports[protocol];
    if (!cut(protocol, ports, cell_budget)) {
      return false;
    }
    const std::size_t cells = ports.classes.size() * rules.peer_classes.size();
    if (cells > cell_budget) {
      return false;
    }
    cell_budget -= cells;
    for (auto& port_class : ports.classes) {
      finish_ports(rules, port_class);
    }
    ports.cells.reserve(cells);
    for (const auto& peers : rules.peer_classes) {
      for (const auto& port_class : ports.classes) {
        ports.cells.push_back(intern(make_cell(rules, peers, port_class, table.isolated), table));
      }
    }
  }
  return true;
}

}  // namespace gabion::config::policy
