// W3C Trace Context level 1 and request ids: who is asked to believe that these requests belong together.
// Source: https://www.w3.org/TR/trace-context-1/ §3.2 (traceparent), §3.3 (tracestate), §4 (mutation).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gabion::proxy {

/// Where random bytes come from. Not thread-safe: one per worker.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<std::uint8_t> bytes) noexcept = 0;
};

/// The kernel's getrandom(2), a block at a time. When the kernel fails, old bytes are used again: ids may then
/// repeat, and nothing may depend on their being secret.
class KernelRandom final : public RandomSource {
 public:
  void fill(std::span<std::uint8_t> bytes) noexcept override;

 private:
  void refill() noexcept;

  std::array<std::uint8_t, 1024> block_{};
  std::size_t used_ = sizeof(block_);
};

/// A traceparent's content. Neither id is all zero.
struct TraceParent {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};  ///< of whoever sent it
  bool sampled = false;

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

inline constexpr std::size_t kTraceparentBytes = 55;

/// Version 00 must be exactly "00-<32>-<16>-<2>" in lower-case hex; a later one may go on after another "-" (§3.2.4);
/// version ff, zero ids and upper case are invalid.
[[nodiscard]] std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept;

/// Starts a trace. Not sampled: we record nothing ourselves, and the flag would say so for those behind us.
[[nodiscard]] TraceParent make_trace(RandomSource& random) noexcept;

/// The same trace with a span id of our own. Flags this version does not know are not passed on (§3.2.2.5).
[[nodiscard]] TraceParent child_trace(const TraceParent& parent, RandomSource& random) noexcept;

/// Writes version 00, without a terminating zero.
void write_traceparent(const TraceParent& trace, std::span<char, kTraceparentBytes> out) noexcept;

/// What to forward for what came in.
struct ForwardedTrace {
  TraceParent trace;
  bool keep_tracestate = false;  ///< false: the traceparent was absent or broken, and with it tracestate means nothing
};

/// `received`: the only traceparent field of the request, empty when there is none or more than one.
[[nodiscard]] ForwardedTrace forward_trace(std::string_view received, RandomSource& random) noexcept;

inline constexpr std::size_t kRequestIdBytes = 36;

/// Writes a random UUID (RFC 9562 §5.4, version 4) in lower case, without a terminating zero.
void write_request_id(RandomSource& random, std::span<char, kRequestIdBytes> out) noexcept;

}  // namespace gabion::proxy
