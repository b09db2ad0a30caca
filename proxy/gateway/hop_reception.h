// A gateway's connection until it has said whose it is: handshake, header, and whether both are to be believed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proxy/gateway/hop_claim.h"
#include "proxy/session/connection.h"
#include "proxy/worker_state.h"

namespace gabion::proxy {

class HopReception;

/// Who keeps receptions and is told when one is over.
class HopReceptionOwner {
 public:
  /// Takes what came of it, null for nothing, and destroys `reception`.
  virtual void on_received(HopReception& reception, std::unique_ptr<Arrived> arrived) noexcept = 0;

 protected:
  ~HopReceptionOwner() = default;
};

/// Lives on one worker, at most timeouts.tls_handshake and timeouts.unknown_peer long. Everything that is refused is
/// counted and told as kHopRefused, or as what was wrong with TLS.
class HopReception final : public Wakeable, private Timer {
 public:
  /// Takes `fd` over.
  HopReception(WorkerState& worker, HopReceptionOwner& owner, int fd);
  ~HopReception() override;

  /// Begins; may finish at once.
  void start() { worker_.loop.wake(*this); }
  /// After a new snapshot: who waits for news of a pod looks again.
  void on_news() noexcept { worker_.loop.wake(*this); }

  [[nodiscard]] const config::IpAddress& from() const noexcept { return remote_.address; }

  std::size_t index_in_owner = 0;  ///< the owner's own

  void on_wake() noexcept override;

 private:
  enum class Progress : std::uint8_t { kGo, kWait, kOver };
  [[nodiscard]] Progress step();
  [[nodiscard]] Progress look_at_first_byte();
  [[nodiscard]] Progress handshake();
  [[nodiscard]] Progress read_header();
  [[nodiscard]] Progress judge();
  [[nodiscard]] Progress take(HopVerdict verdict);
  [[nodiscard]] Progress wait_for_news(std::string_view why);
  [[nodiscard]] Progress refuse(Reason reason, std::string_view detail, std::string_view pod = {});
  void on_expired() noexcept override;

  WorkerState& worker_;
  HopReceptionOwner& owner_;
  config::Endpoint remote_;
  config::Endpoint local_;
  std::unique_ptr<tls::TlsStream> stream_;
  proxy2::HeaderReader header_;
  std::unique_ptr<Arrived> arrived_;
  EventLoop::Clock::time_point since_;
  bool is_tls_ = false;     // begins as TLS does
  bool is_shaken_ = false;  // the handshake is over, and well
  bool is_held_ = false;    // counted in worker_.held_connections
  bool timed_out_ = false;
};

}  // namespace gabion::proxy
