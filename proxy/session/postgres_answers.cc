// What a session makes of its answers: who looks at them, what is told of them, and that the server stops what was cut.
// See postgres_session.h.
#include <algorithm>
#include <utility>

#include "proxy/session/postgres_session.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kMostTraces = 1024;
constexpr std::size_t kMostTraceBytes = 64 * 1024;  // of texts of statements that are not answered yet

// Of a long result: read in one piece when so much waits, and a row's beginning and what came meanwhile fit beside it.
constexpr std::size_t kMuch = 48 * 1024;
constexpr std::size_t kBesides = BufferPool::kLargeBlockBytes - kMuch;

}  // namespace

/// Rows go to the peer of an inbound listener, to our own application from an outbound one.
inspect::RowInspection::Subject PostgresSession::row_subject(const Snapshot& snapshot, std::size_t profile,
                                                             std::span<const inspect::DlpDemand> demands) const {
  inspect::RowInspection::Subject subject{*snapshot.inspection, profile, demands, {}};
  if (down_.plan->side == inspect::Side::kIngress) {
    subject.peer = client_.peer_spiffe.empty() ? client_.remote.address.to_string() : client_.peer_spiffe;
  }
  return subject;
}

void PostgresSession::make_row_inspection(const inspect::policy::SqlAccess& found) {
  const auto demands = found.demands_for(startup_.user, startup_.database);
  auto made = std::make_unique<inspect::RowInspection>(row_subject(*admitted_under_, down_.plan->profile, demands),
                                                       worker_.scratch);
  if (made->looks()) {
    rows_ = std::move(made);
  }
}

/// False: answers would have to be looked at that are described to nobody.
bool PostgresSession::renew_row_inspection(const inspect::policy::SqlAccess& found, const Snapshot& snapshot,
                                           const ListenerPlan& plan) {
  const auto demands = found.demands_for(startup_.user, startup_.database);
  const auto subject = row_subject(snapshot, plan.profile, demands);
  if (rows_ == nullptr) {
    return !inspect::RowInspection(subject, worker_.scratch).looks();
  }
  rows_->use(subject);
  return true;
}

postgres::RowGuard::Rules PostgresSession::row_rules() noexcept {
  postgres::RowGuard::Rules rules;
  rules.masks = masks_ ? &*masks_ : nullptr;
  rules.judge = rows_.get();
  rules.lost = judge_ != nullptr && judge_->scans_lost() ? postgres::LostLineage::kScan : postgres::LostLineage::kDeny;
  rules.bounds.hold_bytes = down_.snapshot->config.limits.hold_bytes;
  if (rows_ != nullptr && rows_->on_limit() == config::OnLimit::kAllow) {
    rules.bounds.unread = postgres::Unread::kKeep;
  }
  return rules;
}

// What is told of statements.

bool PostgresSession::is_sampled() {
  const std::uint32_t one_in = down_.snapshot->config.log.statement_sample;
  if (one_in == 0) {
    return false;
  }
  if (sample_state_ == 0) {
    worker_.random.fill({reinterpret_cast<std::uint8_t*>(&sample_state_), sizeof sample_state_});
    sample_state_ |= 1U;
  }
  sample_state_ ^= sample_state_ << 13U;  // xorshift64
  sample_state_ ^= sample_state_ >> 7U;
  sample_state_ ^= sample_state_ << 17U;
  return sample_state_ % one_in == 0;
}

std::uint64_t PostgresSession::on_run(std::string_view text) {
  const bool sampled = worker_.logs.audits() && is_sampled();
  if (!sampled && rows_ == nullptr) {
    return 0;
  }
  if (traces_.size() >= kMostTraces) {
    forget_trace();
  }
  Trace& made = traces_.emplace_back();
  made.tag = ++last_tag_;
  made.is_sampled = sampled;
  made.begun = worker_.loop.now();
  made.begun_wall = std::chrono::system_clock::now();
  made.text_bytes = text.size();
  if (trace_bytes_ + text.size() <= kMostTraceBytes) {
    made.text = text;
    trace_bytes_ += text.size();
  }
  return made.tag;
}

