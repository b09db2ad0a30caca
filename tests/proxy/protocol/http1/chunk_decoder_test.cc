// Chunked bodies to the letter of RFC 9112 §7.1, at every cut.
#include "proxy/protocol/http1/chunk_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/proxy/protocol/http1/transcript.h"

namespace gabion::proxy::http1 {
namespace {

using Status = ChunkDecoder::Status;

struct Outcome {
  std::string body;
  std::string detail;
  std::size_t line_bytes = 0;  ///< consumed that are not body
  bool is_complete = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << "[" << outcome.body << "] '" << outcome.detail << "' lines " << outcome.line_bytes
       << (outcome.is_complete ? " complete" : "");
}

/// Adds one piece; false when there is nothing more to read.
bool take(ChunkDecoder& decoder, std::string_view piece, Outcome& outcome) {
  while (!piece.empty()) {
    const std::string bytes(piece);
    const auto step = decoder.next(bytes);
    EXPECT_LE(step.consumed, bytes.size());
    EXPECT_LE(step.data, step.consumed);
    if (step.status == Status::kError) {
      outcome.detail = decoder.detail();
      outcome.line_bytes = 0;  // where the call began that found the error is no fact of the stream
      return false;
    }
    EXPECT_TRUE(step.status != Status::kNeedMore || step.consumed == bytes.size());
    EXPECT_EQ(step.data > 0, step.status == Status::kData);
    outcome.body.append(bytes, step.consumed - step.data, step.data);
    outcome.line_bytes += step.consumed - step.data;
    if (step.status == Status::kLastChunk) {
      outcome.is_complete = true;
      return false;
    }
    piece.remove_prefix(step.consumed);
  }
  return true;
}

Outcome decode(std::string_view bytes, const Cutter& next_piece) {
  ChunkDecoder decoder;
  Outcome outcome;
  while (!bytes.empty()) {
    const std::size_t piece = next_piece(bytes.size());
    if (!take(decoder, bytes.substr(0, piece), outcome)) {
      break;
    }
    bytes.remove_prefix(piece);
  }
  return outcome;
}

Outcome decode_at_every_cut(std::string_view bytes) {
  const Outcome expected = decode(bytes, whole());
  EXPECT_EQ(decode(bytes, pieces_of(1)), expected) << "byte by byte";
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    EXPECT_EQ(decode(bytes, cut_at(at)), expected) << "cut after " << at;
  }
  for (unsigned seed = 1; seed <= 8; ++seed) {
    EXPECT_EQ(decode(bytes, random_pieces(seed, 6)), expected) << "seed " << seed;
  }
  return expected;
}

enum class End : std::uint8_t { kComplete, kOpen, kError };

struct Case {
  std::string_view name;
  std::string bytes;
  End end;
  std::string_view said;  ///< the body, or the error's detail
};

std::vector<Case> cases() {
  using namespace std::string_literals;
  const std::string line_of_1024 = "1;" + std::string(1022, 'x') + "\r";
  return {
      {"Empty", "0\r\n", End::kComplete, ""},
      {"OneChunk", "5\r\nhello\r\n0\r\n", End::kComplete, "hello"},
      {"TwoChunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n", End::kComplete, "hello world"},
      {"LowerAndUpperHex", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n", End::kComplete, "01234567890123456789"},
      {"DataMayHoldAnything", "7\r\n0\r\n\r\n\0\n\r\n0\r\n"s, End::kComplete, std::string_view("0\r\n\r\n\0\n", 7)},
      {"SeveralZeros", "1\r\nx\r\n000\r\n", End::kComplete, "x"},
      {"SixteenDigits", "0000000000000001\r\nx\r\n0\r\n", End::kComplete, "x"},
      {"SixteenZeros", "0000000000000000\r\n", End::kComplete, ""},
      {"SeventeenDigits", "00000000000000001\r\nx\r\n0\r\n", End::kError, "chunk size has more than 16 digits"},
      {"SeventeenZeros", "00000000000000000\r\n", End::kError, "chunk size has more than 16 digits"},
      {"TheLargestSize", "ffffffffffffffff\r\nabc", End::kOpen, "abc"},
      {"OneMoreThanTheLargest", "10000000000000000\r\nabc", End::kError, "chunk size has more than 16 digits"},
      {"Unfinished", "5\r\nhel", End::kOpen, "hel"},
      {"UnfinishedAfterData", "5\r\nhello", End::kOpen, "hello"},
      {"UnfinishedSize", "5", End::kOpen, ""},
      {"UnfinishedLastLine", "0\r", End::kOpen, ""},
      {"NoSize", "\r\nhello", End::kError, "chunk size is missing"},
      {"NoSizeButExtension", ";a\r\n", End::kError, "chunk size is missing"},
      {"Sign", "+5\r\nhello\r\n", End::kError, "chunk size is missing"},
      {"Minus", "-1\r\n", End::kError, "chunk size is missing"},
      {"BlankFirst", " 5\r\nhello\r\n", End::kError, "chunk size is missing"},
      {"BlankAfter", "5 \r\nhello\r\n", End::kError, "junk in a chunk size"},
      {"TabAfter", "5\t\r\nhello\r\n", End::kError, "junk in a chunk size"},
      {"HexPrefix", "0x5\r\nhello\r\n", End::kError, "junk in a chunk size"},
      {"NotHex", "5g\r\nhello\r\n", End::kError, "junk in a chunk size"},
      {"Underscore", "1_0\r\n", End::kError, "junk in a chunk size"},
      {"NulInSize", "5\0\r\nhello\r\n"s, End::kError, "junk in a chunk size"},
      {"HighBitDigit", "\xb5\r\n", End::kError, "chunk size is missing"},
      {"BareLfAfterSize", "5\nhello\r\n0\r\n", End::kError, "junk in a chunk size"},
      {"BareCrAfterSize", "5\rhello\r\n0\r\n", End::kError, "bare CR in a chunk line"},
      {"TwoCrAfterSize", "5\r\r\nhello\r\n0\r\n", End::kError, "bare CR in a chunk line"},
      {"BareLfAfterZero", "0\n\n", End::kError, "junk in a chunk size"},
      {"BareCrAfterZero", "0\rx", End::kError, "bare CR in a chunk line"},
      {"DataLongerThanItsSize", "5\r\nhello!\r\n0\r\n", End::kError, "chunk data is longer than its size"},
      {"DataShorterThanItsSize", "6\r\nhello\r\n0\r\n", End::kError, "chunk data is longer than its size"},
      {"BareLfAfterData", "5\r\nhello\n0\r\n", End::kError, "chunk data is longer than its size"},
      {"BareCrAfterData", "5\r\nhello\r0\r\n", End::kError, "bare CR after chunk data"},
      {"NoLineEndAfterData", "5\r\nhello0\r\n", End::kError, "chunk data is longer than its size"},
      {"Extension", "5;a\r\nhello\r\n0;b\r\n", End::kComplete, "hello"},
      {"ExtensionWithValue", "5;a=b;c=d;e\r\nhello\r\n0\r\n", End::kComplete, "hello"},
      {"QuotedValue", "5;a=\"b;\tc\\\"\\\\ \xc3\xa4\";d\r\nhello\r\n0\r\n", End::kComplete, "hello"},
      {"EmptyQuotedValue", "5;a=\"\"\r\nhello\r\n0\r\n", End::kComplete, "hello"},
      {"ExtensionWithoutName", "5;\r\nhello\r\n0\r\n", End::kError, "chunk extension without a name"},
      {"TwoSemicolons", "5;;a\r\nhello\r\n0\r\n", End::kError, "chunk extension without a name"},
      {"BlankInExtension", "5; a\r\nhello\r\n0\r\n", End::kError, "chunk extension without a name"},
      {"BlankAfterExtension", "5;a \r\nhello\r\n0\r\n", End::kError, "junk in a chunk extension"},
      {"ValueMissing", "5;a=\r\nhello\r\n0\r\n", End::kError, "chunk extension without a value"},
      {"ValueTwice", "5;a=b=c\r\nhello\r\n0\r\n", End::kError, "junk in a chunk extension"},
      {"QuoteNotClosed", "5;a=\"b\r\nhello\r\n0\r\n", End::kError, "control in a quoted string"},
      {"QuoteWithLf", "5;a=\"b\nc\"\r\nhello\r\n0\r\n", End::kError, "control in a quoted string"},
      {"QuotedPairOfControl", "5;a=\"\\\r\"\r\nhello\r\n0\r\n", End::kError, "control in a quoted string"},
      {"JunkAfterQuote", "5;a=\"b\"c\r\nhello\r\n0\r\n", End::kError, "junk in a chunk extension"},
      {"QuoteInToken", "5;a=b\"c\"\r\nhello\r\n0\r\n", End::kError, "junk in a chunk extension"},
      {"QuotedName", "5;\"a\"\r\nhello\r\n0\r\n", End::kError, "chunk extension without a name"},
      {"BareLfAfterExtension", "5;a\nhello\r\n0\r\n", End::kError, "junk in a chunk extension"},
      {"BareCrAfterExtension", "5;a\rhello\r\n0\r\n", End::kError, "bare CR in a chunk line"},
      {"NulInExtension", "5;a\0\r\nhello\r\n0\r\n"s, End::kError, "junk in a chunk extension"},
      {"ExtensionAtTheBound", "1;" + std::string(1023, 'x') + "\r\ny\r\n0\r\n", End::kComplete, "y"},
      {"ExtensionOneOver", "1;" + std::string(1024, 'x') + "\r\ny\r\n0\r\n", End::kError, "chunk extension too long"},
      {"BoundIsPerLine", line_of_1024 + "\ny\r\n" + line_of_1024 + "\nz\r\n0\r\n", End::kComplete, "yz"},
  };
}

class ChunkDecoderTest : public ::testing::TestWithParam<Case> {};

TEST_P(ChunkDecoderTest, ReadsTheSameAtEveryCut) {
  const auto& tested = GetParam();
  const Outcome outcome = decode_at_every_cut(tested.bytes);
  EXPECT_EQ(outcome.is_complete, tested.end == End::kComplete);
  if (tested.end == End::kError) {
    EXPECT_EQ(outcome.detail, tested.said);
    return;
  }
  EXPECT_EQ(outcome.detail, "");
  EXPECT_EQ(outcome.body, tested.said);
  EXPECT_EQ(outcome.body.size() + outcome.line_bytes, tested.bytes.size());
}

INSTANTIATE_TEST_SUITE_P(Bodies, ChunkDecoderTest, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(ChunkDecoderTest, LeavesTheTrailersUnread) {
  ChunkDecoder decoder;
  const auto step = decoder.next("0\r\nA: b\r\n\r\n");
  EXPECT_EQ(step.status, Status::kLastChunk);
  EXPECT_EQ(step.consumed, 3U);
}

TEST(ChunkDecoderTest, ResetBeginsAnotherBody) {
  ChunkDecoder decoder;
  EXPECT_EQ(decoder.next("5;x").status, Status::kNeedMore);
  decoder.reset();
  const auto step = decoder.next("2\r\nab\r\n");
  EXPECT_EQ(step.status, Status::kData);
  EXPECT_EQ(step.data, 2U);
  EXPECT_EQ(step.consumed, 5U);
}

}  // namespace
}  // namespace gabion::proxy::http1
