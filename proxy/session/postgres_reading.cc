// Long statements of a session: read beside the worker's loop, while the client is not read and all others go on.
// See postgres_session.h.
#include <utility>

#include "proxy/session/postgres_session.h"

namespace gabion::proxy {

/// True: some of what the client said went its way.
bool PostgresSession::take_from_client() {
  const std::size_t taken = front_->take(from_client_);
  if (front_->has_unread()) {
    give_text_away();
  }
  return taken != 0;
}

/// Where nobody can read it now it is denied, in its place: nothing passes unread.
void PostgresSession::give_text_away() {
  auto text = front_->take_unread();
  if (!text) {
    return;
  }
  auto& counters = worker_.metrics.counters();
  counters.sql_long_texts += 1;
  const bool has_memory =
      worker_.buffers.in_use_bytes() + text->size() <= down_.snapshot->config.limits.in_flight_bytes;
  reading_ = has_memory ? worker_.long_texts.read(*std::move(text), judge_->most_bytes(), sleeper_) : nullptr;
  if (reading_ == nullptr) {
    counters.sql_long_refused += 1;
    front_->go_on_with_text(PostgresFront::TextRead::kRefused);
    worker_.loop.wake(sleeper_);
  }
}

/// True: the message that waited for its text comes again, and is judged by the rules of now. REQUIRES: reading_.
bool PostgresSession::take_text_back() {
  if (!reading_->is_done()) {
    return false;
  }
  auto facts = reading_->take();
  reading_.reset();
  if (facts) {
    judge_->bring(*std::move(facts));
  }
  front_->go_on_with_text(facts ? PostgresFront::TextRead::kYes : PostgresFront::TextRead::kRefused);
  return true;
}

}  // namespace gabion::proxy
