// Undoes percent-encoding in a form, a query or a cookie header.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

enum class PercentSyntax : std::uint8_t {
  kForm,    ///< '+' is a blank, '&' separates
  kCookie,  ///< ';' separates
};

/// %XX, and %uXXXX as some servers read it, become bytes of level 1. A broken escape is passed on as it is.
class PercentLayer final : public TextSink {
 public:
  /// Borrows `out`, which learns where values begin.
  PercentLayer(JsonLayer& out, PercentSyntax syntax) noexcept : out_(out), syntax_(syntax) {}

  void reset() noexcept;
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

 private:
  [[nodiscard]] std::size_t find_escape(std::string_view bytes) const noexcept;
  void pass(std::string_view bytes);
  void feed(char c);
  void decide();

  JsonLayer& out_;
  std::array<char, 6> kept_{};  ///< "%", "%4", "%u00", …
  std::size_t size_ = 0;
  PercentSyntax syntax_;
};

}  // namespace gabion::inspect::dlp
