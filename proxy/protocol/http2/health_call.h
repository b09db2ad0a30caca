// One gRPC health check (grpc.health.v1.Health/Check) as a client of HTTP/2, sans I/O.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gabion::proxy::http2 {

/// REQUIRES: fed from one connection that is its own.
class HealthCall {
 public:
  enum class Verdict : std::uint8_t {
    kWaiting,
    kServing,
    kNotServing,  ///< the service says so
    kFailed,      ///< no answer of a health service: another status, another protocol, an early end
  };

  /// `service` empty: the server as a whole. `authority` is what :authority says.
  HealthCall(std::string_view service, std::string_view authority);
  ~HealthCall();
  HealthCall(const HealthCall&) = delete;
  HealthCall& operator=(const HealthCall&) = delete;

  /// What is to be sent, since the last time.
  [[nodiscard]] std::string take_output();
  void feed(std::span<const char> bytes, std::chrono::steady_clock::time_point now);
  /// The connection ended.
  void end();
  [[nodiscard]] Verdict verdict() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::proxy::http2
