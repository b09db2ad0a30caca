// What rules say of the answers to what a client runs, binds and describes. See postgres_front.h.
#include <algorithm>
#include <limits>
#include <utility>

#include "proxy/session/postgres_front.h"

namespace gabion::proxy {
namespace {

using postgres::Conversation;
using postgres::NameUse;
using postgres::StatementRef;
using postgres::Target;
using Expect = Conversation::Expect;

}  // namespace

/// Limits and effect of what the text names, all taken together. Null: nothing of it is limited.
postgres::RowRulesRef PostgresFront::strictest_of_needed(std::size_t direct) const {
  postgres::RowRulesRef made;
  for (std::size_t i = direct; i < meanings_.size(); ++i) {
    const postgres::RowRulesRef& rules = meanings_[i]->rows;
    if (rules == nullptr || (!rules->limits.any() && rules->effect == postgres::Effect::kReads)) {
      continue;
    }
    made = made ? made : postgres::make_local<postgres::RowRules>();
    made->limits.tighten(rules->limits);
    made->effect = std::max(made->effect, rules->effect);
  }
  return made;
}

/// What is run is bound by its own rules, by those of what it names, and by what was taken from its cursor before.
bool PostgresFront::find_rules_of_run() {
  using How = NameUse::How;
  run_rules_ = meanings_.front()->rows;
  has_redefined_ = has_redefined_ || std::any_of(meanings_.begin(), meanings_.end(),
                                                 [](const StatementRef& one) { return one->redefines; });
  run_cursor_.reset();
  const postgres::RowRulesRef needed = strictest_of_needed(1);
  if (needed != nullptr) {
    auto both = postgres::make_local<postgres::RowRules>();
    if (run_rules_ != nullptr) {
      both->facts = run_rules_->facts.compact();
      both->copy = run_rules_->copy;
      both->columns = run_rules_->columns;
      both->limits = run_rules_->limits;
      both->effect = run_rules_->effect;
    }
    both->limits.tighten(needed->limits);
    both->effect = std::max(both->effect, needed->effect);
    run_rules_ = std::move(both);
  }
  std::string_view cursor;
  for (const NameUse& use : meanings_.front()->names) {
    if (use.how != How::kNeedsCursor || use.name == cursor) {
      continue;
    }
    postgres::RowLimitRef limit = talk_.find_limit(use.name);
    if (!cursor.empty() && (limit != nullptr || run_cursor_ != nullptr)) {
      found_ = {"row-limit", "two cursors in one text", {}};
      return false;
    }
    cursor = use.name;
    run_cursor_ = std::move(limit);
  }
  if (run_cursor_ != nullptr && run_rules_ != nullptr) {
    run_cursor_->tighten(run_rules_->limits);
  }
  return true;
}

/// Most portals are one statement's and gone when it is answered: their memory goes round. As good as new.
postgres::PortalRowsRef PostgresFront::blank_rows(std::size_t formats) {
  constexpr std::size_t kKept = 8;
  constexpr std::size_t kMostFormats = 64;
  const auto make = [] {
    return postgres::make_local<postgres::PortalRows>(
        postgres::PortalRows{{}, postgres::RowLimit({}, postgres::Effect::kReads)});
  };
  if (formats > kMostFormats) {
    return make();
  }
  for (const auto& kept : short_rows_) {
    if (kept.local_use_count() == 1) {
      kept->columns.forget();
      return kept;
    }
  }
  auto made = make();
  if (short_rows_.size() < kKept) {
    short_rows_.push_back(made);
  }
  return made;
}

/// False: the answers of who knows which text, in who knows which formats: found_.
bool PostgresFront::rows_of_bind(const postgres::BindMessage& message, Extent extent,
                                 const postgres::RowRulesRef& needed, postgres::PortalRowsRef& rows) {
  const bool any =
      needed != nullptr || std::any_of(meanings_.begin(), meanings_.end(),
                                       [](const StatementRef& meaning) { return meaning->rows != nullptr; });
  if (!any) {
    return true;
  }
  const bool is_clear = meanings_.size() == 1 && (meanings_.back()->rows != nullptr || needed != nullptr);
  if (is_clear) {
    rows = extent == Extent::kWhole ? blank_rows(message.result_formats.size() / 2)
                                    : blank_rows(std::numeric_limits<std::size_t>::max());
  }
  if (!is_clear || !postgres::read_formats(message.result_formats, rows->formats)) {
    found_ = {"masking", "a name with two meanings", {}};
    return false;
  }
  const postgres::RowRulesRef& own = meanings_.back()->rows;
  postgres::RowLimits limits = own != nullptr ? own->limits : postgres::RowLimits{};
  limits.tighten(needed != nullptr ? needed->limits : postgres::RowLimits{});
  const auto effect = std::max(own != nullptr ? own->effect : postgres::Effect::kReads,
                               needed != nullptr ? needed->effect : postgres::Effect::kReads);
  rows->limit = postgres::RowLimit(limits, effect);
  long_bind_rows_ = extent == Extent::kBeginning ? rows : nullptr;
  return true;
}

/// What it asks its answer in comes at its end: until then nothing can be executed of it.
PostgresFront::Fate PostgresFront::take_long_bind(const Step& step) {
  const std::string_view beginning{step.body.data(), step.body.size()};
  long_bind_rows_.reset();
  const Fate fate = take_bind(postgres::read_bind_beginning(beginning), Extent::kBeginning);
  if (fate != Fate::kPass || long_bind_rows_ == nullptr) {
    return fate;
  }
  long_bind_.emplace();
  return long_bind_->feed(beginning) ? Fate::kPass : violate("a Bind that is not what it says");
}

PostgresFront::Fate PostgresFront::follow_bind(const Step& step) {
  if (!long_bind_->feed({step.body.data(), step.body.size()}) || (step.ends && !long_bind_->is_whole())) {
    return violate("a Bind that is not what it says");
  }
  if (step.ends) {
    long_bind_rows_->formats = long_bind_->take_formats();
    long_bind_rows_.reset();
    long_bind_.reset();
  }
  return Fate::kPass;
}

PostgresFront::Fate PostgresFront::take_target(const Step& step) {
  const auto target = postgres::read_target({step.body.data(), step.body.size()});
  if (!target) {
    return violate("a Describe or Close that is not what it says");
  }
  if (step.type == 'C') {
    talk_.said_close(*target);
    return Fate::kPass;
  }
  meanings_.clear();
  Conversation::Portal bound;
  if (target->target == Target::kStatement) {
    talk_.find_statements(target->name, meanings_);
  } else {
    bound = talk_.find_portals(target->name, meanings_);
  }
  // Of a name with two meanings nobody knows whose columns are told.
  postgres::RowUse use;
  if (meanings_.size() == 1) {
    use.rules = meanings_.front()->rows;
    use.portal = bound.may_be_another ? nullptr : std::move(bound.rows);
  }
  talk_.said_with_rows(Expect::kDescribe, std::move(use));
  return Fate::kPass;
}

}  // namespace gabion::proxy
