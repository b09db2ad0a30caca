// Finds the end of a head or trailer section while its bytes arrive, and refuses what llhttp would let through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::proxy::http1 {

/// Sizes in bytes; what they bound is in config::Limits.
struct DecoderLimits {
  std::uint32_t start_line_bytes = 16 * 1024;
  std::uint32_t header_bytes = 64 * 1024;
  std::uint32_t header_count = 100;
  std::uint32_t trailer_bytes = 16 * 1024;
};

enum class DecodeError : std::uint8_t {
  kNone,
  kMalformed,
  kStartLineTooLong,
  kHeaderTooLarge,
  kTooManyHeaders,
  kTrailerTooLarge,
  kUnsupportedVersion,
  kTruncated,  ///< the peer closed in the middle of a message
};

/// Lines end in CRLF and in nothing else; no control characters but HT; no line begins with a blank (obs-fold).
/// Each byte is looked at once; the first byte that is wrong decides the error, however the input is cut.
/// RFC 9112 §2.2, §5.
class SectionScanner {
 public:
  enum class Status : std::uint8_t { kNeedMore, kComplete, kError };
  enum class Section : std::uint8_t { kHead, kTrailers };

  void reset(Section section) noexcept { *this = SectionScanner(section); }

  /// `bytes` begins where the section begins and grows from call to call.
  [[nodiscard]] Status scan(std::string_view bytes, const DecoderLimits& limits) noexcept;

  /// REQUIRES kComplete: empty lines before a head (RFC 9112 §2.2 asks to ignore them; one is), and the end of all.
  [[nodiscard]] std::size_t leading_bytes() const noexcept { return leading_bytes_; }
  [[nodiscard]] std::size_t section_bytes() const noexcept { return line_begin_; }

  [[nodiscard]] DecodeError error() const noexcept { return error_; }
  [[nodiscard]] const char* detail() const noexcept { return detail_; }

  explicit SectionScanner(Section section = Section::kHead) noexcept : section_(section) {}

 private:
  [[nodiscard]] Status fail(DecodeError error, const char* detail) noexcept;
  [[nodiscard]] Status end_line(std::string_view bytes, std::size_t line_end, const DecoderLimits& limits) noexcept;
  [[nodiscard]] Status check_size(std::size_t seen, const DecoderLimits& limits) noexcept;

  Section section_;
  DecodeError error_ = DecodeError::kNone;
  std::size_t scanned_ = 0;
  std::size_t line_begin_ = 0;
  std::size_t leading_bytes_ = 0;
  std::uint32_t lines_ = 0;
  const char* detail_ = "";
};

}  // namespace gabion::proxy::http1
