// Where a section ends, what is refused before llhttp sees it, and that cuts never choose the error.
#include "proxy/protocol/http1/section_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gabion::proxy::http1 {
namespace {

using Section = SectionScanner::Section;
using Status = SectionScanner::Status;

/// A scanner's last word on `bytes`, which grow by `step` from call to call.
struct Outcome {
  Status status = Status::kNeedMore;
  DecodeError error = DecodeError::kNone;
  std::string detail;
  std::size_t leading_bytes = 0;
  std::size_t section_bytes = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << "status " << static_cast<int>(outcome.status) << " error " << static_cast<int>(outcome.error) << " '"
       << outcome.detail << "' leading " << outcome.leading_bytes << " section " << outcome.section_bytes;
}

Outcome outcome_of(const SectionScanner& scanner, Status status) {
  Outcome outcome{status, scanner.error(), scanner.detail(), 0, 0};
  if (status == Status::kComplete) {
    outcome.leading_bytes = scanner.leading_bytes();
    outcome.section_bytes = scanner.section_bytes();
  }
  return outcome;
}

/// Shows the scanner the first `first` bytes, then `step` more each time. Each call sees an allocation of its own.
Outcome scan(Section section, std::string_view bytes, const DecoderLimits& limits, std::size_t first,
             std::size_t step) {
  SectionScanner scanner(section);
  std::size_t seen = std::min(first, bytes.size());
  while (true) {
    const std::string grown(bytes.substr(0, seen));
    const Status status = scanner.scan(grown, limits);
    if (status != Status::kNeedMore || seen == bytes.size()) {
      return outcome_of(scanner, status);
    }
    seen = std::min(seen + step, bytes.size());
  }
}

Outcome scan_at_every_cut(Section section, std::string_view bytes, const DecoderLimits& limits) {
  const Outcome expected = scan(section, bytes, limits, bytes.size(), 1);
  EXPECT_EQ(scan(section, bytes, limits, 0, 1), expected) << "byte by byte: " << bytes;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    EXPECT_EQ(scan(section, bytes, limits, cut, bytes.size()), expected) << "cut after " << cut << ": " << bytes;
  }
  return expected;
}

struct Case {
  std::string_view name;
  Section section;
  std::string_view bytes;
  Status status;
  std::string_view detail;
};

using namespace std::string_view_literals;

constexpr Case kCases[] = {
    {"Nothing", Section::kHead, ""sv, Status::kNeedMore, ""},
    {"StartLineOnly", Section::kHead, "GET /\r\n", Status::kNeedMore, ""},
    {"WithoutTheLastLf", Section::kHead, "GET /\r\n\r", Status::kNeedMore, ""},
    {"NoFields", Section::kHead, "GET /\r\n\r\n", Status::kComplete, ""},
    {"Fields", Section::kHead, "GET /\r\nA: b\r\nC:\td\r\n\r\n", Status::kComplete, ""},
    {"BytesAboveAscii", Section::kHead, "GET /\r\nA: \x80\xff\xc3\xa4\r\n\r\n", Status::kComplete, ""},
    {"BareLfInStartLine", Section::kHead, "GET /\nA: b\r\n\r\n", Status::kError, "bare LF"},
    {"BareLfAfterField", Section::kHead, "GET /\r\nA: b\nC: d\r\n\r\n", Status::kError, "bare LF"},
    {"BareLfAtTheEnd", Section::kHead, "GET /\r\nA: b\r\n\n", Status::kError, "bare LF"},
    {"BareLfFirst", Section::kHead, "\nGET /\r\n\r\n", Status::kError, "bare LF"},
    {"BareCrInValue", Section::kHead, "GET /\r\nA: b\rc\r\n\r\n", Status::kError, "bare CR"},
    {"BareCrFirst", Section::kHead, "\rGET /\r\n\r\n", Status::kError, "bare CR"},
    {"TwoCr", Section::kHead, "GET /\r\r\n\r\n", Status::kError, "bare CR"},
    {"CrBeforeTheEnd", Section::kHead, "GET /\r\nA: b\r\n\rx", Status::kError, "bare CR"},
    {"FoldWithSpace", Section::kHead, "GET /\r\nA: b\r\n c\r\n\r\n", Status::kError,
     "a line begins with a blank (obs-fold)"},
    {"FoldWithTab", Section::kHead, "GET /\r\nA: b\r\n\tc\r\n\r\n", Status::kError,
     "a line begins with a blank (obs-fold)"},
    {"FoldOfBlanksOnly", Section::kHead, "GET /\r\nA: b\r\n \r\n\r\n", Status::kError,
     "a line begins with a blank (obs-fold)"},
    {"BlankBeforeStartLine", Section::kHead, " GET /\r\n\r\n", Status::kError, "a line begins with a blank (obs-fold)"},
    {"NulInStartLine", Section::kHead, "GET /\0 \r\n\r\n"sv, Status::kError, "control character in the head"},
    {"NulInValue", Section::kHead, "GET /\r\nA: b\0c\r\n\r\n"sv, Status::kError, "control character in the head"},
    {"NulAfter16Bytes", Section::kHead, "GET /0123456789abcdef\0\r\n\r\n"sv, Status::kError,
     "control character in the head"},
    {"Delete", Section::kHead, "GET /\r\nA: \x7f\r\n\r\n", Status::kError, "control character in the head"},
    {"Escape", Section::kHead, "GET /\r\nA\x1b: b\r\n\r\n", Status::kError, "control character in the head"},
    {"VerticalTab", Section::kHead, "GET /\x0b \r\n\r\n", Status::kError, "control character in the head"},
    {"OneEmptyLineFirst", Section::kHead, "\r\nGET /\r\n\r\n", Status::kComplete, ""},
    {"TwoEmptyLinesFirst", Section::kHead, "\r\n\r\nGET /\r\n\r\n", Status::kError,
     "empty lines before the start line"},
    {"NoTrailers", Section::kTrailers, "\r\n", Status::kComplete, ""},
    {"OneTrailer", Section::kTrailers, "A: b\r\n\r\n", Status::kComplete, ""},
    {"FoldedTrailer", Section::kTrailers, "A: b\r\n c\r\n\r\n", Status::kError,
     "a line begins with a blank (obs-fold)"},
    {"BareLfInTrailer", Section::kTrailers, "A: b\n\r\n", Status::kError, "bare LF"},
    {"NulInTrailer", Section::kTrailers, "A: \0\r\n\r\n"sv, Status::kError, "control character in the head"},
};

