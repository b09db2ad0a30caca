// How a session of PostgreSQL ends, and what is told of it. See postgres_session.h.
#include <utility>

#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_refusal.h"
#include "proxy/session/postgres_session.h"

namespace gabion::proxy {
namespace {

std::string describe(std::string_view reason, std::string_view object, std::string_view rule) {
  std::string text(reason);
  if (!object.empty()) {
    text.append(": ").append(object);
  }
  if (!rule.empty()) {
    text.append("; rule ").append(rule);
  }
  return text;
}

}  // namespace

void PostgresSession::refuse(Reason reason, std::string_view detail) {
  refuse(reason, detail, {"FATAL", sqlstate_of(reason), postgres_text_of(reason)});
}

/// The first reason is the reason.
void PostgresSession::refuse(Reason reason, std::string_view detail, const postgres::ErrorText& text) {
  if (phase_ == Phase::kEnding || phase_ == Phase::kLeaving || phase_ == Phase::kOver) {
    return;
  }
  reason_ = reason;
  detail_ = detail;
  const bool within_message = back_ && !back_->at_message_start();
  if (within_message) {
    cut_ = true;  // what came now would be read as the rest of a row
    to_client_.clear();
  } else if (!client_gone_ && !cancel_) {  // a cancel is answered by nothing but its end
    std::string message;
    postgres::write_error(message, text);
    to_client_.append(message);
  }
  release_server();
  phase_ = Phase::kEnding;
  since_ = worker_.loop.now();
}

void PostgresSession::end(Reason reason) {
  if (phase_ == Phase::kEnding || phase_ == Phase::kLeaving) {
    cut_ = true;
    finish();
    return;
  }
  refuse(reason, {});
}

/// In order, where the server is between two messages.
void PostgresSession::release_server() {
  if (phase_ == Phase::kWaiting) {
    worker_.pool.cancel_wait(sleeper_);
  }
  if (!server_) {
    return;
  }
  if (talked_ && phase_ == Phase::kTalking && to_server_.empty() && front_->at_message_start()) {
    std::string message;
    postgres::write_terminate(message);
    to_server_.append(message);
    [[maybe_unused]] const auto flushed = to_server_.flush(server_->transport());
  }
  to_server_.clear();
  to_server_.release();
  worker_.pool.discard(std::move(server_));
  if (key_) {
    worker_.cancels->remove(*std::exchange(key_, std::nullopt));
  }
}

/// kLeaving, kEnding: true when the last word is said.
bool PostgresSession::leave() {
  const bool said = (phase_ != Phase::kLeaving || !server_) && (to_client_.empty() || client_gone_);
  if (!said) {
    return false;
  }
  finish();
  return true;
}

/// What a client may say last without waiting for an answer: a cancel, and statements with a goodbye.
bool PostgresSession::goes_on_alone() const noexcept {
  const bool cancels = phase_ == Phase::kWaiting || phase_ == Phase::kConnecting || phase_ == Phase::kCancelled;
  return (cancel_ && cancels) || phase_ == Phase::kLeaving;
}

void PostgresSession::on_client_gone() {
  client_gone_ = true;
  to_client_.clear();
  if (goes_on_alone()) {
    return;  // until the deadline
  }
  const bool quietly =
      phase_ == Phase::kOpening || phase_ == Phase::kCancelled || phase_ == Phase::kLeaving || phase_ == Phase::kEnding;
  if (!quietly && reason_ == Reason::kNone) {
    reason_ = Reason::kClientClosed;
  }
  release_server();
  finish();
}

/// The server's own last word may be on its way to the client.
void PostgresSession::on_server_gone() {
  const tls::TlsStream* tls = server_->tls();
  if (!talked_ && tls != nullptr && !tls->alert().empty()) {
    worker_.metrics.counters().upstream.tls.failed += 1;
    refuse(Reason::kUpstreamTlsFailed, tls->alert());
    return;
  }
  if (!talk_.has_ended()) {
    if (phase_ == Phase::kLeaving) {  // as it was told to
      release_server();
      return;
    }
    refuse(Reason::kUpstreamReset, {});
    return;
  }
  detail_ = "the server ended the session";
  release_server();
  phase_ = Phase::kEnding;
  since_ = worker_.loop.now();
}

void PostgresSession::finish() {
  if (phase_ == Phase::kOver) {
    return;
  }
  release_server();
  record();
  phase_ = Phase::kOver;
}

PostgresSession::Progress PostgresSession::outcome() {
  if (phase_ != Phase::kOver) {
    return Progress::kWait;
  }
  return cut_ || client_gone_ ? Progress::kReset : Progress::kClose;
}

void PostgresSession::revalidate(std::chrono::system_clock::time_point now, bool new_snapshot) {
  if (!is_judged_ || phase_ == Phase::kEnding || phase_ == Phase::kLeaving || phase_ == Phase::kOver) {
    return;
  }
  if (server_ && server_->tls() != nullptr && talked_) {
    const auto& peer = server_->tls()->peer();
    if (peer.expires <= now || !worker_.snapshot->tls || !worker_.snapshot->tls->trusts_root(peer.root)) {
      refuse(Reason::kRootRemoved, {});
      worker_.loop.wake(sleeper_);
      return;
    }
  }
  if (!new_snapshot || worker_.snapshot->listener_at(down_.plan->listen) == nullptr) {
    return;  // a listener that is gone is the connection's own reason to end
  }
  auto found = access(*worker_.snapshot);
  verdict_ = std::move(found.verdict);
  admitted_under_ = worker_.snapshot;  // the old one is kept by nobody here
  bool allowed = verdict_.allowed();
  if (allowed && judge_) {
    judge_->use(std::move(found.rules), admitted_under_->inspection->taint());
    // Names may be found elsewhere than these rules take them to be.
    allowed = !judge_->looks_at_names() || (pinned_ && !judge_->names_were_changed());
    // What is withheld was looked up when the session began.
    allowed = allowed && judge_->masks() == (masks_ ? masks_->patterns() : std::vector<postgres::MaskPattern>());
  }
  if (!allowed) {
    refuse(Reason::kPolicyChanged, {});
    worker_.loop.wake(sleeper_);
  }
}

PostgresTotals PostgresSession::totals() const {
  PostgresTotals totals;
  totals.user = startup_.user;
  totals.database = startup_.database;
  totals.application_name = startup_.application_name;
  totals.logged_in = talked_;
  totals.statements = front_ ? front_->statements() : 0;
  totals.denied = front_ ? front_->denied() : 0;
  totals.rows = back_ ? back_->rows() : 0;
  totals.errors = talk_.errors();
  return totals;
}

void PostgresSession::record() {
  if (std::exchange(recorded_, true) || !begun_) {
    return;
  }
  ExchangeRecord record;
  record.start_time = start_wall_;
  record.duration = std::chrono::duration_cast<std::chrono::microseconds>(EventLoop::Clock::now() - start_);
  record.side = down_.plan->side;
  record.listener = down_.plan->name;
  record.route_name = down_.plan->upstreams.front().name;
  record.upstream_host = down_.plan->upstreams.front().destination_text;
  record.method = cancel_ ? "CANCEL" : "SESSION";
  record.protocol = "PostgreSQL";
  record.reason = reason_;
  record.detail = detail_;
  record.cut = cut_;
  record.bytes_received = received_;
  record.bytes_sent = sent_;
  record.downstream_local = client_.local;
  record.downstream_remote = client_.remote;
  record.requested_server_name = client_.server_name;
  record.peer_spiffe =
      down_.plan->side == inspect::Side::kIngress ? std::string_view(client_.peer_spiffe) : server_spiffe_;
  record.mutual_tls = !record.peer_spiffe.empty();
  record.generation = down_.snapshot->generation;
  record.verdict = is_judged_ ? &verdict_ : nullptr;
  record.postgres = totals();
  worker_.metrics.count(record);
  worker_.logs.access(record);
  if (reason_ != Reason::kNone || verdict_.dry_run_differs) {
    worker_.logs.audit(record);
  }
}

void PostgresSession::on_denied(const PostgresDenial& denial) {
  worker_.metrics.counters().postgres_denied += 1;
  count_taint(denial.reason);
  tell(Reason::kPolicyDenied, "statement: " + describe(denial.reason, denial.object, denial.rule));
}

void PostgresSession::on_dry_run(const StatementDryRun& dry_run) {
  tell(Reason::kNone, "statement, dry run: " + describe(dry_run.reason, dry_run.object, dry_run.rule));
}

void PostgresSession::on_noted(const PostgresDenial& note) {
  count_taint(note.reason);
  tell(Reason::kNone, "statement, let through: " + describe(note.reason, note.object, note.rule));
}

void PostgresSession::count_taint(std::string_view reason) noexcept {
  worker_.metrics.counters().sql_tainted += reason == to_string(inspect::sql::SqlReason::kTaint) ? 1 : 0;
}

/// Names and words of ours, nothing of a statement's values.
void PostgresSession::tell(Reason reason, std::string detail) {
  detail.append("; user ").append(startup_.user).append("; database ").append(startup_.database);
  ConnectionEvent event;
  event.time = std::chrono::system_clock::now();
  event.listener = down_.plan->name;
  event.reason = reason;
  event.detail = detail;
  event.downstream_local = client_.local;
  event.downstream_remote = client_.remote;
  event.peer_spiffe = client_.peer_spiffe;
  worker_.logs.audit(event);
}

}  // namespace gabion::proxy
