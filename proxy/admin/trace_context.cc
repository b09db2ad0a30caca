// traceparent: strict in, version 00 out; request ids as version 4 UUIDs.
#include "proxy/admin/trace_context.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace gabion::proxy {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Offsets in "vv-tttttttttttttttttttttttttttttttt-ssssssssssssssss-ff".
constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;

constexpr std::uint8_t kNoDigit = 0xFF;

/// A digit's value by its character; kNoDigit for others. Lower case only, as the specification demands.
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kHexDigits.size(); ++i) {
    values[static_cast<std::uint8_t>(kHexDigits[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

/// REQUIRES: text holds two digits for each byte of `out`.
bool read_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
  unsigned seen = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const unsigned high = kHexValues[static_cast<std::uint8_t>(text[2 * i])];
    const unsigned low = kHexValues[static_cast<std::uint8_t>(text[2 * i + 1])];
    seen |= high | low;
    out[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return (seen & 0xF0U) == 0;
}

void write_hex(std::span<const std::uint8_t> bytes, char* out) noexcept {
  for (const std::uint8_t byte : bytes) {
    *out++ = kHexDigits[byte >> 4U];
    *out++ = kHexDigits[byte & 0x0FU];
  }
}

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// Zero is no id (§3.2.2): a source that gives nothing else gets its last bit set.
void fill_id(RandomSource& random, std::span<std::uint8_t> id) noexcept {
  random.fill(id);
  if (is_zero(id)) {
    id.back() = 1;
  }
}

bool has_shape(std::string_view text, std::uint8_t version) noexcept {
  if (text[2] != '-' || text[kSpanIdAt - 1] != '-' || text[kFlagsAt - 1] != '-') {
    return false;
  }
  if (text.size() == kTraceparentBytes) {
    return true;
  }
  return version != 0 && text[kTraceparentBytes] == '-';
}

}  // namespace

void KernelRandom::refill() noexcept {
  std::size_t filled = 0;
  while (filled < block_.size()) {
    const ssize_t got = ::getrandom(block_.data() + filled, block_.size() - filled, 0);
    if (got < 0 && errno != EINTR) {
      break;
    }
    filled += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  }
  used_ = 0;
}

void KernelRandom::fill(std::span<std::uint8_t> bytes) noexcept {
  while (!bytes.empty()) {
    if (used_ == block_.size()) {
      refill();
    }
    const std::size_t count = std::min(bytes.size(), block_.size() - used_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), count, bytes.begin());
    used_ += count;
    bytes = bytes.subspan(count);
  }
}

std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept {
  constexpr std::uint8_t kInvalidVersion = 0xFF;
  constexpr std::uint8_t kSampled = 0x01;
  if (text.size() < kTraceparentBytes) {
    return std::nullopt;
  }
  TraceParent parsed;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(text.substr(0, 2), version) || version[0] == kInvalidVersion || !has_shape(text, version[0]) ||
      !read_hex(text.substr(kTraceIdAt, 32), parsed.trace_id) ||
      !read_hex(text.substr(kSpanIdAt, 16), parsed.span_id) || !read_hex(text.substr(kFlagsAt, 2), flags)) {
    return std::nullopt;
  }
  if (is_zero(parsed.trace_id) || is_zero(parsed.span_id)) {
    return std::nullopt;
  }
  parsed.sampled = (flags[0] & kSampled) != 0;
  return parsed;
}

TraceParent make_trace(RandomSource& random) noexcept {
  TraceParent trace;
  fill_id(random, trace.trace_id);
  fill_id(random, trace.span_id);
  return trace;
}

TraceParent child_trace(const TraceParent& parent, RandomSource& random) noexcept {
  TraceParent child = parent;
  fill_id(random, child.span_id);
  return child;
}

void write_traceparent(const TraceParent& trace, std::span<char, kTraceparentBytes> out) noexcept {
  std::fill(out.begin(), out.end(), '-');
  write_hex(std::array<std::uint8_t, 1>{0}, out.data());
  write_hex(trace.trace_id, out.data() + kTraceIdAt);
  write_hex(trace.span_id, out.data() + kSpanIdAt);
  write_hex(std::array<std::uint8_t, 1>{static_cast<std::uint8_t>(trace.sampled ? 1 : 0)}, out.data() + kFlagsAt);
}

ForwardedTrace forward_trace(std::string_view received, RandomSource& random) noexcept {
  const std::optional<TraceParent> parent = parse_traceparent(received);
  if (!parent) {
    return {make_trace(random), false};
  }
  return {child_trace(*parent, random), true};
}

void write_request_id(RandomSource& random, std::span<char, kRequestIdBytes> out) noexcept {
  std::array<std::uint8_t, 16> uuid{};
  random.fill(uuid);
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | 0x40U);  // version 4
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);  // variant 10
  constexpr std::array<std::size_t, 6> kGroupEnds = {0, 4, 6, 8, 10, 16};
  std::size_t at = 0;
  for (std::size_t group = 1; group < kGroupEnds.size(); ++group) {
    const std::size_t begin = kGroupEnds[group - 1];
    const std::size_t bytes = kGroupEnds[group] - begin;
    write_hex(std::span(uuid).subspan(begin, bytes), out.data() + at);
    at += 2 * bytes;
    if (at < kRequestIdBytes) {
      out[at++] = '-';
    }
  }
}

}  // namespace gabion::proxy
