// Layer by layer, then rank by rank: Deny before Allow, peers before messages, the first rule of each (policy §3.2).
#include "inspect/policy/judge.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::IpProtocol;
using config::kube::PolicyMode;
using config::policy::Cell;
using config::policy::cell_at;
using config::policy::DirectionTable;
using config::policy::kNoRule;
using config::policy::L7Rank;
using config::policy::MayBePod;
using config::policy::PortRows;
using config::policy::PortState;
using config::policy::Rule;
using config::policy::RuleId;
using config::policy::Stretch;
using config::policy::stretch_at;
using config::policy::Way;

/// Shorter lists are asked one by one.
constexpr std::size_t kRulesWorthAnIndex = 8;
/// A denial must stay cheap: its reason is then the plain one.
constexpr std::size_t kMostRulesExplained = 512;

Way way_of(Side side) noexcept {
  return side == Side::kIngress ? Way::kIngress : Way::kEgress;
}

/// The layer of Deny rules that may mean such a peer beyond what its class says; null: none.
const PortRows* doubtful_layer(const DirectionTable& table, MayBePod may_be) noexcept {
  switch (may_be) {
    case MayBePod::kKnown:
      return nullptr;
    case MayBePod::kOutside:
      return table.outsider.get();
    case MayBePod::kNobody:
    case MayBePod::kPodRange:
      return table.perhaps_pod.get();
    case MayBePod::kStranger:
      return table.stranger.get();
  }
  return nullptr;
}

config::DlpAction action_of(config::kube::DlpInspect::Action action) noexcept {
  switch (action) {
    case config::kube::DlpInspect::Action::kLog:
      return config::DlpAction::kLog;
    case config::kube::DlpInspect::Action::kMask:
      return config::DlpAction::kMask;
    case config::kube::DlpInspect::Action::kBlock:
      return config::DlpAction::kBlock;
  }
  return config::DlpAction::kBlock;
}

config::DlpDirection direction_of(config::kube::DlpInspect::Way way) noexcept {
  switch (way) {
    case config::kube::DlpInspect::Way::kRequest:
      return config::DlpDirection::kRequest;
    case config::kube::DlpInspect::Way::kResponse:
      return config::DlpDirection::kResponse;
    case config::kube::DlpInspect::Way::kBoth:
      return config::DlpDirection::kBoth;
  }
  return config::DlpDirection::kBoth;
}

}  // namespace

void add_demands_of(const Rule& rule, Demands& demands) {
  if (rule.waf) {
    const bool blocks = rule.waf->mode == config::kube::WafInspect::Mode::kBlock;
    demands.waf.push_back({rule.waf->profile, blocks ? config::WafMode::kBlock : config::WafMode::kDetect});
  }
  for (const auto& dlp : rule.dlp) {
    demands.dlp.push_back({dlp.profile, action_of(dlp.action), direction_of(dlp.way)});
  }
}

struct Judge::CellIndex {
  std::optional<HttpIndex> deny;
  std::optional<HttpIndex> allow;
};

void Place::add(const Stretch* stretch) noexcept {
  if (stretch == nullptr || stretch->cell == nullptr) {
    return;
  }
  network = std::min(network, stretch->network);
  if (stretch->only_network) {
    return;
  }
  const Cell* cell = stretch->cell;
  cells[count++] = cell;
  enforced.add(cell->enforced);
  with_dry_run.add(cell->with_dry_run);
  dry_run = std::min(dry_run, cell->dry_run);
  dry_run_closes = std::min(dry_run_closes, cell->dry_run_closes);
}

const DirectionTable& Judge::table(Side side) const noexcept {
  return rules_.of(way_of(side));
}

const Cell* Judge::everybody(Side side, std::uint16_t port) const noexcept {
  return cell_at(*table(side).everybody, IpProtocol::kTcp, port);
}

