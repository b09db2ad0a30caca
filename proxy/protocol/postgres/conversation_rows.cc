// What a session remembers of answers for the rules of their rows. See conversation.h.
#include <utility>

#include "proxy/protocol/postgres/conversation.h"

namespace gabion::proxy::postgres {

void Conversation::said_with_rows(Expect what, const RowUse& use) {
  if (skipping_) {
    return;
  }
  has_row_rules_ = has_row_rules_ || use.rules != nullptr || use.cursor != nullptr;
  PortalRowsRef of_portal = use.portal ? find_portal_rows(*use.portal) : nullptr;
  has_row_rules_ = has_row_rules_ || of_portal != nullptr;
  Pending& made = push(what);
  made.rows = use.rules;
  made.portal = std::move(of_portal);
  made.cursor = use.cursor;
  made.tag = use.tag;
}

RowLimitRef Conversation::find_cursor_limit(std::string_view name) const {
  const auto known = cursors_.find(name);
  return known == cursors_.end() || known->second.empty() ? nullptr : known->second.back().limit;
}

RowLimitRef Conversation::find_limit(std::string_view name) const {
  if (RowLimitRef declared = find_cursor_limit(name); declared != nullptr) {
    return declared;
  }
  const PortalRowsRef bound = find_portal_rows(name);
  return bound == nullptr ? nullptr : RowLimitRef(bound, &bound->limit);
}

bool Conversation::may_be_another(std::string_view portal) const {
  bool behind_sync = false;
  std::size_t left = pending_portals_;
  for (std::size_t i = count_; i-- > 0 && left != 0;) {
    const Pending& pending = at(i);
    behind_sync = behind_sync || pending.what == Expect::kSync;
    if (pending.what == Expect::kBind && !pending.statements.empty()) {
      --left;
      if (pending.name == portal) {
        return behind_sync && (portals_.contains(portal) || cursors_.contains(portal));
      }
    }
  }
  return false;
}

PortalRowsRef Conversation::find_portal_rows(std::string_view name) const {
  std::size_t left = pending_portals_;
  for (std::size_t i = count_; i-- > 0 && left != 0;) {
    const Pending& pending = at(i);
    if (pending.what == Expect::kBind && !pending.statements.empty()) {
      --left;
      if (pending.name == name) {
        return pending.portal;
      }
    }
  }
  const auto known = portals_.find(name);
  return known == portals_.end() || known->second.empty() ? nullptr : known->second.back().rows;
}

Answering Conversation::Fronting::answering() const noexcept {
  Answering found{.to = to, .rules = rules.get(), .following = following};
  if (portal) {
    found.limit = to == Answering::To::kExecute ? &portal->limit : nullptr;
    found.formats = portal->formats;
    found.portal_columns = &portal->columns;
  }
  if (cursor) {
    found.limit = cursor.get();
  }
  return found;
}

bool Conversation::is_last_answer() const noexcept {
  if (count_ == 0 || at(0).what == Expect::kQuery) {
    return count_ == 1;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (at(i).what == Expect::kSync || at(i).what == Expect::kQuery) {
      return i + 1 == count_ && at(i).what == Expect::kSync;
    }
  }
  return true;
}

std::uint64_t Conversation::front_tag() const noexcept {
  std::size_t front = 0;
  while (front < count_ && at(front).what == Expect::kCopyEnd) {
    ++front;
  }
  return front == count_ ? 0 : at(front).tag;
}

Conversation::Fronting Conversation::fronting() const {
  std::size_t front = 0;
  while (front < count_ && at(front).what == Expect::kCopyEnd) {
    ++front;
  }
  if (front == count_ || at(front).is_denied) {
    return {};
  }
  const Pending& pending = at(front);
  const bool more = front + 1 < count_ && at(front + 1).what != Expect::kSync;
  const auto following = more ? RowLimit::Following::kMessages : RowLimit::Following::kNothing;
  switch (pending.what) {
    case Expect::kQuery:
      return {Answering::To::kQuery, pending.rows, {}, pending.cursor, RowLimit::Following::kNothing};
    case Expect::kDescribe:
      return {Answering::To::kDescribe, pending.rows, pending.portal, {}, following};
    case Expect::kExecute:
      return {Answering::To::kExecute, pending.rows, pending.portal, pending.cursor, following};
    case Expect::kParse:
    case Expect::kBind:
    case Expect::kClose:
    case Expect::kSync:
    case Expect::kFunctionCall:
    case Expect::kCopyEnd:
      break;
  }
  return {};
}

}  // namespace gabion::proxy::postgres
