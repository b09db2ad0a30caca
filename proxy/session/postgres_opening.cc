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
  if (const auto first = look_for_tls(); first != FirstByte::kOther) {
    return first == FirstByte::kTls;
  }
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
      if (asked || more || application_ != nullptr) {
        refuse(Reason::kMalformedRequest, more ? "bytes before our answer" : "asked for encryption twice");
        return;
      }
      asked = true;
      answer_encryption(packet.kind);
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

void PostgresSession::begin(const postgres::StartupPacket& packet) {
  startup_ = postgres::parse_startup_parameters(packet.parameters);
  if (startup_.refusal != StartupRefusal::kNone) {
    refuse_startup();
    return;
  }
  startup_minor_ = packet.minor;
  if (needs_tls() && application_ == nullptr) {
    constexpr std::string_view kSentence = "TLS is required here";
    refuse(Reason::kStartupRefused, kSentence, {"FATAL", "28000", kSentence});
    return;
  }
  if (!endpoint_.is_affordable(*down_.snapshot)) {
    refuse(Reason::kOverload, {});
    return;
  }
  if (!pick_endpoint()) {
    refuse(Reason::kNoEndpoint, {});
    return;
  }
  if (!admit()) {
    return;
  }
  const DatabaseLoginPlan* login = nullptr;
  if (find_account(*down_.plan, &login) == Account::kForeign) {
    refuse_role();
    return;
  }
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
}

/// Who has a login of ours has that one alone: a password would make the role a matter of who knows it.
PostgresSession::Account PostgresSession::find_account(const ListenerPlan& plan,
                                                       const DatabaseLoginPlan** found) const noexcept {
  const bool is_own_application = plan.side == inspect::Side::kEgress;
  Account account = Account::kNone;
  for (const DatabaseLoginPlan& login : plan.logins) {
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
    return endpoint_.plan() != nullptr ? endpoint_.plan()->facts : egress_facts(plan.routes.front());
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
    return cancel_ || make_judge(std::move(found));
  }
  const Reason reason = to_reason(verdict_.reason);
  std::string sentence(postgres_text_of(reason));
  if (down_.snapshot->config.explain_to_client && !verdict_.detail.empty()) {
    sentence += " (" + verdict_.detail + ")";
  }
  refuse(reason, {}, {"FATAL", sqlstate_of(reason), sentence});
  return false;
}

bool PostgresSession::make_judge(inspect::policy::SqlAccess found) {
  SqlJudges* const shared = worker_.sql_judges();
  if (shared == nullptr) {
    refuse(Reason::kOverload, "no parser for SQL");
    return false;
  }
  inspect::sql::SqlContext context;
  context.user = startup_.user;
  context.database = startup_.database;
  context.search_path = {std::string(kPinnedPath)};
  make_row_inspection(found);
  context.abilities = {
      .counts_rows = true, .masks_columns = true, .masks_copies = true, .scans_lost = rows_ != nullptr};
  judge_ = std::make_unique<SqlStatementJudge>(*shared, std::move(context), std::move(found.rules),
                                               admitted_under_->inspection->taint());
  if (rows_ != nullptr) {
    judge_->set_answers(SqlStatementJudge::Answers::kLookedAt);
  }
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
  cancel_ = worker_.cancels->find({packet.process, std::string(packet.key)});
  const bool fits = cancel_ && cancel_->listen == down_.plan->listen && cancel_->peer_spiffe == client_.peer_spiffe &&
                    (!client_.peer_spiffe.empty() || cancel_->address == client_.remote.address) &&
                    pick_server_of_cancel();
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

}  // namespace gabion::proxy
