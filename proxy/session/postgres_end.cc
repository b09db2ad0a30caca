// How a session of PostgreSQL ends, and what is told of it. See postgres_session.h.
#include <algorithm>
#include <utility>

#include "proxy/capture/captured_plan.h"
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
  const bool within_message = back_ ? !back_->at_message_start() : login_ && login_->is_within_message();
  if (within_message) {
    cut_ = true;  // what came now would be read as the rest of a row
    to_client_.clear();
  } else if (phase_ == Phase::kSecuring) {
    to_client_.clear();                    // it would not understand an error
  } else if (!client_gone_ && !cancel_) {  // a cancel is answered by nothing but its end
    std::string message;
    postgres::write_error(message, text);
    to_client_.append(message);
  }
  release_server();
  phase_ = Phase::kEnding;
  since_ = worker_.loop.now();
}

/// A server that does not take our cancel does not end the session, which goes on without.
void PostgresSession::on_deadline(Reason reason) {
  if (phase_ == Phase::kTalking && stop_) {
    stop_.reset();
    front_->resume();
    renew_catalogue();
    return;
  }
  end(reason);
}

void PostgresSession::end(Reason reason) {
  if (reason == Reason::kUpstreamConnectTimeout && phase_ == Phase::kConnecting && connect_elsewhere()) {
    return;
  }
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
  stop_.reset();
  reading_.reset();
  pace_.forget();
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
  endpoint_.release();
  if (key_) {
    worker_.cancels->remove(*key_);
    key_.reset();
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
  const bool quietly = phase_ == Phase::kOpening || phase_ == Phase::kSecuring || phase_ == Phase::kCancelled ||
                       phase_ == Phase::kLeaving || phase_ == Phase::kEnding;
  if (!quietly && reason_ == Reason::kNone) {
    reason_ = Reason::kClientClosed;
  }
  release_server();
  finish();
}

/// The server's own last word may be on its way to the client.
void PostgresSession::on_server_gone() {
  const tls::TlsStream* mesh = server_->tls();
  const tls::DatabaseStream* database = server_->database_tls();
  const std::string_view alert = mesh != nullptr ? mesh->alert() : database != nullptr ? database->alert() : "";
  if (!talked_ && !alert.empty()) {  // TLS 1.3: it has judged our certificate
    worker_.metrics.counters().upstream.tls.failed += 1;
    refuse(Reason::kUpstreamTlsFailed, alert);
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

PostgresSession::Deadline PostgresSession::deadline() const noexcept {
  const auto& timeouts = down_.snapshot->config.timeouts;
  constexpr auto kGoodbye = std::chrono::seconds(5);
  constexpr auto kLogin = std::chrono::seconds(60);  // PostgreSQL's authentication_timeout
  switch (phase_) {
    case Phase::kOpening:
      return {since_ + timeouts.request_header, Reason::kRequestHeaderTimeout};
    case Phase::kSecuring:
      return {since_ + timeouts.tls_handshake, Reason::kTlsHandshakeTimeout};
    case Phase::kWaiting:
      return {since_ + timeouts.connection_wait, Reason::kUpstreamOverflow};
    case Phase::kConnecting:
      return {since_ + timeouts.connect, Reason::kUpstreamConnectTimeout};
    case Phase::kLogin:
      return {since_ + kLogin,
              login_->waits_for_client() ? Reason::kRequestHeaderTimeout : Reason::kResponseHeaderTimeout};
    case Phase::kTalking:
      if (stop_) {
        return {stop_->begun() + PostgresStop::kPatience, Reason::kUpstreamConnectTimeout};
      }
      if (!to_client_.empty()) {
        return {last_move_ + timeouts.response_body, Reason::kReaderTooSlow};
      }
      if (!to_server_.empty() && talk_.is_quiet()) {
        return {last_move_ + timeouts.response_body, Reason::kResponseBodyTimeout};
      }
      // A statement takes as long as the server lets it.
      return {last_move_ + (talk_.is_quiet() && !reading_ ? timeouts.idle
                                                          : std::max(timeouts.idle, config::Duration(86'400'000))),
              Reason::kIdleTimeout};
    case Phase::kCancelled:
    case Phase::kLeaving:
    case Phase::kEnding:
    case Phase::kOver:
      break;
  }
  return {since_ + kGoodbye, Reason::kIdleTimeout};
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
  if (!is_server_trusted(now)) {
    refuse(Reason::kRootRemoved, {});
    worker_.loop.wake(sleeper_);
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
  const auto& newest = worker_.newest_of(down_.snapshot);
  const PlanRef plan = new_snapshot ? current_plan(*newest, *down_.plan, worker_.kept_plans) : nullptr;
  if (plan == nullptr) {
    return;  // a listener that is gone is the connection's own reason to end
  }
  if (!fits(*plan)) {
    refuse(Reason::kPolicyChanged, {});
    worker_.loop.wake(sleeper_);
    return;
  }
  auto found = access(*newest);
  verdict_ = std::move(found.verdict);
  admitted_under_ = newest;  // the old one is kept by nobody here
  bool allowed = verdict_.allowed();
  if (allowed && judge_) {
    allowed = renew_row_inspection(found, *admitted_under_, *plan);
    const bool scanned_lost = judge_->scans_lost();
    judge_->use(std::move(found.rules), admitted_under_->inspection->taint());
    // Names may be found elsewhere than these rules take them to be.
    allowed = allowed && (!judge_->looks_at_names() || (pinned_ && !judge_->names_were_changed()));
    // What is withheld was looked up when the session began, and what is lost is searched only by what looks.
    allowed = allowed && judge_->scans_lost() == scanned_lost && (!scanned_lost || rows_->looks());
    allowed = allowed && judge_->masks() == (masks_ ? masks_->patterns() : std::vector<postgres::MaskPattern>());
  }
  if (!allowed) {
    refuse(Reason::kPolicyChanged, {});
    worker_.loop.wake(sleeper_);
  }
}

/// A server outside the mesh, that was verified: neither is its chain over, nor its root gone from the newest bundle.
bool PostgresSession::is_server_trusted(std::chrono::system_clock::time_point now) const noexcept {
  const tls::DatabaseStream* database = server_ && talked_ ? server_->database_tls() : nullptr;
  if (database == nullptr || !database->expires()) {
    return true;
  }
  return *database->expires() > now;
}

/// Whether the server that was met, if one was, is one that `plan` would meet. Where a session talks already a target
/// that moved, or an endpoint that left its service, is for those that come.
bool PostgresSession::server_fits(const ListenerPlan& plan) const noexcept {
  const bool met = phase_ == Phase::kLogin || phase_ == Phase::kTalking || phase_ == Phase::kCancelled;
  if (!met || !server_) {
    return true;
  }
  const UpstreamPlan* target = upstream_of(plan);
  const bool talks = phase_ == Phase::kTalking;
  if (target == nullptr) {
    const bool has_others = !plan.services.front()->endpoints.empty();
    target = has_others ? &plan.services.front()->endpoints.front().plan : &plan.upstreams.front();
    return talks && is_server_of(*target);
  }
  return is_server_of(*target) && (talks || dialled_ == target->destination);
}

/// Of the same kind of encryption, and verified as `plan` wants it. REQUIRES: server_.
bool PostgresSession::is_server_of(const UpstreamPlan& plan) const noexcept {
  if (plan.tls != dialled_tls_) {
    return false;
  }
  if (!plan.database_tls) {
    return true;
  }
  const tls::DatabaseStream* database = server_->database_tls();
  return database != nullptr && plan.database_tls->takes(*database->client(), database->root());
}

/// Whether a session that began under an older plan may go on under this one.
bool PostgresSession::fits(const ListenerPlan& plan) const noexcept {
  if (cancel_) {
    return true;
  }
  const bool leads_to_service = !plan.services.empty() && plan.services.front() != nullptr;
  if (phase_ >= Phase::kWaiting && leads_to_service != (endpoint_.plan() != nullptr)) {
    return false;
  }
  const bool needs_tls =
      plan.tls == config::TlsMode::kDisable && plan.application_tls && plan.application_tls->is_required();
  if ((needs_tls && application_ == nullptr) || !server_fits(plan)) {
    return false;
  }
  const DatabaseLoginPlan* login = nullptr;
  switch (find_account(plan, &login)) {
    case Account::kNone:
      return !rests_on_own_login_;
    case Account::kOwn:
      return true;
    case Account::kForeign:
      return false;
  }
  return false;
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
  record.pod = down_.snapshot->pod_name();
  record.listener = down_.plan->name;
  record.route_name = upstream().name;
  record.upstream_host = upstream().destination_text;
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
  tell(Reason::kPolicyDenied, "statement: " + describe(denial.reason, denial.object, denial.rule), denial);
}

void PostgresSession::on_dry_run(const StatementDryRun& dry_run) {
  worker_.metrics.count_dry_run(dry_run.rule,
                                dry_run.allows ? WorkerMetrics::WouldBe::kAllowed : WorkerMetrics::WouldBe::kDenied);
  tell(Reason::kNone, "statement, dry run: " + describe(dry_run.reason, dry_run.object, dry_run.rule),
       {dry_run.reason, dry_run.object, dry_run.rule, {}});
}

void PostgresSession::on_noted(const PostgresDenial& note) {
  count_taint(note.reason);
  tell(Reason::kNone, "statement, let through: " + describe(note.reason, note.object, note.rule), note);
}

void PostgresSession::count_taint(std::string_view reason) noexcept {
  worker_.metrics.counters().sql_tainted += reason == to_string(inspect::sql::SqlReason::kTaint) ? 1 : 0;
}

}  // namespace gabion::proxy
