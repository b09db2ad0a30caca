// A client whose requests are measured: one at a time, each from the moment it was due to its answer's last byte.
#pragma once

#include <memory>
#include <span>

#include "bench/load/client.h"
#include "bench/load/conversation.h"

namespace gabion::bench {

class MeasuredClient;

/// Who decides what a client does next.
class Dispatcher {
 public:
  /// The client can take a request; now is the time. Called from within the client: begin() may be called at once.
  virtual void on_free(MeasuredClient& client, TimePoint now) = 0;

 protected:
  ~Dispatcher() = default;
};

/// A client that failed rests for a moment before it is free again, so that a server that is down is not flooded.
class MeasuredClient final : public Client {
 public:
  static constexpr auto kRest = std::chrono::milliseconds(100);

  MeasuredClient(WorkerState& state, Dispatcher& dispatcher)
      : Client(state), dispatcher_(dispatcher), conversation_(Conversation::make(state.plan, state.pool)) {}

  /// Sends the next request of the mix, over a new connection where the last one is gone or was for one request only.
  /// REQUIRES: free.
  void begin(TimePoint due);
  [[nodiscard]] bool is_busy() const noexcept { return request_ != nullptr; }
  /// REQUIRES: is_busy().
  [[nodiscard]] TimePoint due() const noexcept { return due_; }

 private:
  void on_opened() override;
  void on_failed(Failure failure) override;
  void on_progress() override;
  void on_deadline() override;
  void send();
  void flush();
  void read_answer();
  void finish_answer();
  [[nodiscard]] bool take_bytes(std::span<char> bytes);
  void take_input(Conversation::Outcome outcome);

  Dispatcher& dispatcher_;
  std::unique_ptr<Conversation> conversation_;
  const Request* request_ = nullptr;
  TimePoint due_;
  bool cut_ = false;  // the peer takes no more of the request
};

}  // namespace gabion::bench
