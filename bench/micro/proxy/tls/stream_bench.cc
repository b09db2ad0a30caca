// What TLS costs between two of our own streams over a socket pair: a record there and back, a handshake.
#include "proxy/tls/stream.h"

#include <benchmark/benchmark.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "proxy/commands/demo/certificates.h"

namespace gabion::proxy::tls {
namespace {

constexpr std::string_view kId = "spiffe://bench.gabion.dev/ns/shop/sa/orders";

/// Identity files made for this run, loaded as `gabion run` loads them.
std::shared_ptr<const Contexts> make_contexts() {
  std::string name = std::filesystem::temp_directory_path() / "gabion-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    std::abort();
  }
  const std::filesystem::path folder(name);
  const auto authority = demo::Authority::create("bench root");
  if (authority.has_error() || (*authority)->write_root(folder / "ca.crt").has_error() ||
      (*authority)->issue(std::string(kId), folder / "tls").has_error()) {
    std::abort();
  }
  config::IdentityConfig identity;
  identity.certificate = folder / "tls.crt";
  identity.key = folder / "tls.key";
  identity.trust_bundle = folder / "ca.crt";
  identity.trust_domain = "bench.gabion.dev";
  constexpr std::array kRoles{Role::kClient, Role::kServer};
  auto material = load_material(identity, kRoles);
  std::filesystem::remove_all(folder);
  auto contexts = material.has_error() ? config::Result<std::shared_ptr<const Contexts>>(material.error())
                                       : Contexts::make(*material);
  if (contexts.has_error()) {
    std::abort();
  }
  return *contexts;
}

/// A client and a server of ours, connected.
class Pair {
 public:
  Pair(EventLoop& loop, const std::shared_ptr<const Contexts>& contexts) : loop_(loop) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      std::abort();
    }
    server_ = TlsStream::accept(loop, ends[0], contexts, ServerRole::kStrict);
    client_ = TlsStream::connect(loop, ends[1], contexts, accepted_, std::make_shared<SessionSlot>());
  }

  void shake_hands() {
    bool done = false;
    while (!done) {
      const auto client = client_->handshake();
      const auto server = server_->handshake();
      if (client == TlsStream::Handshake::kFailed || server == TlsStream::Handshake::kFailed) {
        std::abort();
      }
      done = client == TlsStream::Handshake::kDone && server == TlsStream::Handshake::kDone;
      loop_.turn(std::chrono::milliseconds(0));
    }
  }

  /// `bytes` through `from`, all of it read at the other end.
  void carry(TlsStream& from, TlsStream& to, std::span<const char> bytes, std::span<char> into) {
    std::size_t sent = 0;
    std::size_t received = 0;
    while (received < bytes.size()) {
      if (sent < bytes.size()) {
        sent += from.write(bytes.subspan(sent)).bytes;
      }
      loop_.turn(std::chrono::milliseconds(0));
      while (received < bytes.size()) {
        const auto got = to.read(into);
        if (got.status == IoStatus::kBlocked) {
          break;
        }
        if (got.status != IoStatus::kOk) {
          std::abort();
        }
        received += got.bytes;
      }
    }
  }

  TlsStream& client() { return *client_; }
  TlsStream& server() { return *server_; }

 private:
  EventLoop& loop_;
  std::vector<config::SpiffeId> accepted_{config::SpiffeId::parse(kId).value()};
  std::unique_ptr<TlsStream> server_;
  std::unique_ptr<TlsStream> client_;
};

std::unique_ptr<EventLoop> make_loop() {
  auto loop = EventLoop::create();
  if (loop.has_error()) {
    std::abort();
  }
  return std::move(*loop);
}

void BM_TlsRoundTrip(benchmark::State& state) {
  const auto loop = make_loop();
  const auto contexts = make_contexts();
  Pair pair(*loop, contexts);
  pair.shake_hands();
  const std::vector<char> bytes(static_cast<std::size_t>(state.range(0)), 'x');
  std::vector<char> into(32 * 1024);
  for (auto _ : state) {
    pair.carry(pair.client(), pair.server(), bytes, into);
    pair.carry(pair.server(), pair.client(), bytes, into);
  }
  state.SetBytesProcessed(state.iterations() * 2 * state.range(0));
}
BENCHMARK(BM_TlsRoundTrip)->Arg(64)->Arg(1024)->Arg(16 * 1024)->Arg(256 * 1024);

void BM_TlsHandshake(benchmark::State& state) {
  const auto loop = make_loop();
  const auto contexts = make_contexts();
  for (auto _ : state) {
    Pair(*loop, contexts).shake_hands();
  }
}
BENCHMARK(BM_TlsHandshake)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace gabion::proxy::tls
