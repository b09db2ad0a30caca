// For the relay of tests: a blocking socket that speaks PostgreSQL's messages, in plain text or TLS.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "proxy/tls/scram_crypto.h"

namespace gabion::tests {

[[noreturn]] inline void fail(const std::string& why) {
  throw std::runtime_error(why);
}

/// Owns its socket, and TLS on it.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  ~Peer() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                        : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) {
        fail("a peer takes nothing more");
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  std::string read(std::size_t count) {
    std::string bytes(count, '\0');
    for (std::size_t got = 0; got < count;) {
      const auto more = ssl_ != nullptr ? SSL_read(ssl_, bytes.data() + got, static_cast<int>(count - got))
                                        : ::recv(fd_, bytes.data() + got, count - got, 0);
      if (more <= 0) {
        fail("a peer has gone");
      }
      got += static_cast<std::size_t>(more);
    }
    return bytes;
  }
  void shut() const { shutdown(fd_, SHUT_RDWR); }

  /// What SCRAM binds to.
  std::string start_tls() {
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) {
      fail("no TLS");
    }
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl_), &X509_free);
    return gabion::proxy::tls::server_end_point(*certificate);
  }

 private:
  int fd_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
};

inline std::uint32_t number_at(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) {
    value = value << 8U | static_cast<unsigned char>(c);
  }
  return value;
}

inline std::string number(std::size_t value) {
  std::string bytes;
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> (shift - 8U)));
  }
  return bytes;
}

struct Message {
  char type = 0;
  std::string body;
  [[nodiscard]] std::string bytes() const { return std::string(1, type) + number(body.size() + 4) + body; }
};

inline Message read_message(Peer& peer) {
  const std::string head = peer.read(5);
  return {head[0], peer.read(number_at(std::string_view(head).substr(1)) - 4)};
}

}  // namespace gabion::tests
