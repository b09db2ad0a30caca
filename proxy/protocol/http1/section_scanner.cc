// Finds the end of a head or trailer section: see section_scanner.h.
#include "proxy/protocol/http1/section_scanner.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace gabion::proxy::http1 {
namespace {

constexpr bool is_special(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/// Index of the first control character from `at` on, HT excepted; bytes.size() when there is none.
std::size_t find_special(std::string_view bytes, std::size_t at) noexcept {
#if defined(__SSE2__)
  const __m128i limit = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; at + 16 <= bytes.size(); at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, limit), block);
    const __m128i special =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(block, tab), control), _mm_cmpeq_epi8(block, del));
    if (const int mask = _mm_movemask_epi8(special); mask != 0) {
      return at + static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(mask)));
    }
  }
#endif
  while (at < bytes.size() && !is_special(bytes[at])) {
    ++at;
  }
  return at;
}

}  // namespace

SectionScanner::Status SectionScanner::fail(DecodeError error, const char* detail) noexcept {
  error_ = error;
  detail_ = detail;
  return Status::kError;
}

SectionScanner::Status SectionScanner::scan(std::string_view bytes, const DecoderLimits& limits) noexcept {
  while (true) {
    const std::size_t at = find_special(bytes, scanned_);
    const bool is_cr = at < bytes.size() && bytes[at] == '\r';
    // Sizes first: a limit passed before the special byte is the error, whether or not that byte is here yet.
    if (check_size(is_cr ? at + 1 : at, limits) == Status::kError) {
      return Status::kError;
    }
    if (at >= bytes.size() || (is_cr && at + 1 == bytes.size())) {
      scanned_ = at;
      return Status::kNeedMore;
    }
    if (bytes[at] == '\n') {
      return fail(DecodeError::kMalformed, "bare LF");
    }
    if (!is_cr) {
      return fail(DecodeError::kMalformed, "control character in the head");
    }
    if (bytes[at + 1] != '\n') {
      return fail(DecodeError::kMalformed, "bare CR");
    }
    scanned_ = at + 2;
    if (const auto status = end_line(bytes, at, limits); status != Status::kNeedMore) {
      return status;
    }
  }
}

SectionScanner::Status SectionScanner::end_line(std::string_view bytes, std::size_t line_end,
                                                const DecoderLimits& limits) noexcept {
  const std::size_t line_bytes = line_end - line_begin_;
  const char first = bytes[line_begin_];
  line_begin_ = scanned_;
  if (line_bytes == 0) {
    if (section_ == Section::kHead && lines_ == 0) {
      if (leading_bytes_ != 0) {
        return fail(DecodeError::kMalformed, "empty lines before the start line");
      }
      leading_bytes_ = scanned_;
      return Status::kNeedMore;
    }
    const auto status = check_size(scanned_, limits);
    return status == Status::kError ? status : Status::kComplete;
  }
  if (first == ' ' || first == '\t') {
    return fail(DecodeError::kMalformed, "a line begins with a blank (obs-fold)");
  }
  ++lines_;
  const std::uint32_t fields = section_ == Section::kHead ? lines_ - 1 : lines_;
  if (fields > limits.header_count) {
    return fail(section_ == Section::kHead ? DecodeError::kTooManyHeaders : DecodeError::kTrailerTooLarge,
                "too many fields");
  }
  if (section_ == Section::kHead && lines_ == 1 && line_bytes > limits.start_line_bytes) {
    return fail(DecodeError::kStartLineTooLong, "start line too long");
  }
  return Status::kNeedMore;
}

SectionScanner::Status SectionScanner::check_size(std::size_t seen, const DecoderLimits& limits) noexcept {
  if (section_ == Section::kTrailers) {
    return seen > limits.trailer_bytes ? fail(DecodeError::kTrailerTooLarge, "trailers too large") : Status::kNeedMore;
  }
  const std::size_t head_bytes = seen - leading_bytes_;
  const std::size_t start_line_most = std::size_t{limits.start_line_bytes} + 2;
  if (lines_ == 0 && start_line_most <= limits.header_bytes && head_bytes > start_line_most) {
    return fail(DecodeError::kStartLineTooLong, "start line too long");
  }
  return head_bytes > limits.header_bytes ? fail(DecodeError::kHeaderTooLarge, "head too large") : Status::kNeedMore;
}

}  // namespace gabion::proxy::http1
