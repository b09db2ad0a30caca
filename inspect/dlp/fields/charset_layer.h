// Turns UTF-16 into UTF-8, with the way back; what is written in ASCII's bytes passes as it is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// UTF-16 is what is declared so, begins with its byte order mark, or with a bracket or quote of two bytes. A half of a
/// pair alone becomes U+FFFD.
class CharsetLayer final : public TextSink {
 public:
  /// Borrows `out`.
  explicit CharsetLayer(TextSink& out) noexcept : out_(out) {}

  /// Another text, in a charset of this name; empty: none is declared.
  void begin(std::string_view charset) noexcept;
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

  /// kUnknownCharset or none; bits of Note.
  [[nodiscard]] unsigned notes() const noexcept { return notes_; }

 private:
  enum class State : std::uint8_t { kUndecided, kWide, kBytes, kLittle, kBig };
  void decide();
  void feed(char c);
  void take_character();
  void emit(std::uint32_t code, std::size_t raw_bytes);
  [[nodiscard]] std::uint32_t word(std::size_t at) const noexcept;

  TextSink& out_;
  std::array<char, 4> kept_{};
  std::size_t size_ = 0;
  State state_ = State::kUndecided;
  unsigned notes_ = 0;
};

}  // namespace gabion::inspect::dlp
