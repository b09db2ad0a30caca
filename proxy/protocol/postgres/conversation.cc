// What a session has said and not been answered yet: see conversation.h.
#include "proxy/protocol/postgres/conversation.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy::postgres {
namespace {

constexpr std::size_t kFirstRing = 16;
constexpr std::size_t kKeptRing = 64;
constexpr std::size_t kKeptText = 128;

template <class T>
void drop(LocalRef<T>& held) noexcept {
  if (held != nullptr) {
    held.reset();
  }
}

}  // namespace

// The queue.

void Conversation::grow() {
  const std::size_t places = places_ == 0 ? kFirstRing : 2 * places_;
  auto larger = std::make_unique<Pending[]>(places);
  for (std::size_t i = 0; i < count_; ++i) {
    larger[i] = std::move(at(i));
  }
  ring_ = std::move(larger);
  places_ = places;
  first_ = 0;
}

Conversation::Pending& Conversation::push(Expect what) {
  if (count_ == places_) {
    grow();
  }
  Pending& made = at(count_++);
  made.what = what;
  made.number = next_number_++;
  made.is_denied = made.has_failed = false;
  made.tag = 0;
  in_segment_ = what != Expect::kQuery && what != Expect::kSync && what != Expect::kFunctionCall;
  made.name.clear();
  return made;
}

void Conversation::drop_front() {
  Pending& done = front();
  if (!done.statements.empty()) {
    pending_statements_ -= done.what == Expect::kParse ? 1 : 0;
    pending_portals_ -= done.what == Expect::kBind ? 1 : 0;
    done.statements.clear();
  }
  if (done.is_denied && done.denial.capacity() > kKeptText) {
    std::string().swap(done.denial);
  }
  drop(done.rows);
  drop(done.portal);
  drop(done.cursor);
  --count_;
  first_ = count_ == 0 ? 0 : (first_ + 1) & (places_ - 1);  // the same few places again and again
}

void Conversation::said(Expect what, std::string_view denial) {
  if (skipping_ && what != Expect::kSync) {
    return;
  }
  skipping_ = false;
  Pending& made = push(what);
  made.is_denied = !denial.empty();
  if (made.is_denied) {
    made.denial = denial;
  }
}

void Conversation::said_run(Expect what, StatementRef statement, RowUse&& use) {
  if (skipping_) {
    return;
  }
  said_with_rows(what, std::move(use));
  at(count_ - 1).statements.push_back(std::move(statement));
}

void Conversation::said_parse(std::string_view name, StatementRef statement) {
  if (skipping_) {
    return;
  }
  Pending& made = push(Expect::kParse);
  made.name = name;
  ++pending_statements_;
  made.statements.push_back(std::move(statement));
}

void Conversation::said_bind(std::string_view portal, std::vector<StatementRef>&& meanings, PortalRowsRef rows) {
  if (skipping_) {
    return;
  }
  Pending& made = push(Expect::kBind);
  if (!portal.empty()) {
    made.name = portal;
  }
  for (StatementRef& statement : meanings) {  // not swapped: the caller's memory may be larger than these need
    made.statements.push_back(std::move(statement));
  }
  pending_portals_ += meanings.empty() ? 0 : 1;
  made.portal = std::move(rows);
  if (made.portal) {
    made.portal->columns.count_towards(text_bytes_, kMostStatementBytes);
  }
}

void Conversation::said_close(const TargetMessage& target) {
  if (skipping_) {
    return;
  }
  Pending& made = push(Expect::kClose);
  made.name = target.name;
  made.target = target.target;
}

void Conversation::said_copy_end() {
  if (copy_in_) {
    copy_in_ = false;
  } else if (count_ != 0 && !skipping_) {
    [[maybe_unused]] const Pending& end = push(Expect::kCopyEnd);
  }
}

/// REQUIRES: pop() comes next.
void Conversation::commit(Pending& done) {
  switch (done.what) {
    case Expect::kParse:
      forget(statements_, done.name, done.number);
      for (StatementRef& statement : done.statements) {
        statements_.place(done.name).push_back({std::move(statement), done.number});
        ++meanings_;
      }
      break;
    case Expect::kBind: {
      Meanings& meanings = portals_.place(done.name);
      meanings.clear();
      for (StatementRef& statement : done.statements) {
        meanings.push_back({std::move(statement), done.number, false, done.portal});
      }
      break;
    }
    case Expect::kClose:
      forget(done.target == Target::kStatement ? statements_ : portals_, done.name, done.number);
      if (done.target == Target::kPortal) {
        forget(cursors_, done.name, done.number);
      }
      break;
    case Expect::kQuery:
      forget(statements_, "", done.number);
      [[fallthrough]];
    case Expect::kExecute:
      if (!done.has_failed && !done.statements.empty()) {
        remove_names(*done.statements.front(), done.number);
      }
      break;
    case Expect::kDescribe:
    case Expect::kSync:
    case Expect::kFunctionCall:
    case Expect::kCopyEnd:
      break;
  }
}

// Answers.

