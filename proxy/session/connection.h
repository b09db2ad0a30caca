// A client's connection from accept to close: handshake, admission, exchange after exchange, the end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/session/downstream.h"
#include "proxy/session/exchange.h"
#include "proxy/session/fiber.h"
#include "proxy/session/http1_half.h"
#include "proxy/session/http2_link.h"
#include "proxy/session/postgres_session.h"
#include "proxy/session/tcp_session.h"

namespace gabion::proxy {

class Connection;

/// What another gateway has brought: its stream behind the header, and whose connection that is.
struct HopArrival {
  std::unique_ptr<tls::TlsStream> stream;  ///< null: nobody's hop
  config::Endpoint caller;
  config::SpiffeId identity;
};

/// A client's connection as it comes: under what it is served, and its socket or its hop.
struct Arrived {
  PlanRef plan;                              ///< of `snapshot`
  std::shared_ptr<const Snapshot> snapshot;  ///< the worker's, or a gateway's for the pod
  int fd = -1;
  HopArrival hop = {};
  std::optional<PodShares::Place> place = {};  ///< of a gateway's pod
};

/// One line of the admin page's /connections. Owned: it travels to the control thread.
struct ConnectionSummary {
  std::string listener;
  config::Endpoint remote;
  std::string peer_spiffe;
  std::uint32_t requests = 0;
  std::uint64_t held_bytes = 0;  ///< of the worker's memory, now
  bool busy = false;
};

/// Who keeps connections and is told when one is over.
class ConnectionOwner {
 public:
  /// Destroys `connection`.
  virtual void on_finished(Connection& connection) noexcept = 0;

 protected:
  ~ConnectionOwner() = default;
};

/// Lives on one worker. Follow run() to follow a connection.
class Connection final : public Wakeable, private MemoryHolder, private Timer, private Http2LinkOwner {
 public:
  /// Takes the socket over.
  Connection(WorkerState& worker, ConnectionOwner& owner, Arrived arrived);
  ~Connection() override;

  /// Begins; may finish at once.
  void start() { worker_.loop.wake(*this); }

  /// After a new snapshot, and once a second: ends what rests on trust or permission that is gone.
  void revalidate(std::chrono::system_clock::time_point now, bool new_snapshot);
  /// A stop has come further; quiet connections close, busy ones say so in their next answer.
  void on_drain() noexcept;
  /// The end of drain.grace, or of the program.
  void cut(Reason reason) noexcept;

  /// Its exchanges, or itself where none is under way, as far as they hold memory.
  void list_holders(std::vector<HeldMemory>& held);

  [[nodiscard]] inspect::Side side() const noexcept { return side_; }
  [[nodiscard]] ConnectionSummary summary();
  [[nodiscard]] bool busy() const noexcept {
    return exchange_.running() || !http1_.decoder.at_message_start() || (link_ && link_->busy()) ||
           (postgres_ && postgres_->busy()) || (tcp_ && tcp_->busy());
  }

  std::size_t index_in_owner = 0;  ///< the owner's own

  void on_wake() noexcept override;

 private:
  enum class Progress : std::uint8_t { kGo, kWait, kStop };
  static constexpr char kTlsHandshakeRecord = 0x16;  // RFC 8446 §5.1

  [[nodiscard]] Fiber run();
  [[nodiscard]] Progress open();
  [[nodiscard]] Progress open_tls();
  [[nodiscard]] Progress probe_permissive();
  enum class Probed : std::uint8_t { kNotYet, kMeshTls, kPlain, kGone };
  [[nodiscard]] Probed probe_first_bytes();
  [[nodiscard]] Probed probe_application_tls();
  [[nodiscard]] Progress handshake();
  [[nodiscard]] Progress refuse_plain_text();
  [[nodiscard]] bool adopt(std::unique_ptr<Transport> transport);
  void listen_on(int fd);
  void go_on_from(HopArrival hop);
  [[nodiscard]] bool is_stranger() const noexcept;
  [[nodiscard]] Progress know_peer();
  [[nodiscard]] bool admit();

