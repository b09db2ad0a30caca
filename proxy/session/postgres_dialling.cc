// A session of PostgreSQL finds its server: dials it and begins the login. See postgres_session.h.
#include "proxy/protocol/postgres/write.h"
#include "proxy/session/postgres_session.h"

namespace gabion::proxy {

namespace {

/// Null: the listener's route leads to a destination, or there is none.
const ServicePlan* service_of(const ListenerPlan& plan) noexcept {
  return plan.services.empty() || !plan.services.front() ? nullptr : &*plan.services.front();
}

}  // namespace

const UpstreamPlan& PostgresSession::upstream() const noexcept {
  return endpoint_.plan() != nullptr ? endpoint_.plan()->plan : down_.plan->upstreams.front();
}

const UpstreamPlan* PostgresSession::upstream_of(const ListenerPlan& plan) const noexcept {
  const ServicePlan* service = service_of(plan);
  if (service == nullptr || endpoint_.plan() == nullptr) {
    return &plan.upstreams.front();
  }
  const EndpointPlan* found = service->find(endpoint_.plan()->plan.destination);
  return found == nullptr ? nullptr : &found->plan;
}

/// Before the session is judged: the verdict is about that endpoint. False: there is none.
bool PostgresSession::pick_endpoint() {
  const ServicePlan* service = service_of(*down_.plan);
  return service == nullptr || endpoint_.pick(*service, down_.snapshot);
}

/// A cancel goes to the server that the session is on, if that is still one of the service's.
bool PostgresSession::pick_server_of_cancel() {
  const ServicePlan* service = service_of(*down_.plan);
  if (service == nullptr) {
    return cancel_->server == down_.plan->upstreams.front().destination;
  }
  const EndpointPlan* found = service->find(cancel_->server);
  if (found != nullptr) {
    endpoint_.choose(*found);
  }
  return found != nullptr;
}

bool PostgresSession::dial() {
  const UpstreamPlan& plan = upstream();
  server_ = endpoint_.dial(plan, down_.snapshot, {client_.identity_number, client_.remote.port}, tls::Offer::kPostgres);
  if (!server_) {
    return false;
  }
  dialled_ = plan.destination;
  dialled_tls_ = plan.tls;
  phase_ = Phase::kConnecting;
  since_ = worker_.loop.now();
  return true;
}

bool PostgresSession::connect() {
  switch (endpoint_.step(*server_)) {
    case SessionEndpoint::Dialled::kGoing:
      return false;
    case SessionEndpoint::Dialled::kFailed:
      if (!connect_elsewhere()) {
        const std::string detail = server_->failure_detail();
        refuse(server_->failure(), detail);
      }
      return true;
    case SessionEndpoint::Dialled::kReady:
      on_connected();
      return true;
  }
  return false;
}

bool PostgresSession::connect_elsewhere() {
  if (!endpoint_.turn_elsewhere(service_of(*down_.plan), down_.snapshot)) {
    return false;
  }
  worker_.pool.discard(std::move(server_));
  phase_ = Phase::kWaiting;
  since_ = worker_.loop.now();
  return true;
}

void PostgresSession::on_connected() {
  if (const tls::TlsStream* tls = server_->tls();
      tls != nullptr && !tls->is_hop() && tls->agreed_protocol() != "postgresql") {
    refuse(Reason::kUpstreamProtocol, "the server did not agree on the ALPN postgresql");
    return;
  }
  // The plan may be newer than the connection: no secret and no key for one server goes to another.
  const UpstreamPlan* plan = upstream_of(*down_.plan);
  if (plan == nullptr || dialled_ != plan->destination || !is_server_of(*plan)) {
    refuse(Reason::kPolicyChanged, {});
    return;
  }
  endpoint_.report(EndpointOutcome::kServed, service_of(*down_.plan), *down_.snapshot);
  endpoint_.settle();
  server_spiffe_ = server_->peer_spiffe;
  since_ = last_move_ = worker_.loop.now();
  std::string message;
  if (cancel_) {
    postgres::write_cancel_request(message, cancel_->key.process, cancel_->key.key);
    to_server_.append(message);
    phase_ = Phase::kCancelled;
  } else {
    begin_login();
  }
}

void PostgresSession::begin_login() {
  const DatabaseLoginPlan* login = nullptr;
  std::optional<OwnLogin> own;
  switch (find_account(*down_.plan, &login)) {
    case Account::kNone:
      break;
    case Account::kOwn:
      own = {*login, server_channel(),
             server_->database_tls() != nullptr ? server_->database_tls()->end_point() : std::string(),
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
  rests_on_own_login_ = own.has_value();
  const std::uint16_t minor = startup_minor_ >= kLongKeysMinor ? kLongKeysMinor : 0;
  postgres::write_startup(message, minor, parameters);
  to_server_.append(message);
  login_.emplace(PostgresLogin::Parts{.to_client = to_client_,
                                      .to_server = to_server_,
                                      .owner = *this,
                                      .road = password_road(),
                                      .masks = masks_ ? &*masks_ : nullptr,
                                      .minor = minor,
                                      .binding = channel_binding()},
                 std::move(own));
  phase_ = Phase::kLogin;
}

postgres::UpstreamLogin::Channel PostgresSession::server_channel() const noexcept {
  using Channel = postgres::UpstreamLogin::Channel;
  if (server_->tls() != nullptr) {
    return Channel::kTls;
  }
  const tls::DatabaseStream* database = server_->database_tls();
  return database == nullptr ? Channel::kPlain : database->expires() ? Channel::kTls : Channel::kEncrypted;
}

/// The client is in the mesh, came over TLS, or is on this very host.
PasswordRoad PostgresSession::password_road() const noexcept {
  const bool private_client =
      !client_.peer_spiffe.empty() || application_ != nullptr || client_.remote.address.is_loopback();
  return private_client && server_channel() == postgres::UpstreamLogin::Channel::kTls ? PasswordRoad::kEncrypted
                                                                                      : PasswordRoad::kReadable;
}

/// Binding holds where the client was shown what the server shows: then both hash the same certificate.
ChannelBinding PostgresSession::channel_binding() const noexcept {
  const tls::DatabaseStream* database = server_->database_tls();
  const bool same = application_ != nullptr && database != nullptr && !database->end_point().empty() &&
                    application_->end_point() == database->end_point();
  return same ? ChannelBinding::kKept : ChannelBinding::kTakenOut;
}

/// What the client hears of its own wishes, now that the server's answer is known.
void PostgresSession::settle_version(std::uint16_t minor) {
  minor_ = minor;
  if (startup_minor_ == minor && startup_.protocol_options.empty()) {
    return;
  }
  const std::vector<std::string_view> options(startup_.protocol_options.begin(), startup_.protocol_options.end());
  std::string answer;
  postgres::write_negotiation(answer, minor, options);
  to_client_.append(answer);
}

/// Two sessions with one key would be one too many, so a number that is taken is thrown again.
PostgresKey PostgresSession::replace_key(const PostgresKey& servers) {
  server_key_ = servers;
  const PostgresCancel session{dialled_, servers, down_.plan->listen, client_.peer_spiffe, client_.remote.address};
  constexpr int kTries = 4;
  PostgresKey ours;
  ours.key.resize(minor_ >= kLongKeysMinor ? PostgresCancels::kLongKeyBytes : PostgresCancels::kShortKeyBytes);
  for (int i = 0; i < kTries && !key_; ++i) {
    worker_.random.fill({reinterpret_cast<std::uint8_t*>(&ours.process), sizeof ours.process});
    worker_.random.fill({reinterpret_cast<std::uint8_t*>(ours.key.data()), ours.key.size()});
    if (worker_.cancels->add(ours, session)) {
      key_ = ours;
    }
  }
  return ours;  // one that is in no table cancels nothing
}

}  // namespace gabion::proxy
