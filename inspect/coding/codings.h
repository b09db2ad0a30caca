// Which content codings a message has, and which a client may be answered in (RFC 9110 §8.4, §12.5.3).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inspect/message.h"

namespace gabion::inspect::coding {

enum class Coding : std::uint8_t { kGzip, kDeflate, kBrotli, kZstd };

/// What Content-Encoding says, in the order in which the codings were applied; identity is left out.
struct CodingList {
  static constexpr std::size_t kMost = 2;
  enum class Kind : std::uint8_t {
    kNone,     ///< plain bytes
    kKnown,    ///< `codings` can be undone
    kUnknown,  ///< one that we do not know, or more than kMost
  };
  Kind kind = Kind::kNone;
  std::uint8_t count = 0;
  std::array<Coding, kMost> codings{};

  [[nodiscard]] std::span<const Coding> items() const noexcept { return {codings.data(), count}; }
  [[nodiscard]] bool holds(Coding coding) const noexcept;
};

/// Of all Content-Encoding fields together. Allocates nothing.
[[nodiscard]] CodingList read_codings(std::span<const HeaderField> fields) noexcept;

/// Writes to `narrowed` what a client with these Accept-Encoding fields takes of what we can undo, weights kept, and
/// "identity" when nothing is left or it said nothing.
void narrow_accept_encoding(std::span<const HeaderField> fields, std::string& narrowed);

}  // namespace gabion::inspect::coding
