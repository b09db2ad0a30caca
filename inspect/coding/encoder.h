// The interface of one content coding's encoder, and the list of them: text in, bytes out, fast rather than small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "inspect/coding/codings.h"

namespace gabion::inspect::coding {

/// Where coded bytes go; called with pieces of 8 KiB at most, none empty.
using CodedSink = std::function<void(std::string_view)>;

enum class Flush : std::uint8_t {
  kNone,  ///< keep what compresses better with more
  kSync,  ///< a reader must be able to decode all that was given
  kEnd,   ///< nothing follows
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  /// False: the library failed; what was written is worth nothing.
  [[nodiscard]] virtual bool encode(std::string_view text, Flush flush, const CodedSink& sink) = 0;
  [[nodiscard]] virtual std::size_t memory_bytes() const noexcept = 0;
};

/// Null: out of memory. Holds at most 1 MiB.
[[nodiscard]] std::unique_ptr<Encoder> make_encoder(Coding coding);

/// The codings of a body, applied in their order.
class BodyEncoder {
 public:
  /// REQUIRES: codings.kind is kKnown. is_ready() false: out of memory.
  explicit BodyEncoder(const CodingList& codings);
  [[nodiscard]] bool is_ready() const noexcept;
  [[nodiscard]] bool encode(std::string_view text, Flush flush, const CodedSink& sink);
  /// Text was given that no flush has followed yet.
  [[nodiscard]] bool has_unflushed() const noexcept { return has_unflushed_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

 private:
  std::unique_ptr<Encoder> inner_;  ///< the coding applied first
  std::unique_ptr<Encoder> outer_;  ///< null: only one
  std::uint8_t count_ = 0;
  bool has_unflushed_ = false;
};

}  // namespace gabion::inspect::coding