Place Judge::place(const ConnectionFacts& facts, const Peer& peer, IpProtocol protocol) const noexcept {
  const DirectionTable& direction = table(facts.side);
  const auto way = static_cast<std::size_t>(way_of(facts.side));
  Place result;
  result.add(stretch_at(*direction.anybody, protocol, facts.port));
  result.add(stretch_at(peer.address->rows[way], protocol, facts.port));
  if (peer.account != nullptr) {
    result.add(stretch_at(peer.account->rows[way], protocol, facts.port));
  }
  if (const auto* doubtful = doubtful_layer(direction, peer.may_be)) {
    result.add(stretch_at(*doubtful, protocol, facts.port));
  }
  return result;
}

Ruling Judge::network(const ConnectionFacts& facts, const Peer& peer, const Place& at) const noexcept {
  if (peer.kind == Peer::Kind::kMismatch) {
    return {Reason::kIdentityMismatch, kNoRule, "identity_mismatch"};
  }
  if (peer.kind == Peer::Kind::kSelf) {
    return {Reason::kNone, kNoRule, "self"};
  }
  if (peer.kind == Peer::Kind::kOwnNode) {
    return {Reason::kNone, kNoRule, "own_node"};
  }
  if (!table(facts.side).isolated) {
    return {Reason::kNone, kNoRule, "not_isolated"};
  }
  if (at.network != kNoRule) {
    return {Reason::kNone, at.network, "rule"};
  }
  if (!table(facts.side).unreadable_policy.empty()) {
    return {Reason::kPolicyInvalid, kNoRule, "invalid_policy"};
  }
  return {Reason::kPolicyDenied, kNoRule, peer.may_be == MayBePod::kPodRange ? "unknown_peer" : "no_rule"};
}

RuleId Judge::first_of_peers(const Place& at, L7Rank rank, Counted counted) const noexcept {
  RuleId best = kNoRule;
  for (const Cell* cell : at.layers()) {
    for (const RuleId id : cell->of(rank)) {
      if (id >= best) {
        break;
      }
      if (counts(id, counted)) {
        best = id;
        break;
      }
    }
  }
  return best;
}

Ruling Judge::denied_by(RuleId rule) const noexcept {
  return tag(rule).unreadable ? Ruling{Reason::kPolicyInvalid, rule, "invalid_policy"}
                              : Ruling{Reason::kPolicyDenied, rule, "l7_deny"};
}

bool Judge::meets_http(RuleId rule, const RequestView& view, Reading reading) const {
  const auto items = (*conditions_)[rule];
  return items.empty() || std::any_of(items.begin(), items.end(), [&](const HttpCondition& item) {
           return item.first_miss(view, reading).field == HttpField::kNone;
         });
}

RuleId Judge::first_of_message(const Place& at, L7Rank rank, Counted counted, const RequestView& view,
                               PathKeys& keys) const {
  const Reading reading = rank == L7Rank::kMessageDeny ? Reading::kPossible : Reading::kCertain;
  RuleId best = kNoRule;
  for (const Cell* cell : at.layers()) {
    const auto* indexed = (*indexes_)[cell->id].get();
    const auto* index = indexed == nullptr ? nullptr : rank == L7Rank::kMessageDeny ? &indexed->deny : &indexed->allow;
    if (index != nullptr && index->has_value()) {
      best = (*index)->first(view, keys, reading, best, [&](const HttpIndex::Candidate& candidate) {
        return counts(candidate.rule, counted) &&
               (candidate.item == HttpIndex::kEveryRequest ||
                conditions_->item(candidate.item).first_miss(view, reading).field == HttpField::kNone);
      });
      continue;
    }
    for (const RuleId id : cell->of(rank)) {
      if (id >= best) {
        break;
      }
      if (counts(id, counted) && meets_http(id, view, reading)) {
        best = id;
        break;
      }
    }
  }
  return best;
}

