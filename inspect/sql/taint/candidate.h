// A value of a request that would be structure if it stood outside of a literal.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gabion::inspect::sql::taint {

/// Borrowed from whoever collected it.
struct Candidate {
  std::string_view value;   ///< trimmed
  std::string_view source;  ///< "query:q", "cookie:id", "body:user.name": never a value; at most kMaxSourceBytes
};

inline constexpr std::size_t kMaxSourceBytes = 64;

/// The trace-id of a traceparent.
using Trace = std::array<std::uint8_t, 16>;

/// Nothing where `text` is no W3C traceparent or its id is zero.
[[nodiscard]] std::optional<Trace> read_traceparent(std::string_view text) noexcept;

/// Whether PostgreSQL reads the byte as part of a name or number: a value of only such bytes is one token wherever it
/// stands.
[[nodiscard]] bool is_word_byte(char c) noexcept;
[[nodiscard]] bool is_space(char c) noexcept;
[[nodiscard]] char fold(char c) noexcept;
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace gabion::inspect::sql::taint
