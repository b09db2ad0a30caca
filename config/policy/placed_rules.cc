// A sweep over the ports: rules begin and end, and between two bounds a cell is what is open.
#include "config/policy/placed_rules.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace gabion::config::policy {
namespace {

L7Rank rank_of(const Rule& rule) noexcept {
  const bool peers_only = rule.protocol == kube::AppProtocol::kTcp;
  if (rule.action == kube::RuleAction::kDeny) {
    return peers_only ? L7Rank::kPeersDeny : L7Rank::kMessageDeny;
  }
  return peers_only ? L7Rank::kPeersAllow : L7Rank::kMessageAllow;
}

/// What listing a port in `rule` says about the port.
PortState state_of(const Rule& rule) noexcept {
  PortState state;
  state.closed = rule.action == kube::RuleAction::kAllow;
  state.path_rules =
      std::any_of(rule.http.begin(), rule.http.end(), [](const kube::HttpMatch& item) { return !item.paths.empty(); });
  state.parsed = rule.protocol == kube::AppProtocol::kTcp ? ProtocolSet{0} : protocol_bit(rule.protocol);
  return state;
}

void append_number(std::string& key, std::uint32_t value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_state(std::string& key, const PortState& state) {
  key.push_back(static_cast<char>((state.closed ? 1 : 0) | (state.path_rules ? 2 : 0)));
  key.push_back(static_cast<char>(state.parsed));
}

std::string content_key(const Cell& cell) {
  std::string key;
  append_number(key, cell.network);
  append_state(key, cell.enforced);
  append_state(key, cell.with_dry_run);
  append_number(key, cell.dry_run);
  append_number(key, cell.dry_run_closes);
  for (const auto& list : cell.l7) {
    append_number(key, static_cast<std::uint32_t>(list.size()));
    for (const RuleId rule : list) {
      append_number(key, rule);
    }
  }
  return key;
}

bool is_only_network(const Cell& cell) noexcept {
  return cell.with_dry_run == PortState{} && cell.dry_run == kNoRule &&
         std::all_of(cell.l7.begin(), cell.l7.end(), [](const auto& list) { return list.empty(); });
}

bool says_nothing(const Cell& cell) noexcept {
  return cell.network == kNoRule && is_only_network(cell);
}

}  // namespace

const Cell* CellPool::intern(Cell cell) {
  if (says_nothing(cell)) {
    return nullptr;
  }
  auto& known = by_content_[content_key(cell)];
  if (!known) {
    cell.id = static_cast<std::uint32_t>(cells_.size());
    known = std::make_shared<const Cell>(std::move(cell));
    cells_.push_back(known);
  }
  return known.get();
}

/// What is open while the sweep goes on, and the row so far.
class PlacedRules::Builder {
 public:
  explicit Builder(PlacedRules& owner) : owner_(owner) {}

  void open(const Picked& picked) {
    const Placed& placed = owner_.placed_[picked.first];
    const RuleId id = placed.entry.rule;
    if (!owner_.is_l7(placed)) {
      network_.insert(id);
      return;
    }
    if (picked.second != Adds::kState) {
      answers_[static_cast<std::size_t>(rank_of(owner_.rule(placed)))].insert(id);
    }
    if (picked.second != Adds::kAnswer) {
      states_.insert(id);
    }
  }

  void close(const Picked& picked) {
    const Placed& placed = owner_.placed_[picked.first];
    const RuleId id = placed.entry.rule;
    if (!owner_.is_l7(placed)) {
      network_.erase(network_.find(id));
      return;
    }
    if (picked.second != Adds::kState) {
      auto& list = answers_[static_cast<std::size_t>(rank_of(owner_.rule(placed)))];
      list.erase(list.find(id));
    }
    if (picked.second != Adds::kAnswer) {
      states_.erase(states_.find(id));
    }
  }

  void cut(std::uint16_t port) {
    const Cell* cell = owner_.cells_.intern(make_cell());
    if (row_.empty() || row_.back().cell != cell) {
      row_.push_back(cell == nullptr ? Stretch{.first = port}
                                     : Stretch{port, is_only_network(*cell), cell->network, cell});
    }
  }

  [[nodiscard]] Row finish() {
    if (row_.size() == 1 && row_.front().cell == nullptr) {
      row_.clear();
    }
    return std::move(row_);
  }

