// One SSL_CTX for each role: see contexts.h.
#include "proxy/tls/contexts.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "proxy/tls/spiffe_certificate.h"

namespace gabion::proxy::tls {
namespace {

// Wire format of ALPN lists: each name with its length before it.
constexpr std::array<std::string_view, 4> kHttp1Alpn = {"http/1.1", "istio-http/1.1", "istio-peer-exchange", "istio"};
constexpr std::array<std::string_view, 4> kHttp2Alpn = {"h2", "istio-h2", "istio-peer-exchange", "istio"};
constexpr std::array<std::string_view, 6> kHttpAlpn = {
    "h2", "istio-h2", "http/1.1", "istio-http/1.1", "istio-peer-exchange", "istio"};
constexpr std::array<std::string_view, 6> kMeshAlpn = {"http/1.1", "istio-http/1.1", "istio-peer-exchange", "istio",
                                                       "h2",       "istio-h2"};
constexpr std::array<std::string_view, 1> kPostgresAlpn = {"postgresql"};
constexpr std::array<std::string_view, 1> kTcpAlpn = {"istio"};
constexpr std::array<std::string_view, 7> kAutoAlpn = {"h2",         "istio-h2", "http/1.1",           "istio-http/1.1",
                                                       "postgresql", "istio",    "istio-peer-exchange"};
constexpr std::array<std::string_view, 1> kHopAlpn = {kHopProtocol};
constexpr std::string_view kOfferHop = "\x0cgabion-hop/1";
constexpr std::string_view kOfferTcp = "\x05istio";
constexpr std::string_view kOfferPostgres = "\x0apostgresql";
constexpr std::string_view kOfferHttp1 = "\x0eistio-http/1.1\x08http/1.1";
constexpr std::string_view kOfferHttp2 = "\x08istio-h2\x02h2";
constexpr std::string_view kOfferEither = "\x08istio-h2\x02h2\x0eistio-http/1.1\x08http/1.1";

HandshakeState* state_of(const SSL* ssl) noexcept {
  return static_cast<HandshakeState*>(SSL_get_app_data(ssl));
}

/// The first of `names` that the wire-format list holds, as a view into the list.
template <std::size_t N>
std::string_view pick_alpn(std::string_view list, const std::array<std::string_view, N>& names) noexcept {
  for (const auto wanted : names) {
    for (std::size_t at = 0; at < list.size();) {
      const auto length = static_cast<std::size_t>(static_cast<unsigned char>(list[at]));
      if (at + 1 + length > list.size()) {
        return {};
      }
      if (list.substr(at + 1, length) == wanted) {
        return list.substr(at + 1, length);
      }
      at += 1 + length;
    }
  }
  return {};
}

std::string_view pick_spoken(std::string_view list, config::Protocol protocol) noexcept {
  switch (protocol) {
    case config::Protocol::kHttp:
      return pick_alpn(list, kHttpAlpn);
    case config::Protocol::kHttp1:
      return pick_alpn(list, kHttp1Alpn);
    case config::Protocol::kHttp2:
      return pick_alpn(list, kHttp2Alpn);
    case config::Protocol::kPostgres:
      return pick_alpn(list, kPostgresAlpn);
    case config::Protocol::kTcp:
      return pick_alpn(list, kTcpAlpn);
    case config::Protocol::kAuto:
      return pick_alpn(list, kAutoAlpn);
  }
  return {};
}

int select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                unsigned int in_length, void* /*arg*/) {
  auto* const state = state_of(ssl);
  const std::string_view offered(reinterpret_cast<const char*>(in), in_length);
  const auto picked = state != nullptr && state->is_hop
                          ? pick_alpn(offered, kHopAlpn)
                          : pick_spoken(offered, state == nullptr ? config::Protocol::kHttp : state->protocol);
  if (picked.empty()) {
    if (state != nullptr) {
      state->reason = Reason::kProtocolMismatch;
      state->detail = "no application protocol in common (ALPN)";
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = reinterpret_cast<const unsigned char*>(picked.data());
  *out_length = static_cast<unsigned char>(picked.size());
  return SSL_TLSEXT_ERR_OK;
}

bool names_mesh(const HandshakeState* state, std::string_view list) noexcept {
  switch (state == nullptr ? config::Protocol::kHttp : state->protocol) {
    case config::Protocol::kPostgres:
      return !pick_alpn(list, kPostgresAlpn).empty();
    case config::Protocol::kHttp:
    case config::Protocol::kHttp1:
    case config::Protocol::kHttp2:
      return !pick_alpn(list, kMeshAlpn).empty();
    case config::Protocol::kTcp:
    case config::Protocol::kAuto:
      return true;  // whose it is was told from the same ClientHello before TLS was begun
  }
  return false;
}

/// PERMISSIVE: TLS without a mesh ALPN is the application's own, which a port with rules may not carry past them.
int require_mesh_alpn(SSL* ssl, int* alert, void* /*arg*/) {
  const unsigned char* extension = nullptr;
  std::size_t length = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension, &length) == 1 &&
      length > 2 && names_mesh(state_of(ssl), {reinterpret_cast<const char*>(extension) + 2, length - 2})) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  if (auto* state = state_of(ssl); state != nullptr) {
    state->reason = Reason::kProtocolMismatch;
    state->detail = "TLS without a mesh ALPN on a PERMISSIVE port";
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

Reason reason_of_verify_error(int error) noexcept {
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID
             ? Reason::kClientCertificateExpired
             : Reason::kClientCertificateUntrusted;
}

int refuse(X509_STORE_CTX* check, HandshakeState& state, int error, Reason reason, std::string detail) {
  state.reason = reason;
  state.detail = std::move(detail);
  X509_STORE_CTX_set_error(check, error);
  return 0;
}

PeerCertificate describe_chain(X509_STORE_CTX* check, config::SpiffeId id) {
  PeerCertificate peer;
  peer.id = std::move(id);
  peer.expires = std::chrono::system_clock::time_point::max();
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(check);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    peer.expires = std::min(peer.expires, not_after(*sk_X509_value(chain, i)));
  }
  peer.root = fingerprint(*sk_X509_value(chain, sk_X509_num(chain) - 1));
  return peer;
}

/// Both ends: chain to a root, then exactly one SPIFFE id of our trust domain, then (clients) one we wanted.
int verify_peer(X509_STORE_CTX* check, void* /*arg*/) {
  const auto* ssl = static_cast<const SSL*>(X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  HandshakeState* state = state_of(ssl);
  if (state == nullptr) {
    return 0;
  }
  if (X509_verify_cert(check) != 1) {
    const int error = X509_STORE_CTX_get_error(check);
    return refuse(check, *state, error, reason_of_verify_error(error), X509_verify_cert_error_string(error));
  }
  auto id = spiffe_id_of(*X509_STORE_CTX_get0_cert(check));
  if (id.has_error()) {
    return refuse(check, *state, X509_V_ERR_CERT_REJECTED, Reason::kClientCertificateIdentity, id.error().what);
  }
  if (id->trust_domain != state->contexts->material().id.trust_domain) {
    return refuse(check, *state, X509_V_ERR_CERT_REJECTED, Reason::kTrustDomain,
                  "trust domain " + id->trust_domain + " is not ours");
  }
  const auto& accepted = state->accepted_ids;
  if (SSL_is_server(ssl) == 0 && std::find(accepted.begin(), accepted.end(), *id) == accepted.end()) {
    return refuse(check, *state, X509_V_ERR_CERT_REJECTED, Reason::kUpstreamIdentity,
                  "the server is " + id->to_string() + ", which the route does not accept");
  }
  state->peer = describe_chain(check, std::move(*id));
  ERR_clear_error();  // a good chain may leave errors of the ways tried before it: SSL_get_error() would report them
  return 1;
}

/// What a ticket carries beside the session: enough to end a resumed connection when its trust ends.
struct TicketFacts {
  Fingerprint root;
  std::int64_t expires_unix_seconds;
};

int write_ticket(SSL* ssl, void* /*arg*/) {
  const auto* state = state_of(ssl);
  if (state == nullptr || !state->peer) {
    return 0;
  }
  const TicketFacts facts{state->peer->root, std::chrono::system_clock::to_time_t(state->peer->expires)};
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), &facts, sizeof facts);
}

std::optional<PeerCertificate> peer_of_ticket(SSL_SESSION* session, const Contexts& contexts) {
  void* bytes = nullptr;
  std::size_t length = 0;
  if (SSL_SESSION_get0_ticket_appdata(session, &bytes, &length) != 1 || length != sizeof(TicketFacts)) {
    return std::nullopt;
  }
  TicketFacts facts{};
  std::memcpy(&facts, bytes, sizeof facts);
  X509* leaf = SSL_SESSION_get0_peer(session);
  const auto expires = std::chrono::system_clock::from_time_t(facts.expires_unix_seconds);
  if (leaf == nullptr || expires <= std::chrono::system_clock::now() || !contexts.trusts_root(facts.root)) {
    return std::nullopt;
  }
  auto id = spiffe_id_of(*leaf);
  if (id.has_error()) {
    return std::nullopt;
  }
  return PeerCertificate{std::move(*id), expires, facts.root, true};
}

/// A ticket whose root or certificate no longer holds is ignored: the client does a full handshake instead.
SSL_TICKET_RETURN read_ticket(SSL* ssl, SSL_SESSION* session, const unsigned char* /*name*/, std::size_t /*length*/,
                              SSL_TICKET_STATUS status, void* /*arg*/) {
  auto* state = state_of(ssl);
  switch (status) {
    case SSL_TICKET_SUCCESS:
    case SSL_TICKET_SUCCESS_RENEW: {
      auto peer = state == nullptr ? std::nullopt : peer_of_ticket(session, *state->contexts);
      if (!peer) {
        return SSL_TICKET_RETURN_IGNORE_RENEW;
      }
      state->peer = std::move(peer);
      return SSL_TICKET_RETURN_USE_RENEW;
    }
    case SSL_TICKET_EMPTY:
    case SSL_TICKET_NO_DECRYPT:
      return SSL_TICKET_RETURN_IGNORE_RENEW;
    default:
      return SSL_TICKET_RETURN_ABORT;
  }
}

int take_session(SSL* ssl, SSL_SESSION* session) {
  const auto* state = state_of(ssl);
  if (state == nullptr || state->on_session == nullptr) {
    return 0;
  }
  state->on_session(state->owner, session);
  return 1;
}

}  // namespace

