// TLS as a load generator needs it: see tls_client.h.
#include "bench/load/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "proxy/tls/socket_bio.h"
#include "proxy/tls/spiffe_certificate.h"

namespace gabion::bench {
namespace {

/// RFC 7301 §3.1: names behind their lengths.
std::string_view alpn_of(HttpVersion version) noexcept {
  switch (version) {
    case HttpVersion::kHttp1:
      return "\x08http/1.1";
    case HttpVersion::kHttp2:
      return "\x02h2";
  }
  return {};
}

config::Error file_error(const std::filesystem::path& file, std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return {std::string(what) + (reason == nullptr ? "" : std::string(": ") + reason), file.string()};
}

/// OpenSSL's own would ask at the terminal.
int refuse_password(char* /*buffer*/, int /*size*/, int /*write*/, void* /*user*/) {
  return -1;
}

}  // namespace

TlsSetting::TlsSetting(TlsFiles files) noexcept
    : files_(std::move(files)), context_(SSL_CTX_new(TLS_client_method())) {}

TlsSetting::~TlsSetting() {
  SSL_CTX_free(context_);
}

config::Result<std::shared_ptr<const TlsSetting>> TlsSetting::load(TlsFiles files) {
  std::shared_ptr<TlsSetting> setting(new TlsSetting(std::move(files)));
  if (const auto ready = setting->set_up(); ready.has_error()) {
    return ready.error();
  }
  return std::shared_ptr<const TlsSetting>(std::move(setting));
}

config::Result<void> TlsSetting::set_up() {
  if (context_ == nullptr || SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_ciphersuites(context_,
                               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") != 1) {
    return config::Error{"OpenSSL cannot be set up", ""};
  }
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context_, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(context_,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_passwd_cb(context_, refuse_password);
  const auto alpn = alpn_of(files_.version);
  SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned int>(alpn.size()));
  if (SSL_CTX_load_verify_locations(context_, files_.authority.c_str(), nullptr) != 1) {
    return file_error(files_.authority, "holds no readable PEM certificate");
  }
  if (files_.certificate.empty()) {
    return {};
  }
  if (SSL_CTX_use_certificate_chain_file(context_, files_.certificate.c_str()) != 1) {
    return file_error(files_.certificate, "holds no readable PEM certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context_, files_.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_error(files_.key, "holds no readable, unencrypted PEM key that belongs to the certificate");
  }
  return {};
}

TlsTransport::TlsTransport(proxy::EventLoop& loop, int fd, const TlsSetting& setting) noexcept
    : socket_(loop, fd), setting_(setting) {}

TlsTransport::~TlsTransport() {
  SSL_free(ssl_);
}

std::unique_ptr<TlsTransport> TlsTransport::connect(proxy::EventLoop& loop, int fd, const TlsSetting& setting) {
  std::unique_ptr<TlsTransport> transport(new TlsTransport(loop, fd, setting));
  transport->ssl_ = SSL_new(setting.context_);
  BIO* bio = transport->ssl_ == nullptr ? nullptr : proxy::tls::make_socket_bio(transport->socket_);
  if (bio == nullptr) {
    return nullptr;
  }
  SSL_set_bio(transport->ssl_, bio, bio);
  SSL_set_connect_state(transport->ssl_);
  if (const auto& name = setting.files_.server_name; !name.empty()) {
    SSL_set_tlsext_host_name(transport->ssl_, name.c_str());
  }
  return transport;
}

TlsTransport::Handshake TlsTransport::handshake() noexcept {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    ERR_clear_error();  // SSL_get_error() reads the thread's queue, and going well may still leave something in it
    done_ = is_wanted_server() && is_wanted_protocol();
    return done_ ? Handshake::kDone : Handshake::kFailed;
  }
  const int error = SSL_get_error(ssl_, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    return Handshake::kBlocked;
  }
  ERR_clear_error();
  return Handshake::kFailed;
}

bool TlsTransport::is_wanted_server() const {
  if (!setting_.files_.server_id) {
    return true;
  }
  X509* leaf = SSL_get0_peer_certificate(ssl_);
  if (leaf == nullptr) {
    return false;
  }
  const auto id = proxy::tls::spiffe_id_of(*leaf);
  return id.has_value() && *id == *setting_.files_.server_id;
}

bool TlsTransport::is_wanted_protocol() const noexcept {
  const unsigned char* chosen = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_, &chosen, &length);
  switch (setting_.files_.version) {
    case HttpVersion::kHttp1:
      return true;  // a server without ALPN speaks it, too
    case HttpVersion::kHttp2:
      return std::string_view(reinterpret_cast<const char*>(chosen), length) == "h2";
  }
  return false;
}

proxy::IoResult TlsTransport::read(std::span<char> into) noexcept {
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, into.data(), into.size(), &got);
  return result == 1 ? proxy::IoResult{proxy::IoStatus::kOk, got} : explain(result);
}

proxy::IoResult TlsTransport::write(std::span<const char> bytes) noexcept {
  std::size_t put = 0;
  const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &put);
  return result == 1 ? proxy::IoResult{proxy::IoStatus::kOk, put} : explain(result);
}

proxy::IoResult TlsTransport::explain(int result) noexcept {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {proxy::IoStatus::kBlocked, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {proxy::IoStatus::kClosed, 0};
    default:
      refused_ = ERR_GET_REASON(ERR_peek_last_error()) >= SSL_AD_REASON_OFFSET;
      ERR_clear_error();  // the queue is the thread's, not the connection's
      return {proxy::IoStatus::kError, 0};
  }
}

void TlsTransport::shutdown_write() noexcept {
  if (done_ && SSL_shutdown(ssl_) < 0) {
    ERR_clear_error();
  }
  socket_.shutdown_write();
}

}  // namespace gabion::bench
