// Undoes character references of XML and HTML.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/content_type.h"
#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// &#52; &#x34; and the names every parser knows become bytes of level 1, wherever they stand. Anything else behind a
/// '&', and what is longer than kMaxBytes, is passed on as it is.
class XmlLayer final : public TextSink {
 public:
  static constexpr std::size_t kMaxBytes = 32;

  /// Borrows `out`.
  explicit XmlLayer(TextSink& out) noexcept : out_(out) {}

  void begin(const ContentType& /*type*/) noexcept { size_ = 0; }
  [[nodiscard]] TextSink& input() noexcept { return *this; }
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

 private:
  struct Kept {
    std::uint32_t raw_bytes;
    EscapeLevel level;
  };
  void feed(char c, std::size_t raw_bytes, EscapeLevel level);
  void decode();
  void pass(char c, Kept kept);

  TextSink& out_;
  std::array<char, kMaxBytes> bytes_{};
  std::array<Kept, kMaxBytes> kept_{};
  std::size_t size_ = 0;
};

}  // namespace gabion::inspect::dlp