void Contexts::FreeContext::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}

Contexts::Contexts(std::shared_ptr<const Material> material) noexcept : material_(std::move(material)) {}
Contexts::~Contexts() = default;

bool offer_alpn(SSL& ssl, Offer offer) noexcept {
  std::string_view names = kOfferHttp1;
  switch (offer) {
    case Offer::kHttp1:
      break;
    case Offer::kHttp2:
      names = kOfferHttp2;
      break;
    case Offer::kEither:
      names = kOfferEither;
      break;
    case Offer::kPostgres:
      names = kOfferPostgres;
      break;
    case Offer::kTcp:
      names = kOfferTcp;
      break;
    case Offer::kHop:
      names = kOfferHop;
      break;
  }
  return SSL_set_alpn_protos(&ssl, reinterpret_cast<const unsigned char*>(names.data()),
                             static_cast<unsigned int>(names.size())) == 0;
}

bool require_tls13(SSL& ssl) noexcept {
  return SSL_set_min_proto_version(&ssl, TLS1_3_VERSION) == 1;
}

void attach(SSL& ssl, HandshakeState* state) noexcept {
  SSL_set_app_data(&ssl, state);
}

SSL_CTX& Contexts::server(ServerRole role) const noexcept {
  return role == ServerRole::kPermissive ? *permissive_ : *strict_;
}

