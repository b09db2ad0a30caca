// What a session remembers of answers for the rules of their rows. See conversation.h.
#include <utility>

#include "proxy/protocol/postgres/conversation.h"

namespace gabion::proxy::postgres {

void Conversation::said_with_rows(Expect what, RowRulesRef rows, std::string_view portal) {
  if (skipping_) {
    return;
  }
  has_row_rules_ = has_row_rules_ || rows != nullptr;
  PortalRowsRef of_portal = what == Expect::kExecute ? find_portal_rows(portal) : nullptr;
  Pending& made = push(what);
  made.rows = std::move(rows);
  made.portal = std::move(of_portal);
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
  const auto known = portal_rows_.find(name);
  return known == portal_rows_.end() ? nullptr : known->second;
}

Answering Conversation::Fronting::answering() const noexcept {
  Answering found{.to = to, .rules = rules.get(), .following = following};
  if (portal) {
    found.limit = &portal->limit;
    found.formats = portal->formats;
  }
  return found;
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
      return {Answering::To::kQuery, pending.rows, {}, RowLimit::Following::kNothing};
    case Expect::kDescribe:
      return {Answering::To::kDescribe, pending.rows, {}, following};
    case Expect::kExecute:
      return {Answering::To::kExecute, pending.rows, pending.portal, following};
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
