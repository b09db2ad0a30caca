// TLS around PostgreSQL outside the mesh: see database_contexts.h.
#include "proxy/tls/database_contexts.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "proxy/tls/scram_crypto.h"

namespace gabion::proxy::tls {
namespace {

constexpr std::string_view kAlpn = "\x0apostgresql";  // with its length before it

config::Error openssl_problem(std::string_view what) {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {std::string(what) + (reason == nullptr ? "" : std::string(": ") + reason), ""};
}

config::Result<SslContextPtr> make_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return openssl_problem("OpenSSL: no TLS context");
  }
  // PostgreSQL resumes nothing, and neither do we where a log-in follows.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

config::Result<void> show(SSL_CTX& context, const std::filesystem::path& certificate,
                          const std::filesystem::path& key_file) {
  auto chain = read_certificates(certificate);
  if (chain.has_error()) {
    return chain.error();
  }
  auto key = read_key(key_file);
  if (key.has_error()) {
    return key.error();
  }
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    return pem_problem("the key does not belong to the certificate in " + certificate.string(), key_file);
  }
  bool taken =
      SSL_CTX_use_certificate(&context, chain->front().get()) == 1 && SSL_CTX_use_PrivateKey(&context, key->get()) == 1;
  for (auto next = chain->begin() + 1; taken && next != chain->end(); ++next) {
    taken = SSL_CTX_add1_chain_cert(&context, next->get()) == 1;
  }
  return taken ? config::Result<void>() : pem_problem("OpenSSL does not take it (a key too short?)", certificate);
}

/// A client that offers protocols and not this one means somebody else.
int select_postgres(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned int in_length, void* /*arg*/) {
  unsigned char* picked = nullptr;
  if (SSL_select_next_proto(&picked, out_length, reinterpret_cast<const unsigned char*>(kAlpn.data()),
                            static_cast<unsigned int>(kAlpn.size()), in, in_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = picked;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void FreeSslContext::operator()(SSL_CTX* context) const noexcept {
  SSL_CTX_free(context);
}

config::Result<std::shared_ptr<const DatabaseClientContext>> DatabaseClientContext::make(
    const config::DatabaseTls& wanted, const config::IpAddress& destination) {
  std::shared_ptr<DatabaseClientContext> made(new DatabaseClientContext(wanted, destination));
  auto context = make_context(TLS_client_method());
  if (context.has_error()) {
    return context.error();
  }
  made->context_ = *std::move(context);
  if (SSL_CTX_set_alpn_protos(made->context_.get(), reinterpret_cast<const unsigned char*>(kAlpn.data()),
                              static_cast<unsigned int>(kAlpn.size())) != 0) {
    return openssl_problem("OpenSSL: no TLS context");
  }
  if (made->verifies()) {
    if (const auto trusts = made->trust(); trusts.has_error()) {
      return trusts.error();
    }
  }
  if (!wanted.certificate.empty()) {
    if (const auto shows = show(*made->context_, wanted.certificate, wanted.key); shows.has_error()) {
      return shows.error();
    }
  }
  return std::shared_ptr<const DatabaseClientContext>(std::move(made));
}

config::Result<void> DatabaseClientContext::trust() {
  const auto roots = read_certificates(wanted_.trust_bundle);
  if (roots.has_error()) {
    return roots.error();
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context_.get());
  for (const auto& root : *roots) {
    X509_STORE_add_cert(store, root.get());
    roots_.push_back(fingerprint(*root));
  }
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  if (wanted_.mode != config::DatabaseTlsMode::kVerifyFull) {
    return {};
  }
  X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(context_.get());
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set =
      wanted_.server_name.empty()
          ? X509_VERIFY_PARAM_set1_ip_asc(checks, destination_.to_string().c_str()) == 1
          : X509_VERIFY_PARAM_set1_host(checks, wanted_.server_name.data(), wanted_.server_name.size()) == 1;
  return set ? config::Result<void>() : openssl_problem("OpenSSL does not take the server's name");
}

bool DatabaseClientContext::takes(const DatabaseClientContext& earlier,
                                  const std::optional<Fingerprint>& root) const noexcept {
  if (!verifies()) {
    return true;
  }
  const bool named = wanted_.mode != config::DatabaseTlsMode::kVerifyFull ||
                     (earlier.wanted_.mode == wanted_.mode && earlier.wanted_.server_name == wanted_.server_name &&
                      earlier.destination_ == destination_);
  return named && root && std::find(roots_.begin(), roots_.end(), *root) != roots_.end();
}

config::Result<std::shared_ptr<const DatabaseServerContext>> DatabaseServerContext::make(
    const config::ApplicationTls& shown) {
  std::shared_ptr<DatabaseServerContext> made(new DatabaseServerContext());
  made->mode_ = shown.mode;
  auto context = make_context(TLS_server_method());
  if (context.has_error()) {
    return context.error();
  }
  made->context_ = *std::move(context);
  if (const auto shows = show(*made->context_, shown.certificate, shown.key); shows.has_error()) {
    return shows.error();
  }
  made->end_point_ = server_end_point(*SSL_CTX_get0_certificate(made->context_.get()));
  SSL_CTX_set_num_tickets(made->context_.get(), 0);
  SSL_CTX_set_max_early_data(made->context_.get(), 0);
  SSL_CTX_set_alpn_select_cb(made->context_.get(), select_postgres, nullptr);
  return std::shared_ptr<const DatabaseServerContext>(std::move(made));
}

}  // namespace gabion::proxy::tls