bool Contexts::trusts_root(const Fingerprint& root) const noexcept {
  return std::binary_search(material_->root_fingerprints.begin(), material_->root_fingerprints.end(), root);
}

config::Result<std::shared_ptr<const Contexts>> Contexts::make(std::shared_ptr<const Material> material) {
  std::shared_ptr<Contexts> contexts(new Contexts(std::move(material)));
  for (ContextPtr* slot : {&contexts->strict_, &contexts->permissive_, &contexts->client_}) {
    const bool is_client = slot == &contexts->client_;
    auto made = contexts->make_context(is_client ? TLS_client_method() : TLS_server_method());
    if (made.has_error()) {
      return made.error();
    }
    *slot = std::move(*made);
  }
  contexts->set_up_server(*contexts->strict_);
  contexts->set_up_server(*contexts->permissive_);
  SSL_CTX_set_client_hello_cb(contexts->permissive_.get(), require_mesh_alpn, nullptr);
  contexts->set_up_client(*contexts->client_);
  return std::shared_ptr<const Contexts>(std::move(contexts));
}

config::Result<Contexts::ContextPtr> Contexts::make_context(const SSL_METHOD* method) const {
  ContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
      SSL_CTX_set_ciphersuites(context.get(),
                               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
      SSL_CTX_use_certificate(context.get(), material_->leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), material_->key.get()) != 1) {
    const char* const reason = ERR_reason_error_string(ERR_get_error());  // null for what OpenSSL has no words for
    ERR_clear_error();
    return config::Error{std::string("OpenSSL: ") + (reason == nullptr ? "no TLS context" : reason), ""};
  }
  for (const auto& intermediate : material_->intermediates) {
    if (SSL_CTX_add1_chain_cert(context.get(), intermediate.get()) != 1) {
      ERR_clear_error();
      return config::Error{"OpenSSL does not take an intermediate certificate (a key too short?)", ""};
    }
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context.get());
  for (const auto& root : material_->roots) {
    X509_STORE_add_cert(store, root.get());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one read per record instead of one for the header, one for the rest
  SSL_CTX_set_cert_verify_callback(context.get(), verify_peer, nullptr);
  return context;
}

void Contexts::set_up_server(SSL_CTX& context) const {
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_alpn_select_cb(&context, select_alpn, nullptr);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);  // tickets only: nothing is shared between workers
  SSL_CTX_set_num_tickets(&context, 1);
  SSL_CTX_set_max_early_data(&context, 0);
  // A session made under another bundle is not resumed.
  SSL_CTX_set_session_id_context(&context, material_->bundle_fingerprint.data(), SSL_MAX_SID_CTX_LENGTH);
  SSL_CTX_set_session_ticket_cb(&context, write_ticket, read_ticket, nullptr);
}

void Contexts::set_up_client(SSL_CTX& context) const {
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(&context, take_session);
}

}  // namespace gabion::proxy::tls
