// Undoes the transfer encoding of a multipart part: base64 or quoted-printable (RFC 2045).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// From the first byte that base64 cannot have on, the rest is passed on as it is.
class TransferLayer final : public TextSink {
 public:
  enum class Encoding : std::uint8_t { kNone, kBase64, kQuotedPrintable };

  /// Borrows `out`.
  explicit TransferLayer(TextSink& out) noexcept : out_(out) {}

  void begin(Encoding encoding) noexcept {
    encoding_ = encoding;
    size_ = 0;
    raw_bytes_ = 0;
  }
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

 private:
  void feed_base64(char c);
  void emit_base64();
  void feed_quoted(char c);
  void pass_kept();

  TextSink& out_;
  std::array<char, 4> kept_{};  ///< characters of a quad, or "=", "=4", "=\r"
  std::size_t size_ = 0;
  std::size_t raw_bytes_ = 0;  ///< of the quad, line breaks within it included
  Encoding encoding_ = Encoding::kNone;
};

}  // namespace gabion::inspect::dlp
