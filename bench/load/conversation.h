// What is said on one connection of the load: requests become bytes, bytes become answers; one request at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "bench/load/request_mix.h"
#include "proxy/net/buffer.h"

namespace gabion::bench {

struct Plan;

/// Belongs to one client, is used for connection after connection.
class Conversation {
 public:
  enum class Outcome : std::uint8_t {
    kMore,       ///< the answer is not over
    kDone,       ///< status() and is_reusable() are set
    kMalformed,  ///< not what this HTTP allows, cut short, or bytes nobody asked for
    kNothing,    ///< the peer closed before the answer's first byte
  };

  /// `plan` is borrowed.
  [[nodiscard]] static std::unique_ptr<Conversation> make(const Plan& plan, proxy::BufferPool& pool);
  virtual ~Conversation() = default;

  /// A new connection: nothing of the last one counts.
  virtual void reset() = 0;
  /// `request` is borrowed until its answer is over.
  virtual void ask(const Request& request) = 0;

  /// What is to be written now; valid until the next call.
  [[nodiscard]] virtual std::string_view unsent() const noexcept = 0;
  virtual void sent(std::size_t count) = 0;
  /// The peer takes nothing any more; an answer may still come.
  virtual void give_up_sending() noexcept = 0;
  /// All of the request is written.
  [[nodiscard]] virtual bool is_request_sent() const noexcept = 0;

  [[nodiscard]] virtual Outcome feed(std::span<char> bytes) = 0;
  [[nodiscard]] virtual Outcome feed_end() noexcept = 0;
  /// Bytes while no request is under way: kMore when they may be there.
  [[nodiscard]] virtual Outcome feed_idle(std::span<char> bytes) = 0;

  [[nodiscard]] virtual std::uint16_t status() const noexcept = 0;
  /// Of a gRPC call that a gRPC server answered.
  [[nodiscard]] virtual std::optional<std::uint32_t> grpc_status() const noexcept { return {}; }
  /// The connection may carry another request.
  [[nodiscard]] virtual bool is_reusable() const noexcept = 0;
};

}  // namespace gabion::bench