void Conversation::skip_to_sync() {
  while (count_ != 0 && front().what != Expect::kSync) {
    pop();
  }
  skipping_ = count_ == 0;
}

bool Conversation::runs_statement() const noexcept {
  return count_ != 0 && !front().is_denied && (front().what == Expect::kQuery || front().what == Expect::kExecute);
}

Conversation::Answer Conversation::within_rows() const noexcept {
  return runs_statement() ? Answer::kForward : Answer::kBroken;
}

/// The message at the front, which must be `what`, was done.
Conversation::Answer Conversation::complete(Expect what) {
  if (count_ == 0 || front().what != what || front().is_denied) {
    return Answer::kBroken;
  }
  commit(front());
  pop();
  return Answer::kForward;
}

Conversation::Answer Conversation::answered(char type, std::string_view body) {
  switch (type) {
    case 'N':
    case 'A':
    case 'S':
      return Answer::kForward;
    case 'E':
      return on_error(body);
    case 'Z':
      return on_ready(body);
    case '1':
      return complete(Expect::kParse);
    case '2':
      return complete(Expect::kBind);
    case '3':
      return complete(Expect::kClose);
    case 'n':
      return complete(Expect::kDescribe);
    case 't':
      return count_ != 0 && front().what == Expect::kDescribe ? Answer::kForward : Answer::kBroken;
    case 'T':
      return count_ != 0 && front().what == Expect::kDescribe ? complete(Expect::kDescribe) : within_rows();
    case 's':
      return complete(Expect::kExecute);
    case 'C':
    case 'I':
      copy_in_ = false;
      return runs_statement() && front().what == Expect::kExecute ? complete(Expect::kExecute) : within_rows();
    case 'D':
    case 'd':
    case 'c':
    case 'H':
      return within_rows();
    case 'G':
      return on_copy_in();
    case 'V':
      return count_ != 0 && front().what == Expect::kFunctionCall && !front().is_denied && !front().has_failed
                 ? Answer::kForward
                 : Answer::kBroken;
    default:
      return Answer::kBroken;  // R, K, v, W
  }
}

Conversation::Answer Conversation::on_error(std::string_view body) {
  ++errors_;
  const ErrorMessage error = read_error(body);
  if (error.severity == "FATAL" || error.severity == "PANIC") {
    ended_ = true;
    return Answer::kForward;
  }
  copy_in_ = false;
  if (count_ == 0) {
    return skipping_ ? Answer::kForward : Answer::kBroken;
  }
  Pending& failed = front();
  const bool ours = failed.is_denied && !failed.has_failed;
  if (ours) {
    denial_.swap(failed.denial);
  }
  failed.has_failed = true;
  switch (failed.what) {
    case Expect::kQuery:
    case Expect::kFunctionCall:
    case Expect::kSync:
      break;
    case Expect::kParse:
    case Expect::kBind:
    case Expect::kDescribe:
    case Expect::kExecute:
    case Expect::kClose:
    case Expect::kCopyEnd:
      if (failed.what == Expect::kParse && failed.name.empty()) {
        forget(statements_, "", failed.number);
      }
      skip_to_sync();
      break;
  }
  return ours ? Answer::kRewrite : Answer::kForward;
}

Conversation::Answer Conversation::on_ready(std::string_view body) {
  const bool expected =
      count_ != 0 && body.size() == 1 &&
      (front().what == Expect::kQuery || front().what == Expect::kSync || front().what == Expect::kFunctionCall) &&
      (!front().is_denied || front().has_failed);
  if (!expected || (body[0] != 'I' && body[0] != 'T' && body[0] != 'E')) {
    return Answer::kBroken;
  }
  copy_in_ = false;
  transaction_ = body[0];
  const std::uint64_t number = front().number;
  commit(front());
  pop();
  if (transaction_ == 'I') {
    forget_transaction(number);
  }
  return Answer::kForward;
}

/// While it copies in, the server swallows Sync: those that were said already are never answered.
Conversation::Answer Conversation::on_copy_in() {
  if (!runs_statement()) {
    return Answer::kBroken;
  }
  copy_in_ = true;
  std::size_t kept = 1;
  for (std::size_t i = 1; i < count_; ++i) {
    const Expect what = at(i).what;
    if (copy_in_ && (what == Expect::kSync || what == Expect::kCopyEnd)) {
      copy_in_ = what == Expect::kSync;
      continue;
    }
    if (kept != i) {
      std::swap(at(kept), at(i));
    }
    ++kept;
  }
  count_ = kept;
  return Answer::kForward;
}

void Conversation::rest() {
  if (count_ == 0 && places_ > kKeptRing) {
    ring_.reset();
    places_ = 0;
    first_ = 0;
  }
}

std::size_t Conversation::memory_bytes() const noexcept {
  constexpr std::size_t kNameBytes = 192;  // a node, a name, a statement beside its text
  return places_ * sizeof(Pending) + text_bytes_ +
         (meanings_ + pending_statements_ + portals_.size() + pending_portals_) * kNameBytes;
}

}  // namespace gabion::proxy::postgres
