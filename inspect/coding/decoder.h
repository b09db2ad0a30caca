// The interface of one content coding's decoder: bytes in, text out, as much as there is room for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "inspect/coding/codings.h"

namespace gabion::inspect::coding {

/// Why a coded body cannot be read any further.
enum class DecodeError : std::uint8_t {
  kNone,
  kBroken,     ///< not what its label says
  kTrailing,   ///< complete, and then more bytes
  kTruncated,  ///< ended before the coding's end
  kWindow,     ///< asks for a larger window than RFC 9659 lets a server use
  kMemory,     ///< the library found none
  kBytes,      ///< more text than limits.decodedBytes
  kRatio,      ///< more text for its bytes than limits.decodedRatio
};

/// For findings and logs: "broken", "trailing-bytes", ….
[[nodiscard]] std::string_view to_string(DecodeError error) noexcept;

class Decoder {
 public:
  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    DecodeError error = DecodeError::kNone;  ///< then nothing more comes
  };

  virtual ~Decoder() = default;
  /// Decodes until `in` is used up or `out` is full. REQUIRES: room in `out`. When `out` was filled there may be more
  /// to come from what was consumed: call again, with empty `in` if need be.
  [[nodiscard]] virtual Step decode(std::string_view in, std::span<char> out) noexcept = 0;
  /// The coding is complete with the last byte consumed. False before the first byte.
  [[nodiscard]] virtual bool at_end() const noexcept = 0;
  /// What it holds.
  [[nodiscard]] virtual std::size_t memory_bytes() const noexcept = 0;
};

/// Null: out of memory. What it needs is allocated as bytes come and freed with it: at most 64 KiB for gzip and
/// deflate, 20 MiB for br, 9 MiB for zstd.
[[nodiscard]] std::unique_ptr<Decoder> make_decoder(Coding coding);

}  // namespace gabion::inspect::coding