Ruling Judge::peers_only(const Place& at, Counted counted) const noexcept {
  const PortState& state = counted == Counted::kEnforced ? at.enforced : at.with_dry_run;
  if (std::popcount(state.parsed) > 1) {
    return {Reason::kPolicyDenied, kNoRule, "protocol_conflict"};
  }
  const RuleId denies = first_of_peers(at, L7Rank::kPeersDeny, counted);
  return denies == kNoRule ? Ruling{} : denied_by(denies);
}

Ruling Judge::request(const Place& at, const RequestView& view, Counted asked) const {
  // Without DryRun rules on the port both are the same, and no rule need be looked up to know it counts.
  const Counted counted = at.dry_run == kNoRule ? Counted::kWithDryRun : asked;
  const PortState& state = counted == Counted::kEnforced ? at.enforced : at.with_dry_run;
  if (const Ruling early = peers_only(at, counted); early.reason != Reason::kNone) {
    return early;
  }
  if ((state.parsed & ~config::policy::protocol_bit(AppProtocol::kHttp)) != 0) {
    return {Reason::kPolicyDenied, kNoRule, "protocol_mismatch"};
  }
  if (state.path_rules && view.path.is_ambiguous()) {
    return {Reason::kAmbiguousPath, kNoRule, "ambiguous_path"};
  }
  PathKeys keys(view.path.text());
  if (const RuleId denies = first_of_message(at, L7Rank::kMessageDeny, counted, view, keys); denies != kNoRule) {
    return denied_by(denies);
  }
  RuleId allows = first_of_peers(at, L7Rank::kPeersAllow, counted);
  if (allows == kNoRule) {
    allows = first_of_message(at, L7Rank::kMessageAllow, counted, view, keys);
  }
  if (allows != kNoRule) {
    return {Reason::kNone, allows, "rule"};
  }
  return state.closed ? Ruling{Reason::kPolicyDenied, kNoRule, "l7_no_match"} : Ruling{};
}

bool Judge::leaves_requests(const Place& at) const noexcept {
  const bool other_protocol = (at.enforced.parsed & ~config::policy::protocol_bit(AppProtocol::kHttp)) != 0;
  if (other_protocol || peers_only(at, Counted::kEnforced).reason != Reason::kNone) {
    return false;
  }
  const auto denies_all = [this](RuleId id) { return counts(id, Counted::kEnforced) && (*conditions_)[id].empty(); };
  const auto layers = at.layers();
  if (std::any_of(layers.begin(), layers.end(), [&](const Cell* cell) {
        const auto& denies = cell->of(L7Rank::kMessageDeny);
        return std::any_of(denies.begin(), denies.end(), denies_all);
      })) {
    return false;
  }
  return !at.enforced.closed || first_of_peers(at, L7Rank::kPeersAllow, Counted::kEnforced) != kNoRule ||
         first_of_peers(at, L7Rank::kMessageAllow, Counted::kEnforced) != kNoRule;
}

bool Judge::lacks_identity(const ConnectionFacts& facts, const Peer& peer, const RequestView& view) const {
  const Cell* all = everybody(facts.side, facts.port);
  if (facts.side != Side::kIngress || facts.peer_identity != nullptr || all == nullptr) {
    return false;
  }
  const auto would_meet = [&](RuleId id) {
    const bool pod = peer.host != nullptr && !peer.host->verified.empty();
    const bool fits = !pod || std::any_of(peer.host->verified.begin(), peer.host->verified.end(), [&](const auto& own) {
      return config::policy::has_term(own.peer_class->allow, rules_.rules[id].peers);
    });
    return fits && meets_http(id, view, Reading::kCertain);
  };
  const std::size_t count = std::min(all->by_account.size(), kMostRulesExplained);
  return std::any_of(all->by_account.begin(), all->by_account.begin() + static_cast<std::ptrdiff_t>(count), would_meet);
}

