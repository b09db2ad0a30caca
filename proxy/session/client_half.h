// What an exchange asks of its client's half, whichever version of HTTP is spoken there: a request in, an answer out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "proxy/net/tunnel_end.h"
#include "proxy/protocol/http1/head.h"
#include "proxy/session/forward.h"
#include "proxy/session/local_reply.h"

namespace gabion::proxy {

/// Belongs to one connection or one stream, used on its worker only. The answer is queued: is_full() says when to stop,
/// flush() sends what may be sent.
class ClientHalf {
 public:
  enum class Event : std::uint8_t {
    kBody,     ///< `body` is a piece, valid until the next call
    kEnd,      ///< the request is over; trailers() is set
    kBlocked,  ///< the owner is woken when there is more
    kClosed,   ///< the client is gone
    kError,    ///< error(), error_detail()
  };
  struct Step {
    Event event = Event::kBlocked;
    std::span<char> body;
  };

  // The request. Its head was read before the exchange began.
  [[nodiscard]] virtual const http1::Head& head() const noexcept = 0;
  /// Memory that it takes.
  [[nodiscard]] virtual std::size_t head_bytes() const noexcept = 0;
  [[nodiscard]] virtual Step next() = 0;
  /// Valid from kEnd to the next request.
  [[nodiscard]] virtual std::span<const inspect::HeaderField> trailers() const noexcept = 0;
  [[nodiscard]] virtual Reason error() const noexcept = 0;
  /// A constant.
  [[nodiscard]] virtual const char* error_detail() const noexcept = 0;
  [[nodiscard]] virtual bool is_gone() const noexcept = 0;
  /// Behind the head of a 101: what follows is no HTTP any more. Valid to the end of the exchange; send_end() still
  /// says that nothing comes.
  [[nodiscard]] virtual TunnelEnd leave_http() = 0;

  // The answer: interim heads, head, body, end; or a local reply in their place.
  virtual void send_continue() = 0;
  virtual void send_interim(const http1::Head& head) = 0;
  virtual void send_head(const http1::Head& head, const ResponseFraming& framing) = 0;
  /// REQUIRES: bytes is not empty.
  virtual void send_body(std::string_view bytes) = 0;
  virtual void send_end(std::span<const inspect::HeaderField> trailers, BodyFields body) = 0;
  virtual void send_local_reply(const LocalReply& reply) = 0;
  /// False: the client is told by the end of its stream, not by an answer.
  [[nodiscard]] virtual bool answers(Reason reason) const noexcept = 0;
  /// What is queued from here on may be taken back until it is flushed.
  virtual void mark() = 0;
  virtual void take_back() = 0;

  /// What does not need flush() any more is not counted.
  [[nodiscard]] virtual bool has_unsent() const noexcept = 0;
  [[nodiscard]] virtual bool is_full() noexcept = 0;
  enum class Flush : std::uint8_t { kNothing, kMoved, kClosed };
  [[nodiscard]] virtual Flush flush() = 0;
  /// Bytes of answers that left, in all, and those of them that the client's side has not confirmed.
  [[nodiscard]] virtual std::uint64_t total_sent() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t unconfirmed() const noexcept = 0;

 protected:
  ~ClientHalf() = default;
};

}  // namespace gabion::proxy