void PostgresSession::forget_trace() noexcept {
  trace_bytes_ -= traces_.front().text.size();
  traces_.pop_front();
}

void PostgresSession::on_answered(const PostgresAnswer& answer) {
  while (!traces_.empty() && traces_.front().tag < answer.tag) {
    forget_trace();
  }
  if (traces_.empty() || traces_.front().tag != answer.tag) {
    return;
  }
  tell_answer(traces_.front(), answer);
  forget_trace();
}

void PostgresSession::tell_answer(const Trace& trace, const PostgresAnswer& answer) {
  const bool has_findings = rows_ != nullptr && !rows_->findings().items().empty();
  if (!trace.is_sampled && !has_findings && answer.cut == postgres::Cut::kNone) {
    return;
  }
  StatementEvent event;
  std::string detail = "answer";
  switch (answer.cut) {
    case postgres::Cut::kNone:
      break;
    case postgres::Cut::kLimit:
      event.reason = Reason::kPolicyDenied;
      detail += ": row-limit";
      break;
    case postgres::Cut::kSensitive:
      event.reason = to_reason(rows_->reason());
      detail.append(": ").append(rows_->rule());
      break;
    case postgres::Cut::kUnknown:
      event.reason = Reason::kPolicyDenied;
      detail += ": masking: not known yet";
      break;
  }
  event.is_sample = !has_findings && answer.cut == postgres::Cut::kNone;
  event.detail = detail;
  event.time = trace.begun_wall;
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(worker_.loop.now() - trace.begun);
  event.answer = StatementEvent::Answer{answer.rows, answer.bytes, duration, answer.sqlstate};
  event.text_bytes = trace.text_bytes;
  if (rows_ != nullptr) {
    event.findings = rows_->findings().items();
    event.findings_dropped = rows_->findings().dropped();
    worker_.metrics.count_findings(event.findings, event.findings_dropped);
  }
  tell(event, trace.text);
  if (rows_ != nullptr) {
    rows_->forget_findings();
  }
}

/// `text` empty: of no statement, or of one that is not kept.
void PostgresSession::tell(StatementEvent& event, std::string_view text) {
  event.pod = down_.snapshot->pod_name();
  event.listener = down_.plan->name;
  event.downstream_local = client_.local;
  event.downstream_remote = client_.remote;
  event.peer_spiffe = client_.peer_spiffe;
  event.generation = down_.snapshot->generation;
  event.user = startup_.user;
  event.database = startup_.database;
  SqlStatementJudge::Description described;
  if (!text.empty() && text.size() <= kMostTraceBytes && judge_ != nullptr && worker_.logs.audits()) {
    described = judge_->describe(text);
    event.normalized = described.normalized;
    event.fingerprint = described.fingerprint;
    event.kinds = described.kinds;
    event.tables = described.tables;
    event.tables_more = described.tables_more;
    event.rule = event.rule.empty() ? described.rule : event.rule;
    event.text_bytes = text.size();
  }
  worker_.logs.audit(event);
}

/// Names and words of ours, nothing of a statement's values.
void PostgresSession::tell(Reason reason, std::string detail, const PostgresDenial& about) {
  detail.append("; user ").append(startup_.user).append("; database ").append(startup_.database);
  StatementEvent event;
  event.time = std::chrono::system_clock::now();
  event.reason = reason;
  event.detail = detail;
  event.rule = about.rule;
  tell(event, about.text);
}

void PostgresSession::count_answers() noexcept {
  auto& counters = worker_.metrics.counters();
  counters.postgres_cut += back_->cut_answers() - std::exchange(counted_cut_, back_->cut_answers());
  counters.postgres_withheld += back_->withheld_values() - std::exchange(counted_withheld_, back_->withheld_values());
  counters.postgres_covered += back_->covered_values() - std::exchange(counted_covered_, back_->covered_values());
}

// What was cut.

