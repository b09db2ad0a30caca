// What is not let through of what a client says: names nobody made, and messages in the place of others.
#include <algorithm>
#include <iterator>
#include <utility>

#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_front.h"

namespace gabion::proxy {
namespace {

using postgres::KnownStatement;
using postgres::NameUse;
using postgres::StatementRef;
using Expect = postgres::Conversation::Expect;

constexpr std::size_t kMostNames = 64;      // looked up for one message
constexpr std::size_t kMostResolved = 256;  // statements that one message may come to use

/// What may stand in a server's log, in a text no grammar takes: a rule's name, else the reason.
std::string for_poison(const PostgresDenial& denial) {
  constexpr std::size_t kMostBytes = 128;
  std::string text(denial.rule.empty() ? denial.reason : denial.rule);
  text.resize(std::min(text.size(), kMostBytes));
  std::replace_if(
      text.begin(), text.end(),
      [](char c) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !plain && std::string_view("/.-_[]:").find(c) == std::string_view::npos;
      },
      '_');
  return text;
}

/// What is told of its columns, now or by an answer under way, is true of the text, whatever rules say. Rules without
/// a place for columns may be other texts' as well: they are not written to.
void take_new_rules(KnownStatement& statement, postgres::RowRulesRef rules) {
  const bool has_columns = statement.rows != nullptr && statement.rows->columns != nullptr;
  if (rules != nullptr && has_columns) {
    if (rules->columns == nullptr) {
      auto own = postgres::make_local<postgres::RowRules>();
      own->limits = rules->limits;
      own->effect = rules->effect;
      rules = std::move(own);
    }
    rules->columns = statement.rows->columns;
  }
  statement.rows = std::move(rules);
}

}  // namespace

/// Not allowed where awaits_text_: then nothing is denied, either.
StatementVerdict PostgresFront::ask(std::string_view text) {
  return judge_->must_read(text) ? not_read(text) : judged(text);
}

StatementVerdict PostgresFront::judged(std::string_view text) {
  StatementVerdict verdict = judge_->judge(text);
  if (verdict.dry_run.differs) {
    owner_.on_dry_run(verdict.dry_run);
  }
  return verdict;
}

StatementVerdict PostgresFront::not_read(std::string_view text) {
  StatementVerdict verdict;
  verdict.allowed = false;
  if (std::exchange(refuses_text_, false)) {
    verdict.reason = "readers-busy";
  } else {
    unread_.emplace(text);
    awaits_text_ = true;
  }
  return verdict;
}

bool PostgresFront::refuse_use(std::string_view reason) noexcept {
  found_ = {reason, {}, {}};
  return false;
}

bool PostgresFront::meets_barrier() const noexcept {
  return std::any_of(meanings_.begin(), meanings_.end(), [](const StatementRef& one) { return one->is_barrier; });
}

bool PostgresFront::still_allowed(KnownStatement& statement) {
  if (statement.generation == generation()) {
    return true;
  }
  const StatementVerdict verdict = ask(statement.text);
  if (!verdict.allowed) {
    found_reason_ = verdict.reason;
    found_object_ = verdict.object;
    found_rule_ = verdict.rule;
    found_ = {found_reason_, found_object_, found_rule_};
    return false;
  }
  tell_note(verdict);
  statement.generation = generation();
  take_new_rules(statement, verdict.rows);
  talk_.charge(statement);
  return true;
}

/// Every meaning that a name may have is one that was allowed, and is allowed still; and so is all that their own
/// names stand for now, which joins them.
bool PostgresFront::resolve() {
  if (meanings_.empty()) {
    return refuse_use("unknown-name");
  }
  std::size_t looked_up = 0;
  for (std::size_t i = 0; i < meanings_.size(); ++i) {
    KnownStatement& meaning = *meanings_[i];  // which stays there
    if (!still_allowed(meaning) || !add_needed(meaning, looked_up)) {
      return false;
    }
  }
  return true;
}

