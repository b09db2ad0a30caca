// How a session of PostgreSQL begins: start-up packets, admission, the connection to the server.
#include <algorithm>

#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_refusal.h"
#include "proxy/session/postgres_session.h"

namespace gabion::proxy {
namespace {

using postgres::StartupKind;
using postgres::StartupRefusal;

std::string_view text_of(StartupRefusal refusal) noexcept {
  switch (refusal) {
    case StartupRefusal::kNone:
      return "";
    case StartupRefusal::kMalformed:
      return "the start-up packet is malformed";
    case StartupRefusal::kNoUser:
      return "the start-up packet names no user";
    case StartupRefusal::kNameTooLong:
      return "a user or database name is longer than 63 bytes";
    case StartupRefusal::kReplication:
      return "replication is not allowed";
    case StartupRefusal::kParameter:
      return "a start-up parameter is not allowed";
    case StartupRefusal::kEncoding:
      return "client_encoding must be UTF8";
    case StartupRefusal::kOptions:
      return "only -c name=value is allowed in options";
  }
  return "";
}

}  // namespace

bool PostgresSession::open() {
  bool moved = false;
  while (phase_ == Phase::kOpening) {
    postgres::StartupPacket packet;
    switch (read_startup_packet(from_client_.view(), packet)) {
      case postgres::StartupReading::kPacket:
        begun_ = true;
        take_packet(packet);
        from_client_.consume(packet.consumed);
        moved = true;
        continue;
      case postgres::StartupReading::kError: {
        begun_ = true;
        const bool is_tls = from_client_.view().front() == postgres::kTlsHandshakeByte;
        worker_.metrics.counters().protocol_mismatch += 1;
        if (is_tls) {  // it would not understand an error
          refuse(Reason::kProtocolMismatch, "TLS on a plain-text port");
          to_client_.clear();
        } else {
          refuse(Reason::kMalformedRequest, "not a start-up packet of PostgreSQL");
        }
        return true;
      }
      case postgres::StartupReading::kNeedMore:
        break;
    }
    auto& counter = worker_.metrics.counters().downstream.bytes_received;
    switch (read(*client_.transport, from_client_, 0, counter)) {
      case Reading::kMore:
        moved = true;
        break;
      case Reading::kNothing:
        return moved;
      case Reading::kGone:
        on_client_gone();
        return true;
    }
  }
  return moved;
}

void PostgresSession::take_packet(const postgres::StartupPacket& packet) {
  // What follows a request for encryption was sent before our answer: nobody vouches for it (PG-03).
  const bool more = from_client_.size() != packet.consumed;
  switch (packet.kind) {
    case StartupKind::kSslRequest:
    case StartupKind::kGssRequest: {
      bool& asked = packet.kind == StartupKind::kSslRequest ? asked_ssl_ : asked_gss_;
      if (asked || more) {
        refuse(Reason::kMalformedRequest, asked ? "asked for encryption twice" : "bytes before our answer");
        return;
      }
      asked = true;
      refuse_encryption();
      return;
    }
    case StartupKind::kCancel:
      if (more) {
        refuse(Reason::kMalformedRequest, "bytes behind a cancel request");
        return;
      }
      begin_cancel(packet);
      return;
    case StartupKind::kStartup:
      begin(packet);
      return;
    case StartupKind::kOldVersion:
    case StartupKind::kUnknownVersion:
      refuse(Reason::kUnsupportedVersion, "not version 3");
      return;
  }
}

void PostgresSession::refuse_encryption() {
  to_client_.append("N");
  begun_ = false;  // so far
}

void PostgresSession::begin(const postgres::StartupPacket& packet) {
  startup_ = postgres::parse_startup_parameters(packet.parameters);
  if (startup_.refusal != StartupRefusal::kNone) {
    refuse_startup();
    return;
  }
  if (packet.minor != 0 || !startup_.protocol_options.empty()) {
    const std::vector<std::string_view> options(startup_.protocol_options.begin(), startup_.protocol_options.end());
    std::string answer;
    postgres::write_negotiation(answer, options);
    to_client_.append(answer);
  }
  const auto& limits = down_.snapshot->config.limits;
  if (worker_.buffers.in_use_bytes() > limits.in_flight_bytes) {
    worker_.metrics.reached(Limit::kInFlightBytes);
    refuse(Reason::kOverload, {});
    return;
  }
  if (!admit()) {
    return;
  }
  const DatabaseLoginPlan* login = nullptr;
  if (find_account(&login) == Account::kForeign) {
    refuse_role();
    return;
  }
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
}

/// Who has a login of ours has that one alone: a password would make the role a matter of who knows it.
PostgresSession::Account PostgresSession::find_account(const DatabaseLoginPlan** found) const noexcept {
  const bool is_own_application = down_.plan->side == inspect::Side::kEgress;
  Account account = Account::kNone;
  for (const DatabaseLoginPlan& login : down_.plan->logins) {
    if (!is_own_application && (client_.peer_spiffe.empty() || login.identity != client_.peer_spiffe)) {
      continue;
    }
    if (login.role == startup_.user) {
      *found = &login;
      return Account::kOwn;
    }
    account = Account::kForeign;
  }
  return account;
}

void PostgresSession::refuse_role() {
  constexpr std::string_view kSentence = "the user is not the role of this workload";
  refuse(Reason::kStartupRefused, kSentence, {"FATAL", "28000", kSentence});
}

void PostgresSession::refuse_startup() {
  const bool malformed = startup_.refusal == StartupRefusal::kMalformed;
  const bool nobody = startup_.refusal == StartupRefusal::kNoUser || startup_.refusal == StartupRefusal::kNameTooLong;
  std::string sentence(text_of(startup_.refusal));
  if (startup_.refusal == StartupRefusal::kParameter) {
    sentence += ": " + startup_.what;
  }
  const std::string_view state = malformed ? "08P01" : nobody ? "28000" : "42501";
  refuse(malformed ? Reason::kMalformedRequest : Reason::kStartupRefused, sentence, {"FATAL", state, sentence});
}

inspect::ConnectionFacts PostgresSession::facts() const noexcept {
  const ListenerPlan& plan = *down_.plan;
  if (plan.side == inspect::Side::kEgress) {
    return egress_facts(plan.routes.front());
  }
  inspect::ConnectionFacts facts;
  facts.peer_address = client_.remote.address;
  facts.peer_identity = client_.identity;
  facts.port = plan.port;
  return facts;
}

inspect::policy::SqlAccess PostgresSession::access(const Snapshot& snapshot) const {
  return snapshot.inspection->policy().sql_access(facts(), config::kube::AppProtocol::kPostgresql);
}

bool PostgresSession::admit() {
  admitted_under_ = down_.snapshot;
  auto found = worker_.metrics.timed(InspectStage::kRequestHead, [this] { return access(*admitted_under_); });
  verdict_ = std::move(found.verdict);
  is_judged_ = true;
  if (verdict_.allowed()) {
    return cancel_ || make_judge(std::move(found.rules));
  }
  const Reason reason = to_reason(verdict_.reason);
  std::string sentence(postgres_text_of(reason));
  if (down_.snapshot->config.explain_to_client && !verdict_.detail.empty()) {
    sentence += " (" + verdict_.detail + ")";
  }
  refuse(reason, {}, {"FATAL", sqlstate_of(reason), sentence});
  return false;
}

bool PostgresSession::make_judge(std::shared_ptr<const inspect::sql::SqlRules> rules) {
  SqlJudges* const shared = worker_.sql_judges();
  if (shared == nullptr) {
    refuse(Reason::kOverload, "no parser for SQL");
    return false;
  }
  inspect::sql::SqlContext context;
  context.user = startup_.user;
  context.database = startup_.database;
  context.search_path = {std::string(kPinnedPath)};
  context.abilities = {.counts_rows = true, .masks_columns = true};
  judge_ = std::make_unique<SqlStatementJudge>(*shared, std::move(context), std::move(rules),
                                               admitted_under_->inspection->taint());
  const auto& settings = startup_.settings;  // a proxy before us may have told the server already
  if (!judge_->masks().empty()) {
    masks_.emplace(judge_->masks());
  }
  pinned_ = judge_->looks_at_names() || std::any_of(settings.begin(), settings.end(),
                                                    [](const auto& setting) { return setting.first == "search_path"; });
  return true;
}

// A cancel has a connection of its own, and is answered by nothing but its end.

void PostgresSession::begin_cancel(const postgres::StartupPacket& packet) {
  cancel_ = worker_.cancels->find(packet.process, packet.key);
  const bool fits = cancel_ && cancel_->listen == down_.plan->listen && cancel_->peer_spiffe == client_.peer_spiffe &&
                    (!client_.peer_spiffe.empty() || cancel_->address == client_.remote.address) &&
                    cancel_->server == down_.plan->upstreams.front().destination;
  if (!fits) {
    cancel_.reset();
    refuse(Reason::kStartupRefused, "a cancel request with a key that is none of this client's");
    to_client_.clear();
    return;
  }
  if (!admit()) {
    to_client_.clear();
    return;
  }
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
}

bool PostgresSession::pump_cancel() {
  auto& counter = worker_.metrics.counters().upstream.bytes_received;
  if (read(server_->transport(), server_->in, 0, counter) != Reading::kGone) {
    server_->in.clear();
    return false;
  }
  release_server();
  finish();
  return true;
}

// The connection to the server.

bool PostgresSession::dial() {
  UpstreamPool::Wanted wanted{down_.plan->upstreams.front(), down_.snapshot, client_.identity_number};
  wanted.fresh_only = true;
  wanted.offer = tls::Offer::kPostgres;
  server_ = worker_.pool.acquire(wanted, sleeper_);
  if (!server_) {
    return false;  // woken when there is a place
  }
  phase_ = Phase::kConnecting;
  since_ = worker_.loop.now();
  return true;
}

bool PostgresSession::connect() {
  switch (server_->progress()) {
    case UpstreamConnection::State::kConnecting:
    case UpstreamConnection::State::kHandshaking:
      return false;
    case UpstreamConnection::State::kFailed: {
      worker_.metrics.counters().upstream.tls.failed += server_->tls() != nullptr ? 1 : 0;
      const std::string detail = server_->failure_detail();
      refuse(server_->failure(), detail);
      return true;
    }
    case UpstreamConnection::State::kReady:
      on_connected();
      return true;
  }
  return false;
}

void PostgresSession::on_connected() {
  if (const tls::TlsStream* tls = server_->tls(); tls != nullptr) {
    worker_.metrics.counters().upstream.tls.ok += 1;
    worker_.metrics.counters().upstream.tls.resumed += tls->peer().resumed ? 1 : 0;
    if (tls->agreed_protocol() != "postgresql") {
      refuse(Reason::kUpstreamProtocol, "the server did not agree on the ALPN postgresql");
      return;
    }
  }
  server_spiffe_ = server_->peer_spiffe;
  since_ = last_move_ = worker_.loop.now();
  std::string message;
  if (cancel_) {
    postgres::write_cancel_request(message, cancel_->key.process, cancel_->key.key);
    to_server_.append(message);
    phase_ = Phase::kCancelled;
    return;
  }
  begin_login();
}

void PostgresSession::begin_login() {
  const DatabaseLoginPlan* login = nullptr;
  std::optional<OwnLogin> own;
  switch (find_account(&login)) {
    case Account::kNone:
      break;
    case Account::kOwn:
      own = {
          *login,
          server_->tls() != nullptr ? postgres::UpstreamLogin::Channel::kTls : postgres::UpstreamLogin::Channel::kPlain,
          &tls::scram_crypto(), &worker_.scram_keys};
      break;
    case Account::kForeign:
      refuse_role();
      return;
  }
  std::string message;
  std::vector<postgres::StartupParameter> parameters = {{"user", startup_.user}, {"database", startup_.database}};
  parameters.insert(parameters.end(), startup_.settings.begin(), startup_.settings.end());
  if (pinned_) {
    parameters.emplace_back("search_path", kPinnedPath);
  }
  postgres::write_startup(message, parameters);
  to_server_.append(message);
  login_.emplace(
      PostgresLogin::Parts{to_client_, to_server_, *this, PasswordRoad::kReadable, masks_ ? &*masks_ : nullptr},
      std::move(own));
  phase_ = Phase::kLogin;
}

/// Two sessions with one key would be one too many, so a number that is taken is thrown again.
PostgresKey PostgresSession::replace_key(const PostgresKey& servers) {
  const PostgresCancel session{down_.plan->upstreams.front().destination, servers, down_.plan->listen,
                               client_.peer_spiffe, client_.remote.address};
  constexpr int kTries = 4;
  std::uint64_t number = 0;
  for (int i = 0; i < kTries && !key_; ++i) {
    worker_.random.fill({reinterpret_cast<std::uint8_t*>(&number), sizeof number});
    if (worker_.cancels->add(number, session)) {
      key_ = number;
    }
  }
  return PostgresCancels::key_of(number);  // one that is in no table cancels nothing
}

}  // namespace gabion::proxy
