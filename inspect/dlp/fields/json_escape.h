// One escape of a JSON string, byte by byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// \uXXXX becomes UTF-8, a pair of halves one character, a half alone U+FFFD. What is no escape is passed on as it is.
class JsonEscape {
 public:
  /// What is undone is passed on at `level`.
  explicit JsonEscape(EscapeLevel level) noexcept : level_(level) {}

  void reset() noexcept { size_ = 0; }
  /// No byte is kept back.
  [[nodiscard]] bool is_idle() const noexcept { return size_ == 0; }

  /// `raw_bytes` raw bytes stand for `c`, of which `level` layers are undone. While idle only a backslash is fed.
  void feed(char c, std::size_t raw_bytes, EscapeLevel level, TextSink& out);
  /// Raw bytes that stand for nothing, within the escape.
  void drop(std::size_t raw_bytes) noexcept { kept_[size_ - 1].raw_bytes += static_cast<std::uint32_t>(raw_bytes); }
  /// Passes on an escape that was never completed.
  void finish(TextSink& out);

 private:
  struct Kept {
    std::uint32_t raw_bytes;
    char byte;
    EscapeLevel level;
  };
  void decide(TextSink& out);
  void decide_unicode(TextSink& out);
  void replace(std::size_t count, std::uint32_t code, TextSink& out);
  void pass(std::size_t count, TextSink& out);
  void remove(std::size_t count, TextSink& out);
  [[nodiscard]] int hex4(std::size_t from) const noexcept;

  std::array<Kept, 12> kept_{};  ///< "\", "\u", … "\ud83d\ude00"
  std::size_t size_ = 0;
  EscapeLevel level_;
};

}  // namespace gabion::inspect::dlp