  [[nodiscard]] Progress choose_protocol();
  [[nodiscard]] Progress sniff_preface();
  [[nodiscard]] Progress refuse_protocol(std::string_view detail);
  void begin_http2();
  [[nodiscard]] bool upgrade_to_http2();
  [[nodiscard]] Progress step_http2();
  [[nodiscard]] Progress choose_postgres();
  [[nodiscard]] Progress choose_auto();
  [[nodiscard]] Progress sniff_first_bytes();
  [[nodiscard]] Progress read_first_bytes();
  [[nodiscard]] Progress begin_postgres();
  [[nodiscard]] Progress begin_tcp(TcpTarget target);
  [[nodiscard]] TcpTarget target_of(const ListenerPlan& plan) const;
  [[nodiscard]] inspect::ConnectionFacts facts_of(const ListenerPlan& plan) const noexcept;
  [[nodiscard]] std::chrono::milliseconds patience_for_first_byte() const noexcept;
  template <class Session>
  void hurry(Session& session);
  template <class Session>
  [[nodiscard]] Progress rest(Session& session);
  [[nodiscard]] Progress step_session();
  [[nodiscard]] Progress step_postgres();
  [[nodiscard]] Progress step_tcp();
  [[nodiscard]] bool on_request() override;
  void on_event(Reason reason, std::string_view detail) override { report(reason, detail); }

  [[nodiscard]] Progress read_head();
  [[nodiscard]] Progress read_more();
  [[nodiscard]] Progress reject_head(Reason reason, std::string_view detail);
  [[nodiscard]] Progress begin_exchange();
  [[nodiscard]] bool refresh_snapshot();
  void follow_snapshot();
  [[nodiscard]] bool peer_is_gone() const noexcept;
  [[nodiscard]] bool pod_is_gone() const noexcept;
  [[nodiscard]] Exchange::Outcome step_exchange();
  [[nodiscard]] bool end_exchange(Exchange::Outcome outcome);
  [[nodiscard]] bool had_its_turn();
  [[nodiscard]] bool lingering();
  void begin_lingering();

  void arm(EventLoop::Clock::time_point deadline) noexcept { Timer::set(worker_.loop.timers(), deadline); }
  void on_expired() noexcept override;
  bool end_for_memory(std::uint64_t held_bytes) noexcept override;
  [[nodiscard]] std::uint64_t own_held_bytes() const noexcept;
  void report(Reason reason, std::string_view detail);

  WorkerState& worker_;
  ConnectionOwner& owner_;
  const inspect::Side side_;
  const std::optional<PodShares::Place> place_;
  Client client_;
  Http1Half http1_;
  Downstream down_;
  Exchange exchange_;
  std::unique_ptr<Http2Link> link_;  // once HTTP/2 is spoken
  std::unique_ptr<PostgresSession> postgres_;
  std::unique_ptr<TcpSession> tcp_;
  Socket probe_;                   // PERMISSIVE: until the first bytes tell TLS from plain text
  tls::TlsStream* tls_ = nullptr;  // down_.transport, when it is TLS
  tls::TlsStream* hop_ = nullptr;  // likewise, when a gateway's: what is inside is plain text
  config::SpiffeId peer_id_;
  std::shared_ptr<const config::policy::KnownPod> peer_pod_;  // whose address the client has; null: of none, or several
  Reason doom_ = Reason::kNone;                               // why it must end, whatever it does
  Reason timeout_reason_ = Reason::kNone;
  bool timed_out_ = false;
  bool handshaken_ = false;
  bool speaks_http1_ = false;
  bool is_client_first_ = false;  // a first byte of it is there
  bool is_silent_ = false;        // its client was waited for long enough: the server may have to speak first
  bool entered_ = false;          // counted in worker_.identities
  bool held_ = false;             // counted in worker_.held_connections: its pod is not known yet
  bool linger_ = false;
  bool head_begun_ = false;
  std::uint32_t exchanges_in_turn_ = 0;
  std::uint64_t turn_ = 0;              // of the loop, when the last exchange ended
  EventLoop::Clock::time_point since_;  // of what is waited for now
  Fiber fiber_;
};

}  // namespace gabion::proxy