/// Those a text needs must be there already, or be made by what stands before in it.
bool PostgresFront::add_needed(const KnownStatement& statement, std::size_t& looked_up) {
  using How = NameUse::How;
  for (auto use = statement.names.begin(); use != statement.names.end(); ++use) {
    if (use->how != How::kNeedsPrepared && use->how != How::kNeedsCursor) {
      continue;
    }
    if (++looked_up > kMostNames) {
      return refuse_use("too-many-names");
    }
    const How made = use->how == How::kNeedsPrepared ? How::kPrepares : How::kDeclares;
    if (std::any_of(statement.names.begin(), use,
                    [&](const NameUse& other) { return other.how == made && other.name == use->name; })) {
      continue;
    }
    needed_.clear();
    if (use->how == How::kNeedsPrepared) {
      talk_.find_statements(use->name, needed_);
    } else {
      talk_.find_portals(use->name, needed_);
    }
    if (needed_.empty()) {
      return refuse_use("unknown-name");
    }
    for (const StatementRef& needed : needed_) {
      if (std::find(meanings_.begin(), meanings_.end(), needed) == meanings_.end()) {
        meanings_.push_back(needed);
      }
      if (meanings_.size() > kMostResolved) {
        return refuse_use("too-many-names");
      }
    }
  }
  return true;
}

/// What `run` makes when it is run next. What is made can need cursors (CURRENT OF), and makes nothing itself.
bool PostgresFront::make_names(const KnownStatement& run, std::string_view text) {
  using How = NameUse::How;
  StatementRef made;
  for (const NameUse& use : run.names) {
    if (use.how != How::kPrepares && use.how != How::kDeclares) {
      continue;
    }
    if (!made) {
      if (!talk_.can_prepare(text.size())) {
        return refuse_use("too-many-statements");
      }
      made = postgres::make_local<KnownStatement>();
      made->text = text;
      made->generation = run.generation;
      made->is_barrier = run.is_barrier;
      made->redefines = run.redefines;
      made->rows = run.rows;
      if (std::any_of(run.names.begin(), run.names.end(), [](const NameUse& n) { return n.how == How::kPrepares; })) {
        std::copy_if(run.names.begin(), run.names.end(), std::back_inserter(made->names),
                     [](const NameUse& other) { return other.how == How::kNeedsCursor; });
      }
      talk_.charge(*made);
    }
    if (!talk_.may_make(use, made)) {
      return refuse_use("too-many-statements");
    }
  }
  return true;
}

/// Of what is known by its text.
bool PostgresFront::make_all_names() {
  return std::all_of(meanings_.begin(), meanings_.end(),
                     [this](const StatementRef& one) { return one->text.empty() || make_names(*one, one->text); });
}

// Denials.

void PostgresFront::tell(const PostgresDenial& denial) {
  ++denied_;
  denial_ = "denied by policy: ";
  denial_ += denial.reason;
  if (!denial.object.empty()) {
    denial_ += ": ";
    denial_ += denial.object;
  }
  owner_.on_denied(denial);
}

PostgresFront::Fate PostgresFront::deny_query(const PostgresDenial& denial) {
  if (awaits_text_) {
    --statements_;  // it comes again
    return Fate::kWait;
  }
  tell(denial);
  talk_.said(Expect::kQuery, denial_);
  scratch_.clear();
  postgres::write_poison_query(scratch_, for_poison(denial));
  return Fate::kReplace;
}

PostgresFront::Fate PostgresFront::deny_parse(const PostgresDenial& denial) {
  if (awaits_text_) {
    --statements_;  // it comes again
    return Fate::kWait;
  }
  tell(denial);
  is_failed_ = true;
  talk_.said(Expect::kParse, denial_);
  scratch_.clear();
  postgres::write_poison_parse(scratch_, nowhere_, for_poison(denial));
  return Fate::kReplace;
}

/// Of a name: found_ says why. What the server skips anyhow is no denial of its own.
PostgresFront::Fate PostgresFront::deny_use(Expect what) {
  if (awaits_text_) {
    return Fate::kWait;
  }
  if (!is_failed_) {
    tell(found_);
  }
  is_failed_ = true;
  talk_.said(what, denial_);
  scratch_.clear();
  if (what == Expect::kBind) {
    postgres::write_poison_bind(scratch_, nowhere_);
  } else {
    postgres::write_poison_execute(scratch_, nowhere_);
  }
  return Fate::kReplace;
}

}  // namespace gabion::proxy
