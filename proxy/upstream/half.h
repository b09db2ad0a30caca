// One request and its answer on a connection to the service, whatever version of HTTP the connection speaks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inspect/message.h"
#include "proxy/net/send_queue.h"
#include "proxy/protocol/http1/head.h"
#include "proxy/session/reason.h"
#include "proxy/tls/stream.h"

namespace gabion::proxy {

struct Snapshot;

/// The upstream half of an exchange: borrowed from the pool's connections, used by one exchange at a time. Requests are
/// queued by the exchange, in the words of protocol(); answers are read here event by event.
class UpstreamHalf {
 public:
  enum class Protocol : std::uint8_t { kHttp1, kHttp2 };
  enum class State : std::uint8_t {
    kConnecting,
    kReady,
    kFailed,     ///< failure(), failure_detail()
    kElsewhere,  ///< the destination speaks another protocol: finish() and ask the pool again
  };
  enum class Event : std::uint8_t {
    kBlocked,    ///< nothing more now; the owner is woken when there is
    kHead,       ///< head(); below 200 another one follows
    kBody,       ///< body()
    kEnd,        ///< trailers()
    kMalformed,  ///< failure(), failure_detail()
    kRefused,    ///< the service took nothing of the request: it may be said again, whatever its method
    kLost,       ///< failure(): kUpstreamReset, or kUpstreamTruncated when closed in order before the end
  };
  enum class Ending : std::uint8_t {
    kComplete,  ///< both messages went through to their ends
    kBroken,    ///< whatever is still under way is not wanted any more
  };

  UpstreamHalf() noexcept = default;
  UpstreamHalf(const UpstreamHalf&) = delete;
  UpstreamHalf& operator=(const UpstreamHalf&) = delete;

  [[nodiscard]] virtual Protocol protocol() const noexcept = 0;
  /// Goes on as far as it can; call after each wake while kConnecting.
  [[nodiscard]] virtual State progress() = 0;
  [[nodiscard]] virtual Reason failure() const noexcept = 0;
  /// Valid until finish().
  [[nodiscard]] virtual std::string_view failure_detail() const noexcept = 0;

  /// REQUIRES: ready; before the first next().
  virtual void expect_answer_to(std::string_view method) = 0;
  /// Lets what is in `queue` leave, as far as the service takes it now. True: some of it left.
  virtual bool send(SendQueue& queue) = 0;

  [[nodiscard]] virtual Event next() = 0;
  /// Valid from kHead to the next kHead.
  [[nodiscard]] virtual const http1::Head& head() const noexcept = 0;
  /// Valid until the next call; may be changed in place.
  [[nodiscard]] virtual std::span<char> body() noexcept = 0;
  /// Valid from kEnd to finish().
  [[nodiscard]] virtual std::span<const inspect::HeaderField> trailers() const noexcept = 0;
  /// No byte of the answer has come.
  [[nodiscard]] virtual bool is_unanswered() const noexcept = 0;

  /// The connection has carried an exchange before this one.
  [[nodiscard]] virtual bool is_reused() const noexcept = 0;
  /// Null when plain, or not connected.
  [[nodiscard]] virtual const tls::TlsStream* tls() const noexcept = 0;
  /// Of the verified server, "" when plain.
  [[nodiscard]] virtual std::string_view peer_spiffe() const noexcept = 0;

  /// Memory that the answer's head takes.
  [[nodiscard]] virtual std::size_t head_bytes() const noexcept = 0;
  /// Memory that what came of its body takes.
  [[nodiscard]] virtual std::uint64_t held_bytes() const noexcept = 0;
  /// Gives the place on the connection back. Nothing but a new beginning may follow.
  virtual void finish(Ending ending, const Snapshot& current) = 0;

 protected:
  ~UpstreamHalf() = default;
};

}  // namespace gabion::proxy
