// A client of the load: opens its channel within the timeout, and leaves to its kind what it does with it.
#pragma once

#include "bench/load/answer_reader.h"
#include "bench/load/channel.h"
#include "bench/load/worker_state.h"

namespace gabion::bench {

/// Belongs to one worker and lives as long as it.
class Client : protected proxy::Wakeable, protected proxy::Timer {
 public:
  explicit Client(WorkerState& state) noexcept : state_(state), channel_(state.loop, state.plan) {}

  /// Begins to connect. Whatever becomes of it is heard by on_opened or on_failed.
  void open();
  [[nodiscard]] bool is_opening() const noexcept { return channel_.is_opening(); }
  [[nodiscard]] bool is_open() const noexcept { return channel_.state() == Channel::State::kOpen; }

 protected:
  virtual void on_opened() = 0;
  /// The channel could not be opened, or not in time; it is closed.
  virtual void on_failed(Failure failure) = 0;
  /// Woken while the channel is open, or closed again.
  virtual void on_progress() = 0;
  /// The timer this kind has set.
  virtual void on_deadline() = 0;

  void set_timer(std::chrono::nanoseconds from_now) noexcept;

  WorkerState& state_;
  Channel channel_;

 private:
  void on_wake() noexcept final;
  void on_expired() noexcept final;
};

/// Opens, shakes hands, and then does nothing until the end. Its being closed by the server shows in is_open().
class IdleClient final : public Client {
 public:
  using Client::Client;

 private:
  void on_opened() override { cancel(); }
  void on_failed(Failure /*failure*/) override { cancel(); }
  void on_progress() override;
  void on_deadline() override {}
};

}  // namespace gabion::bench