class SectionScannerTest : public ::testing::TestWithParam<Case> {};

TEST_P(SectionScannerTest, SaysTheSameAtEveryCut) {
  const auto& tested = GetParam();
  const auto outcome = scan_at_every_cut(tested.section, tested.bytes, {});
  EXPECT_EQ(outcome.status, tested.status);
  EXPECT_EQ(outcome.detail, tested.detail);
  EXPECT_EQ(outcome.error, tested.status == Status::kError ? DecodeError::kMalformed : DecodeError::kNone);
  if (tested.status == Status::kComplete) {
    EXPECT_EQ(outcome.section_bytes, tested.bytes.size());
    EXPECT_EQ(outcome.leading_bytes, tested.bytes.starts_with("\r\n") && tested.section == Section::kHead ? 2U : 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Sections, SectionScannerTest, ::testing::ValuesIn(kCases),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(SectionScannerTest, LeavesWhatFollowsTheSection) {
  const auto head = scan(Section::kHead, "GET /\r\nA: b\r\n\r\n\0\n\rbody"sv, {}, 100, 1);
  EXPECT_EQ(head.status, Status::kComplete);
  EXPECT_EQ(head.section_bytes, 15U);
  const auto trailers = scan(Section::kTrailers, "\r\n\r\nGET", {}, 100, 1);
  EXPECT_EQ(trailers.section_bytes, 2U);
}

TEST(SectionScannerTest, FindsEveryControlCharacterAtEveryOffsetOfABlock) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    for (std::size_t offset = 0; offset < 34; ++offset) {
      std::string bytes = "A" + std::string(offset, 'x') + static_cast<char>(byte) + std::string(20, 'y') + "\r\n\r\n";
      const auto outcome = scan(Section::kHead, bytes, {}, bytes.size(), 1);
      EXPECT_EQ(outcome.status, is_control ? Status::kError : Status::kComplete) << byte << " at " << offset;
    }
  }
}

TEST(SectionScannerTest, ResetForgetsTheErrorAndThePlace) {
  SectionScanner scanner;
  EXPECT_EQ(scanner.scan("GET /\n", {}), Status::kError);
  scanner.reset(Section::kTrailers);
  EXPECT_EQ(scanner.error(), DecodeError::kNone);
  EXPECT_EQ(scanner.scan("\r\n", {}), Status::kComplete);
}

struct LimitCase {
  std::string_view name;
  Section section;
  std::string bytes;
  DecodeError error;
  std::string_view detail;
};

DecoderLimits small_limits() {
  DecoderLimits limits;
  limits.start_line_bytes = 10;
  limits.header_bytes = 40;
  limits.header_count = 3;
  limits.trailer_bytes = 20;
  return limits;
}

std::string filled(std::size_t size) {
  return std::string(size, 'x');
}

std::vector<LimitCase> limit_cases() {
  const std::string fields = "A:b\r\nA:b\r\nA:b\r\n";
  constexpr auto kNone = DecodeError::kNone;
  constexpr auto kStart = DecodeError::kStartLineTooLong;
  constexpr auto kHead = DecodeError::kHeaderTooLarge;
  constexpr auto kCount = DecodeError::kTooManyHeaders;
  constexpr auto kTrailer = DecodeError::kTrailerTooLarge;
  constexpr auto kMalformed = DecodeError::kMalformed;
  return {
      {"StartLineAtTheBound", Section::kHead, filled(10) + "\r\n\r\n", kNone, ""},
      {"StartLineOneOver", Section::kHead, filled(11) + "\r\n\r\n", kStart, "start line too long"},
      {"StartLineTwoOver", Section::kHead, filled(12) + "\r\n\r\n", kStart, "start line too long"},
      {"StartLineWithoutEnd", Section::kHead, filled(13), kStart, "start line too long"},
      {"EmptyLineDoesNotCount", Section::kHead, "\r\n" + filled(10) + "\r\n\r\n", kNone, ""},
      {"HeadAtTheBound", Section::kHead, "GET /\r\n" + filled(29) + "\r\n\r\n", kNone, ""},
      {"HeadOneOver", Section::kHead, "GET /\r\n" + filled(30) + "\r\n\r\n", kHead, "head too large"},
      {"HeadWithoutEnd", Section::kHead, "GET /\r\n" + filled(34), kHead, "head too large"},
      {"HeadAtTheBoundAfterAnEmptyLine", Section::kHead, "\r\nGET /\r\n" + filled(29) + "\r\n\r\n", kNone, ""},
      {"CountAtTheBound", Section::kHead, "GET /\r\n" + fields + "\r\n", kNone, ""},
      {"CountOneOver", Section::kHead, "GET /\r\n" + fields + "A:b\r\n\r\n", kCount, "too many fields"},
      {"TrailersAtTheBound", Section::kTrailers, filled(16) + "\r\n\r\n", kNone, ""},
      {"TrailersOneOver", Section::kTrailers, filled(17) + "\r\n\r\n", kTrailer, "trailers too large"},
      {"TrailersWithoutEnd", Section::kTrailers, filled(21), kTrailer, "trailers too large"},
      {"TrailerCountAtTheBound", Section::kTrailers, fields + "\r\n", kNone, ""},
      {"TrailerCountOneOver", Section::kTrailers, fields + "A:\r\n\r\n", kTrailer, "too many fields"},
      // A former bug: which of two errors was reported depended on how the input was cut. Now the earlier byte's is.
      {"StartLineTooLongThenBareLf", Section::kHead, filled(13) + "\n\r\n\r\n", kStart, "start line too long"},
      {"StartLineNotYetTooLongThenBareLf", Section::kHead, filled(12) + "\n\r\n\r\n", kMalformed, "bare LF"},
      {"StartLineTooLongThenBareCr", Section::kHead, filled(12) + "\rx\r\n\r\n", kStart, "start line too long"},
      {"HeadTooLargeThenNul", Section::kHead, "GET /\r\n" + filled(34) + '\0' + "\r\n\r\n", kHead, "head too large"},
      {"NulThenHeadTooLarge", Section::kHead, "GET /\r\n" + filled(33) + '\0' + filled(20), kMalformed,
       "control character in the head"},
      {"HeadTooLargeThenTooManyFields", Section::kHead, "GET /\r\nA: " + filled(31) + "\r\n" + fields + "\r\n", kHead,
       "head too large"},
      {"TooManyFieldsThenHeadTooLarge", Section::kHead, "GET /\r\n" + fields + "A:b\r\n" + filled(40), kCount,
       "too many fields"},
      {"TrailersTooLargeThenFold", Section::kTrailers, "A: " + filled(20) + "\r\n x\r\n\r\n", kTrailer,
       "trailers too large"},
  };
}

class SectionLimitsTest : public ::testing::TestWithParam<LimitCase> {};

TEST_P(SectionLimitsTest, AreExactAtEveryCut) {
  const auto& tested = GetParam();
  const auto outcome = scan_at_every_cut(tested.section, tested.bytes, small_limits());
  EXPECT_EQ(outcome.status, tested.error == DecodeError::kNone ? Status::kComplete : Status::kError);
  EXPECT_EQ(outcome.error, tested.error);
  EXPECT_EQ(outcome.detail, tested.detail);
}

INSTANTIATE_TEST_SUITE_P(Limits, SectionLimitsTest, ::testing::ValuesIn(limit_cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(SectionLimitsTest, AHeadSmallerThanItsStartLineMayBeIsStillBounded) {
  DecoderLimits limits = small_limits();
  limits.header_bytes = 5;
  const auto outcome = scan_at_every_cut(Section::kHead, filled(30), limits);
  EXPECT_EQ(outcome.error, DecodeError::kHeaderTooLarge);
}

}  // namespace
}  // namespace gabion::proxy::http1
