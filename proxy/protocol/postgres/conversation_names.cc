// Which statements and portals a session may use, and what their names may mean: see conversation.h.
#include <algorithm>
#include <utility>

#include "proxy/protocol/postgres/conversation.h"

namespace gabion::proxy::postgres {
namespace {

void add_if_new(std::vector<StatementRef>& found, const StatementRef& statement) {
  if (found.empty() || std::find(found.begin(), found.end(), statement) == found.end()) {
    found.push_back(statement);
  }
}

/// Those made by message `least` and later.
template <class Meanings>
void add_all(const Meanings* meanings, std::uint64_t least, std::vector<StatementRef>& found) {
  if (meanings != nullptr) {
    for (const auto& meaning : *meanings) {
      if (meaning.number >= least) {
        add_if_new(found, meaning.statement);
      }
    }
  }
}

/// Only WITH HOLD lets a cursor live longer than its transaction, and a keyword cannot be written in another way.
bool may_hold(std::string_view text) noexcept {
  constexpr std::string_view kWord = "hold";
  return std::search(text.begin(), text.end(), kWord.begin(), kWord.end(),
                     [](char a, char b) { return (a | 0x20) == b; }) != text.end();
}

}  // namespace

bool Conversation::can_prepare(std::size_t text_bytes) const noexcept {
  return meanings_ + pending_statements_ < kMostStatements && text_bytes_ + text_bytes <= kMostStatementBytes;
}

void Conversation::charge(KnownStatement& statement) {
  const bool has_rows = statement.rows != nullptr;
  statement.share.set(text_bytes_, statement.text.size() + statement.names.size() * sizeof(NameUse) +
                                       (has_rows ? statement.rows->facts.heap_bytes() : 0));
  if (has_rows && statement.rows->columns != nullptr) {
    statement.rows->columns->count_towards(text_bytes_, kMostStatementBytes);
  }
}

/// Nobody knows which meaning is fetched from, so that one count goes on as long as there is one.
RowLimitRef Conversation::limit_of_cursor(const Meanings* known, const KnownStatement& statement) {
  const RowLimits limits = statement.rows != nullptr ? statement.rows->limits : RowLimits{};
  RowLimitRef limit;
  if (known != nullptr) {
    limit = known->back().limit;
  }
  if (limit != nullptr) {
    limit->tighten(limits);
    return limit;
  }
  return limits.any() ? make_local<RowLimit>(limits, Effect::kReads) : nullptr;
}

bool Conversation::may_make(const NameUse& made, const StatementRef& statement) {
  if (skipping_) {
    return true;  // it is not going to be run
  }
  const bool is_cursor = made.how == NameUse::How::kDeclares;
  Names& names = is_cursor ? cursors_ : statements_;
  Meanings* const known = names.find(made.name);
  const RowLimitRef limit = is_cursor ? limit_of_cursor(known, *statement) : RowLimitRef();
  if (known != nullptr) {
    for (Meaning& meaning : *known) {
      if (meaning.statement->text == statement->text) {
        meaning.limit = limit;
        meaning.statement = statement;
        meaning.number = next_number_;
        return true;
      }
    }
  }
  if (meanings_ + pending_statements_ >= kMostStatements || (known != nullptr && known->size() >= kMostMeanings)) {
    return false;
  }
  names.place(made.name).push_back({statement, next_number_, is_cursor && may_hold(statement->text), {}, limit});
  ++meanings_;
  return true;
}

/// Within one segment nothing after a failed message is run, so the newest definition there, and what SQL may have
/// made since, is all that counts. Beyond a Sync it may have failed, and the name has its older meanings.
Conversation::Newest Conversation::find(const Names& committed, Expect what, std::string_view name,
                                        std::vector<StatementRef>& found) const {
  Newest newest;
  bool behind_sync = false;
  std::size_t left = what == Expect::kParse ? pending_statements_ : pending_portals_;
  std::uint64_t least = 0;
  for (std::size_t i = count_; i-- > 0 && left != 0 && least == 0;) {
    const Pending& pending = at(i);
    behind_sync = behind_sync || pending.what == Expect::kSync;
    if (pending.what != what || pending.statements.empty()) {
      continue;
    }
    --left;
    if (pending.name == name) {
      for (const StatementRef& statement : pending.statements) {
        add_if_new(found, statement);
      }
      least = behind_sync ? 0 : pending.number;
      if (newest.pending == nullptr) {
        newest = {.pending = &pending, .behind_sync = behind_sync};
      } else {
        newest.has_older = true;
      }
    }
  }
  add_all(committed.find(name), least, found);
  if (what == Expect::kBind) {
    add_all(cursors_.find(name), least, found);
  }
  return newest;
}

void Conversation::find_statements(std::string_view name, std::vector<StatementRef>& found) const {
  [[maybe_unused]] const Newest newest = find(statements_, Expect::kParse, name, found);
}

Conversation::Portal Conversation::find_portals(std::string_view name, std::vector<StatementRef>& found) const {
  const Newest newest = find(portals_, Expect::kBind, name, found);
  if (newest.pending != nullptr) {
    const bool may_fail = newest.behind_sync;
    return {newest.pending->portal,
            may_fail && (newest.has_older || portals_.find(name) != nullptr || cursors_.find(name) != nullptr)};
  }
  const Meanings* const known = portals_.find(name);
  return {known == nullptr ? nullptr : known->back().rows, false};
}

void Conversation::forget(Names& names, std::string_view name, std::uint64_t number) {
  Meanings* const known = names.find(name);
  if (known == nullptr) {
    return;
  }
  const auto gone = std::erase_if(*known, [number](const Meaning& meaning) { return meaning.number < number; });
  meanings_ -= &names == &portals_ ? 0 : gone;
  if (known->empty()) {
    names.drop(name);
  }
}

void Conversation::forget_all(Names& names, std::uint64_t number) {
  forget(names, "", number);
  for (auto at = names.named.begin(); at != names.named.end();) {
    const auto next = std::next(at);
    forget(names, std::string(at->first), number);
    at = next;
  }
}

void Conversation::remove_names(const KnownStatement& done, std::uint64_t number) {
  for (const NameUse& use : done.names) {
    switch (use.how) {
      case NameUse::How::kRemovesPrepared:
        use.name.empty() ? forget_all(statements_, number) : forget(statements_, use.name, number);
        break;
      case NameUse::How::kRemovesCursor:
        use.name.empty() ? forget_all(cursors_, number) : forget(cursors_, use.name, number);
        use.name.empty() ? forget_all(portals_, number) : forget(portals_, use.name, number);
        break;
      case NameUse::How::kPrepares:
      case NameUse::How::kDeclares:
      case NameUse::How::kNeedsPrepared:
      case NameUse::How::kNeedsCursor:
        break;
    }
  }
}

/// All that was said up to message `number` is over, and with it its portals; cursors may be WITH HOLD.
void Conversation::forget_transaction(std::uint64_t number) {
  portals_.clear();
  if (cursors_.size() == 0) {
    return;
  }
  const auto is_over = [number](const Meaning& meaning) { return meaning.number <= number && !meaning.may_outlive; };
  meanings_ -= std::erase_if(cursors_.unnamed, is_over);
  for (auto at = cursors_.named.begin(); at != cursors_.named.end();) {
    meanings_ -= std::erase_if(at->second, is_over);
    at = at->second.empty() ? cursors_.named.erase(at) : std::next(at);
  }
}

}  // namespace gabion::proxy::postgres
