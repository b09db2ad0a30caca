// What a session remembers of answers for the rules of their rows. See conversation.h.
#include <utility>

#include "proxy/protocol/postgres/conversation.h"

namespace gabion::proxy::postgres {

void Conversation::said_with_rows(Expect what, RowUse&& use) {
  if (skipping_) {
    return;
  }
  has_row_rules_ = has_row_rules_ || use.rules != nullptr || use.cursor != nullptr || use.portal != nullptr;
  Pending& made = push(what);
  made.rows = std::move(use.rules);
  made.portal = std::move(use.portal);
  made.cursor = std::move(use.cursor);
  made.tag = use.tag;
}

RowLimitRef Conversation::find_cursor_limit(std::string_view name) const {
  const Meanings* const known = cursors_.find(name);
  return known == nullptr ? nullptr : known->back().limit;
}

RowLimitRef Conversation::find_limit(std::string_view name) const {
  if (RowLimitRef declared = find_cursor_limit(name); declared != nullptr) {
    return declared;
  }
  std::vector<StatementRef> meanings;
  const PortalRowsRef bound = find_portals(name, meanings).rows;
  return bound == nullptr ? nullptr : RowLimitRef(bound, &bound->limit);
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
  if (count_ == 0 || front().what == Expect::kQuery) {
    return count_ == 1;
  }
  for (std::size_t i = 0; i < count_; ++i) {
    if (at(i).what == Expect::kSync || at(i).what == Expect::kQuery) {
      return i + 1 == count_ && at(i).what == Expect::kSync;
    }
  }
  return true;
}

RowLimit::Following Conversation::following() const noexcept {
  const bool more = count_ > 1 && front().what != Expect::kQuery && at(1).what != Expect::kSync;
  return more ? RowLimit::Following::kMessages : RowLimit::Following::kNothing;
}

Conversation::Fronting Conversation::fronting() const {
  if (count_ == 0 || front().is_denied) {
    return {};
  }
  const Pending& pending = front();
  switch (pending.what) {
    case Expect::kQuery:
      return {Answering::To::kQuery, pending.rows, {}, pending.cursor, following()};
    case Expect::kDescribe:
      return {Answering::To::kDescribe, pending.rows, pending.portal, {}, following()};
    case Expect::kExecute:
      return {Answering::To::kExecute, pending.rows, pending.portal, pending.cursor, following()};
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