/// Where the client has said more, that might be stopped instead: then the rest of the answer is swallowed.
void PostgresSession::stop_what_was_cut() {
  if (!back_->take_wish_to_cancel() || stop_ || !talk_.is_last_answer() || !server_key_) {
    return;
  }
  const UpstreamPlan& plan = upstream();
  if (plan.destination != dialled_ || plan.tls != dialled_tls_) {
    return;
  }
  stop_.emplace(worker_, PostgresStop::Server{plan, down_.snapshot, client_.identity_number, *server_key_}, sleeper_);
  worker_.metrics.counters().postgres_cancels += 1;
  front_->pause();
}

bool PostgresSession::pump_stop() {
  if (!stop_ || stop_->step() == PostgresStop::Step::kGoing) {
    return false;
  }
  stop_.reset();
  front_->resume();
  renew_catalogue();  // which waited for this, and comes before what the client asks next
  return true;
}

// How fast it is read.

/// A read takes what its block has room for: of a long result a client that reads slowly has up to limits.bufferBytes
/// and 64 KiB waiting for it.
std::size_t PostgresSession::much_of_result() const noexcept {
  return std::min<std::size_t>(kMuch, down_.snapshot->config.limits.buffer_bytes + BufferPool::kBlockBytes);
}

void PostgresSession::make_room_for_result() {
  const std::size_t room = much_of_result() + kBesides;
  if (pace_.is_pausing() && to_client_.empty() && server_->in.size() < room && server_->transport().may_read()) {
    [[maybe_unused]] const auto made = server_->in.prepare(room - server_->in.size());
  }
}

void PostgresSession::pace_result(Reading reading, std::uint64_t bytes) noexcept {
  pace_.took(bytes);
  const bool goes_on = back_->is_in_result() && reading == Reading::kMore && server_->transport().may_read();
  if (reading == Reading::kGone || goes_on) {
    return;
  }
  const auto within = back_->is_in_result() ? ResultPace::Within::kResult : ResultPace::Within::kNothing;
  const auto longest = down_.snapshot->config.postgres.result_pause;
  pace_.settle(server_->transport().socket(), within, {longest, much_of_result()});
}

// What is withheld, asked again.

/// At once after the client has defined something, else not more often than once a second. Until then what is not known
/// is not told. Between two statements, in whose transaction it is asked; a failed one tells nothing.
void PostgresSession::renew_catalogue() {
  constexpr auto kLeastBetween = std::chrono::seconds(1);
  if (!masks_ || asked_again_ || stop_) {
    return;
  }
  wants_catalogue_ = back_->take_wish_for_catalogue() || wants_catalogue_;
  const bool is_due = front_->has_redefined() || (wants_catalogue_ && worker_.loop.now() - asked_at_ >= kLeastBetween);
  if (!is_due || !talk_.is_between_segments() || !front_->at_message_start() || talk_.transaction() == 'E') {
    return;
  }
  wants_catalogue_ = false;
  front_->forget_redefinition();
  front_->pause();
  asked_at_ = worker_.loop.now();
  asked_again_.emplace(*masks_, to_client_, to_server_, name_of_nothing());
}

/// What comes from the server is an answer to us.
bool PostgresSession::pump_catalogue() {
  auto& counter = worker_.metrics.counters().upstream.bytes_received;
  const Reading reading = read(server_->transport(), server_->in, asked_again_->wanted(), counter);
  const std::size_t taken = asked_again_->take(server_->in.bytes());
  server_->in.consume(taken);
  switch (asked_again_->state()) {
    case PostgresCatalogue::State::kGoing:
      break;
    case PostgresCatalogue::State::kDone:
      asked_again_.reset();
      front_->resume();
      return true;
    case PostgresCatalogue::State::kFailed:
      refuse(Reason::kSensitiveData, "the server does not tell its columns");
      return true;
  }
  if (reading == Reading::kGone) {
    on_server_gone();
    return true;
  }
  return taken != 0 || reading == Reading::kMore;
}

}  // namespace gabion::proxy
