// Which statements and portals a session may use, and what their names may mean: see conversation.h.
#include <algorithm>
#include <utility>

#include "proxy/protocol/postgres/conversation.h"

namespace gabion::proxy::postgres {
namespace {

void add_if_new(std::vector<StatementRef>& found, const StatementRef& statement) {
  if (std::find(found.begin(), found.end(), statement) == found.end()) {
    found.push_back(statement);
  }
}

/// Those made by message `least` and later.
template <class Names>
void add_all(const Names& names, std::string_view name, std::uint64_t least, std::vector<StatementRef>& found) {
  if (const auto known = names.find(name); known != names.end()) {
    for (const auto& meaning : known->second) {
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
  if (has_rows) {
    statement.rows->columns->count_towards(text_bytes_, kMostStatementBytes);
  }
}

/// Nobody knows which meaning is fetched from, so that one count goes on as long as there is one.
RowLimitRef Conversation::limit_of_cursor(const Names::iterator& known, const KnownStatement& statement) {
  const RowLimits limits = statement.rows != nullptr ? statement.rows->limits : RowLimits{};
  RowLimitRef limit;
  if (known != cursors_.end() && !known->second.empty()) {
    limit = known->second.back().limit;
  }
  if (limit != nullptr) {
    limit->tighten(limits);
    return limit;
  }
  return limits.any() ? std::make_shared<RowLimit>(limits, Effect::kReads) : nullptr;
}

bool Conversation::may_make(const NameUse& made, const StatementRef& statement) {
  if (skipping_) {
    return true;  // it is not going to be run
  }
  const bool is_cursor = made.how == NameUse::How::kDeclares;
  Names& names = is_cursor ? cursors_ : statements_;
  const auto known = names.find(made.name);
  const RowLimitRef limit = is_cursor ? limit_of_cursor(known, *statement) : nullptr;
  if (known != names.end()) {
    for (Meaning& meaning : known->second) {
      if (meaning.statement->text == statement->text) {
        meaning.limit = limit;
        meaning.statement = statement;
        meaning.number = next_number_;
        return true;
      }
    }
  }
  if (meanings_ + pending_statements_ >= kMostStatements ||
      (known != names.end() && known->second.size() >= kMostMeanings)) {
    return false;
  }
  auto& meanings = known != names.end() ? known->second : names[made.name];
  meanings.push_back({statement, next_number_, is_cursor && may_hold(statement->text), {}, limit});
  ++meanings_;
  return true;
}

/// Within one segment nothing after a failed message is run, so the newest definition there, and what SQL may have
/// made since, is all that counts. Beyond a Sync it may have failed, and the name has its older meanings.
void Conversation::find(const Names& committed, Expect what, std::string_view name,
                        std::vector<StatementRef>& found) const {
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
    }
  }
  add_all(committed, name, least, found);
  if (what == Expect::kBind) {
    add_all(cursors_, name, least, found);
  }
}

void Conversation::find_statements(std::string_view name, std::vector<StatementRef>& found) const {
  find(statements_, Expect::kParse, name, found);
}

void Conversation::find_portals(std::string_view name, std::vector<StatementRef>& found) const {
  find(portals_, Expect::kBind, name, found);
}

void Conversation::forget(Names& names, std::string_view name, std::uint64_t number) {
  const auto known = names.find(name);
  if (known == names.end()) {
    return;
  }
  const auto gone = std::erase_if(known->second, [number](const Meaning& meaning) { return meaning.number < number; });
  meanings_ -= &names == &portals_ ? 0 : gone;
  if (known->second.empty() && !name.empty()) {  // the unnamed one's place is kept for the next
    names.erase(known);
  }
}

void Conversation::forget_all(Names& names, std::uint64_t number) {
  for (auto at = names.begin(); at != names.end();) {
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
  if (portals_.size() == 1 && portals_.begin()->first.empty()) {
    portals_.begin()->second.clear();
  } else {
    portals_.clear();
  }
  for (auto at = cursors_.begin(); at != cursors_.end();) {
    meanings_ -= std::erase_if(
        at->second, [number](const Meaning& meaning) { return meaning.number <= number && !meaning.may_outlive; });
    at = at->second.empty() ? cursors_.erase(at) : std::next(at);
  }
}

}  // namespace gabion::proxy::postgres
