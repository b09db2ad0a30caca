// A client that reads its answers slowly, so that whoever sends them has to wait.
#pragma once

#include <string_view>

#include "bench/load/client.h"

namespace gabion::bench {

/// Asks request after request of the mix, without timeout, and is counted apart from the measured ones.
class SlowClient final : public Client {
 public:
  explicit SlowClient(WorkerState& state) noexcept : Client(state), reader_(state.pool) {}

  void begin();

 private:
  static constexpr auto kTick = std::chrono::milliseconds(100);
  static constexpr auto kRest = std::chrono::seconds(1);
  void on_opened() override;
  void on_failed(Failure failure) override;
  void on_progress() override;
  void on_deadline() override;
  void send();
  void flush();
  void read_some();
  void finish_answer();
  [[nodiscard]] std::size_t allowance() const noexcept;

  AnswerReader reader_;
  std::string_view unsent_;
  const Request* request_ = nullptr;
  bool begun_ = false;
  TimePoint metered_since_;
  std::uint64_t metered_bytes_ = 0;  // read since then
};

}  // namespace gabion::bench