 private:
  [[nodiscard]] Cell make_cell() {
    Cell cell;
    cell.network = network_.empty() ? kNoRule : *network_.begin();
    for (const RuleId id : states_) {
      const Rule& rule = owner_.rules_[id];
      cell.with_dry_run.add(state_of(rule));
      if (rule.mode == kube::PolicyMode::kEnforce) {
        cell.enforced.add(state_of(rule));
        continue;
      }
      cell.dry_run = std::min(cell.dry_run, id);
      cell.dry_run_closes =
          rule.action == kube::RuleAction::kAllow ? std::min(cell.dry_run_closes, id) : cell.dry_run_closes;
    }
    std::size_t cost = 1 + states_.size();
    for (std::size_t rank = 0; rank < kL7Ranks; ++rank) {
      auto& list = cell.l7[rank];
      list.assign(answers_[rank].begin(), answers_[rank].end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
      cost += list.size();
      std::copy_if(list.begin(), list.end(), std::back_inserter(cell.by_account), [this](RuleId id) {
        const Rule& rule = owner_.rules_[id];
        return !rule.accounts.empty() && rule.action == kube::RuleAction::kAllow &&
               rule.mode == kube::PolicyMode::kEnforce;
      });
    }
    return owner_.budget_.take(cost) ? cell : Cell{};
  }

  PlacedRules& owner_;
  std::multiset<RuleId> network_;
  std::array<std::multiset<RuleId>, kL7Ranks> answers_;
  std::multiset<RuleId> states_;
  Row row_;
};

void PlacedRules::add(const PortSpan& span, const Entry& entry) {
  const auto index = static_cast<std::uint32_t>(placed_.size());
  placed_.push_back(Placed{span, entry});
  by_peers_[entry.peers].push_back(index);
  if (is_l7(placed_.back())) {
    by_applies_[entry.applies].push_back(index);
  }
}

Row PlacedRules::row(const std::vector<Picked>& picked, kube::IpProtocol protocol) {
  std::vector<std::pair<std::uint32_t, std::size_t>> begins;  // port, index into picked
  std::vector<std::pair<std::uint32_t, std::size_t>> ends;
  std::vector<std::uint32_t> bounds{0};
  for (std::size_t i = 0; i < picked.size(); ++i) {
    const PortSpan& span = placed_[picked[i].first].span;
    if (span.protocol != protocol) {
      continue;
    }
    begins.emplace_back(span.first, i);
    ends.emplace_back(span.last + 1U, i);
    bounds.push_back(span.first);
    bounds.push_back(span.last + 1U);
  }
  if (begins.empty()) {
    return {};
  }
  for (auto* list : {&begins, &ends}) {
    std::sort(list->begin(), list->end());
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  Builder builder(*this);
  std::size_t begin = 0;
  std::size_t end = 0;
  for (const std::uint32_t port : bounds) {
    for (; end < ends.size() && ends[end].first == port; ++end) {
      builder.close(picked[ends[end].second]);
    }
    for (; begin < begins.size() && begins[begin].first == port; ++begin) {
      builder.open(picked[begins[begin].second]);
    }
    if (port <= 65535 && !budget_.is_spent()) {
      builder.cut(static_cast<std::uint16_t>(port));
    }
  }
  return builder.finish();
}

PortRows PlacedRules::rows(const std::vector<Picked>& picked) {
  if (picked.empty() || budget_.is_spent()) {
    return {};
  }
  std::array<Row, 3> result;
  for (const auto protocol : {kube::IpProtocol::kTcp, kube::IpProtocol::kUdp, kube::IpProtocol::kSctp}) {
    result[static_cast<std::size_t>(protocol)] = row(picked, protocol);
  }
  return PortRows(result);
}

PortRows PlacedRules::denying(MayBePod may_be) {
  std::vector<Picked> picked;
  for (std::uint32_t i = 0; i < placed_.size(); ++i) {
    const Placed& placed = placed_[i];
    const bool names_somebody = placed.entry.peers != kAnyPeer && placed.entry.applies == kAnyPeer;
    if (is_l7(placed) && names_somebody && rule(placed).action == kube::RuleAction::kDeny &&
        may_mean_stranger(rule(placed), may_be)) {
      picked.emplace_back(i, Adds::kAnswer);
    }
  }
  return rows(picked);
}

void PlacedRules::fill(DirectionTable& table) {
  std::vector<Picked> anybody;
  std::vector<Picked> everybody;
  for (std::uint32_t i = 0; i < placed_.size(); ++i) {
    const Placed& placed = placed_[i];
    const bool answers = placed.entry.peers == kAnyPeer;
    const bool states = is_l7(placed) && placed.entry.applies == kAnyPeer;
    if (answers || states) {
      anybody.emplace_back(i, answers && states ? Adds::kBoth : answers ? Adds::kAnswer : Adds::kState);
    }
    if (is_l7(placed)) {
      everybody.emplace_back(i, Adds::kBoth);
    }
  }
  table.anybody = std::make_shared<const PortRows>(rows(anybody));
  table.everybody = std::make_shared<const PortRows>(rows(everybody));
  table.outsider = std::make_shared<const PortRows>(denying(MayBePod::kOutside));
  table.perhaps_pod = std::make_shared<const PortRows>(denying(MayBePod::kNobody));
  table.stranger = std::make_shared<const PortRows>(denying(MayBePod::kStranger));
}

PortRows PlacedRules::rows_of(const std::vector<TermId>& allow, const std::vector<TermId>& deny) {
  std::vector<Picked> picked;
  const auto each = [](const auto& index, TermId term, const auto& visit) {
    const auto found = index.find(term);
    if (found != index.end()) {
      std::for_each(found->second.begin(), found->second.end(), visit);
    }
  };
  for (const TermId term : allow) {
    each(by_peers_, term, [&](std::uint32_t i) {
      if (rule(placed_[i]).action == kube::RuleAction::kAllow) {  // NetworkPolicy rules all are
        picked.emplace_back(i, Adds::kAnswer);
      }
    });
  }
  for (const TermId term : deny) {
    each(by_peers_, term, [&](std::uint32_t i) {
      if (rule(placed_[i]).action == kube::RuleAction::kDeny) {
        picked.emplace_back(i, Adds::kAnswer);
      }
    });
    each(by_applies_, term, [&](std::uint32_t i) { picked.emplace_back(i, Adds::kState); });
  }
  return rows(picked);
}

}  // namespace gabion::config::policy