void Judge::add_demands(const Place& at, const RequestView& view, Demands& demands) const {
  const auto applies = [&](RuleId id) {
    return std::any_of(at.layers().begin(), at.layers().end(), [&](const Cell* cell) {
      const auto& by_peers = cell->of(L7Rank::kPeersAllow);
      const auto& by_message = cell->of(L7Rank::kMessageAllow);
      return std::binary_search(by_peers.begin(), by_peers.end(), id) ||
             std::binary_search(by_message.begin(), by_message.end(), id);
    });
  };
  for (const RuleId id : demanding_) {
    if (applies(id) && meets_http(id, view, Reading::kCertain)) {
      add_demands_of(rules_.rules[id], demands);
    }
  }
}

void Judge::find_demanding_rules() {
  for (std::size_t id = 0; id < rules_.rules.size(); ++id) {
    const Rule& rule = rules_.rules[id];
    if ((rule.waf || !rule.dlp.empty()) && rule.action == config::kube::RuleAction::kAllow &&
        rule.mode == PolicyMode::kEnforce) {
      demanding_.push_back(static_cast<RuleId>(id));
    }
  }
}

void Judge::make_tags() {
  auto made = std::make_shared<std::vector<RuleTag>>();
  made->reserve(rules_.rules.size());
  for (const Rule& rule : rules_.rules) {
    made->push_back(
        {rule.id.data(), static_cast<std::uint32_t>(rule.id.size()), rule.kind, rule.mode, rule.unreadable});
  }
  tags_ = std::move(made);
}

config::Result<void> Judge::compile_conditions() {
  auto made = std::make_shared<RuleConditions>();
  for (std::size_t rule = 0; rule < rules_.rules.size(); ++rule) {
    const auto& source = rules_.rules[rule];
    for (std::size_t item = 0; item < source.http.size(); ++item) {
      auto condition = HttpCondition::compile(source.http[item]);
      if (!condition) {
        return config::Error{condition.error().what,
                             source.id + ".http[" + std::to_string(item) + "]." + condition.error().where};
      }
      made->add(std::move(*condition));
    }
    made->end_rule();
  }
  conditions_ = std::move(made);
  return {};
}

void Judge::index_cells(const CellIndexes* known) {
  auto made = known != nullptr ? std::make_shared<CellIndexes>(*known) : std::make_shared<CellIndexes>();
  const auto index = [this](const std::vector<RuleId>& ids) -> std::optional<HttpIndex> {
    return ids.size() < kRulesWorthAnIndex ? std::nullopt
                                           : std::optional<HttpIndex>(HttpIndex(ids, rules_.rules, *conditions_));
  };
  for (std::size_t id = made->size(); id < rules_.cells.size(); ++id) {
    auto both = std::make_shared<CellIndex>();
    both->deny = index(rules_.cells[id]->of(L7Rank::kMessageDeny));
    both->allow = index(rules_.cells[id]->of(L7Rank::kMessageAllow));
    made->push_back(both->deny || both->allow ? std::move(both) : nullptr);
  }
  indexes_ = std::move(made);
}

config::Result<std::unique_ptr<const Judge>> Judge::make(config::policy::RuleSet rules, const Judge* previous) {
  std::unique_ptr<Judge> made(new Judge(std::move(rules)));
  made->find_demanding_rules();
  if (previous == nullptr || !made->rules_.rules.same_as(previous->rules_.rules)) {
    if (auto compiled = made->compile_conditions(); !compiled) {
      return compiled.error();
    }
    made->compile_sql();
    made->make_tags();
    made->index_cells(nullptr);
    return std::unique_ptr<const Judge>(std::move(made));
  }
  made->tags_ = previous->tags_;
  made->conditions_ = previous->conditions_;
  made->sql_ = previous->sql_;
  if (made->rules_.cells.same_as(previous->rules_.cells)) {
    made->indexes_ = previous->indexes_;
  } else {
    made->index_cells(previous->indexes_.get());
  }
  return std::unique_ptr<const Judge>(std::move(made));
}

}  // namespace gabion::inspect::policy
