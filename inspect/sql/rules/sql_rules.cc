// Rules by their content: two generations that say the same have the same digest, so their verdicts are the same.
#include "inspect/sql/rules/sql_rules.h"

#include <algorithm>
#include <utility>

namespace gabion::inspect::sql {
namespace {

using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::kube::SqlMatch;

/// Everything that is hashed, each part with its length, so that none runs into the next.
class Content {
 public:
  void add(std::string_view text) {
    number(text.size());
    bytes_ += text;
  }
  void number(std::uint64_t value) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<char>(value >> shift & 0xFFU));
    }
  }
  void list(const std::vector<std::string>& texts) {
    number(texts.size());
    for (const auto& text : texts) {
      add(text);
    }
  }
  template <class Word>
  void words(const std::vector<Word>& values) {
    number(values.size());
    for (const Word value : values) {
      number(static_cast<std::uint64_t>(value));
    }
  }
  void digest(const Digest& value) {
    number(value.low);
    number(value.high);
  }
  /// Policies are written by who may: no secret is needed against them.
  [[nodiscard]] Digest made() const { return KeyedDigest({0, 0})(bytes_); }

 private:
  std::string bytes_;
};

void add(Content& content, const SqlMatch& match) {
  for (const auto* names : {&match.users, &match.databases, &match.statements, &match.tables, &match.columns,
                            &match.functions, &match.settings}) {
    content.list(*names);
  }
  content.words(match.presets);
  content.words(match.require_where);
  content.number(static_cast<std::uint64_t>(match.stacked));
  content.number(static_cast<std::uint64_t>(match.injection));
  content.number(static_cast<std::uint64_t>(match.taint));
  for (const auto& limit : {match.limits.rows, match.limits.bytes, match.limits.statement_bytes}) {
    content.number(limit ? *limit + 1 : 0);
  }
  content.number(match.mask.size());
  for (const auto& mask : match.mask) {
    content.add(mask.column);
    content.number(static_cast<std::uint64_t>(mask.with));
  }
  content.number(static_cast<std::uint64_t>(match.lost_lineage));
  content.number(static_cast<std::uint64_t>(match.fingerprints.mode));
  content.list(match.fingerprints.learnt);
}

std::uint32_t bytes_of(const SqlItem& item) noexcept {
  const auto limit = item.limits.statement_bytes.value_or(SqlSubject::kMostStatementBytes);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(limit, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

SqlRule SqlRule::compile(std::string name, RuleAction action, PolicyMode mode, const std::vector<SqlMatch>& match) {
  SqlRule rule;
  Content content;
  content.add(name);
  content.number(static_cast<std::uint64_t>(action));
  content.number(static_cast<std::uint64_t>(mode));
  content.number(match.size());
  for (const auto& one : match) {
    rule.items.push_back(SqlItem::compile(one, action));
    add(content, one);
  }
  if (match.empty()) {
    rule.items.push_back(SqlItem::for_everything());
  }
  rule.name = std::move(name);
  rule.action = action;
  rule.mode = mode;
  rule.digest = content.made();
  return rule;
}

SqlRules::SqlRules(std::vector<std::shared_ptr<const SqlRule>> rules, PortClosed closed)
    : rules_(std::move(rules)), closed_(closed) {
  rules_.resize(std::min<std::size_t>(rules_.size(), kNoRule));
  Content content;
  content.number((closed.enforced ? 1U : 0U) | (closed.with_dry_run ? 2U : 0U));
  for (const auto& rule : rules_) {
    content.digest(rule->digest);
    has_dry_run_ = has_dry_run_ || rule->mode == PolicyMode::kDryRun;
  }
  digest_ = content.made();
}

SqlSubject::SqlSubject(std::shared_ptr<const SqlRules> rules, SqlContext context)
    : rules_(std::move(rules)), context_(std::move(context)), enforced_(view(Counted::kEnforced)) {
  if (rules_->has_dry_run()) {
    with_dry_run_ = view(Counted::kAll);
  }
  digest_ = make_digest();
}

SqlSubject::View SqlSubject::view(Counted counted) const {
  View made;
  made.closed = counted == Counted::kAll ? rules_->closed().with_dry_run : rules_->closed().enforced;
  for (std::size_t number = 0; number < rules_->all().size(); ++number) {
    const SqlRule& rule = *rules_->all()[number];
    if (counted == Counted::kEnforced && rule.mode == PolicyMode::kDryRun) {
      continue;
    }
    const bool denies = rule.action == RuleAction::kDeny;
    for (const auto& item : rule.items) {
      made.by_name = made.by_name || !item.everything;
      if (!item.is_for(context_.user, context_.database)) {
        continue;
      }
      (denies ? made.denies : made.allows).push_back({&item, static_cast<SqlRules::Number>(number)});
      made.most_bytes = denies ? made.most_bytes : std::max(made.most_bytes, bytes_of(item));
    }
  }
  made.scans_lost =
      context_.abilities.scans_lost && std::all_of(made.allows.begin(), made.allows.end(), [](const Applied& one) {
        return one.item->masks.empty() || one.item->lost_lineage == config::kube::SqlLostLineage::kScan;
      });
  made.most_bytes = made.most_bytes == 0 ? kMostStatementBytes : made.most_bytes;
  return made;
}

std::uint32_t SqlSubject::most_bytes() const noexcept {
  return std::max(enforced_.most_bytes, with_dry_run_.most_bytes);
}

Digest SqlSubject::make_digest() const {
  Content content;
  content.digest(rules_->digest());
  content.add(context_.user);
  content.add(context_.database);
  content.list(context_.search_path);
  content.number((context_.abilities.counts_rows ? 1U : 0U) | (context_.abilities.masks_columns ? 2U : 0U) |
                 (context_.abilities.masks_copies ? 4U : 0U) | (context_.abilities.scans_lost ? 8U : 0U));
  return content.made();
}

}  // namespace gabion::inspect::sql
