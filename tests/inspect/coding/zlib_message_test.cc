// Messages through DEFLATE: the examples of RFC 7692 §7.2.3, context kept and forgotten, any room, any cut.
#include "inspect/coding/zlib_message.h"

#include <gtest/gtest.h>

#include <array>

namespace gabion::inspect::coding {
namespace {

using namespace std::string_view_literals;
using Part = MessageDeflater::Part;

struct Read {
  std::string text;
  DecodeError error = DecodeError::kNone;
};

Read inflate(MessageInflater& inflater, std::string_view payload, std::size_t piece = 1000, std::size_t room = 1000) {
  Read read;
  std::array<char, 1000> out;
  const auto take = [&](const Decoder::Step& step) {
    read.text.append(out.data(), step.produced);
    read.error = step.error;
    return step.error == DecodeError::kNone;
  };
  while (!payload.empty()) {
    std::string_view fresh = payload.substr(0, piece);
    payload.remove_prefix(fresh.size());
    Decoder::Step step;
    do {
      step = inflater.decode(fresh, std::span(out).first(room));
      fresh.remove_prefix(step.consumed);
      if (!take(step)) {
        return read;
      }
    } while (step.produced == room || !fresh.empty());
  }
  Decoder::Step step;
  do {
    step = inflater.finish(std::span(out).first(room));
  } while (take(step) && step.produced == room);
  return read;
}

struct Example {
  std::string_view payload;
  std::string_view text;
};

TEST(MessageInflater, ReadsTheExamplesOfTheRfc) {
  const Example examples[] = {
      {"\xf2\x48\xcd\xc9\xc9\x07\x00"sv, "Hello"},                          // §7.2.3.1
      {"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"sv, "Hello"},          // §7.2.3.3
      {"\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv, "Hello"},                      // §7.2.3.4
      {"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"sv, "Hello"},  // §7.2.3.5
      {"\x00"sv, ""},                                                       // §7.2.3.6
  };
  for (const Example& example : examples) {
    for (std::size_t piece = 1; piece <= example.payload.size(); ++piece) {
      MessageInflater inflater(Takeover::kKept);
      const Read read = inflate(inflater, example.payload, piece, piece);
      EXPECT_EQ(read.text, example.text);
      EXPECT_EQ(read.error, DecodeError::kNone);
    }
  }
}

TEST(MessageInflater, RefersBackOnlyWhereTheContextIsKept) {  // §7.2.3.2
  const std::string_view first = "\xf2\x48\xcd\xc9\xc9\x07\x00"sv;
  const std::string_view second = "\xf2\x00\x11\x00\x00"sv;
  MessageInflater keeping(Takeover::kKept);
  EXPECT_EQ(inflate(keeping, first).text, "Hello");
  EXPECT_EQ(inflate(keeping, second).text, "Hello");
  MessageInflater forgetting(Takeover::kNone);
  EXPECT_EQ(inflate(forgetting, first).text, "Hello");
  EXPECT_EQ(inflate(forgetting, second).error, DecodeError::kBroken);
}

TEST(MessageInflater, KeepsTheContextOverAFinalBlock) {
  MessageInflater inflater(Takeover::kKept);
  EXPECT_EQ(inflate(inflater, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"sv).text, "Hello");
  EXPECT_EQ(inflate(inflater, "\xf2\x00\x11\x00\x00"sv).text, "Hello");
}

TEST(MessageInflater, RefusesWhatIsBrokenOrCut) {
  const std::pair<std::string_view, DecodeError> cases[] = {
      {"\xff\xff\xff"sv, DecodeError::kBroken},
      {"\x00\x05\x00\xfa\xff\x48\x65"sv, DecodeError::kBroken},  // the tail fills its block, and begins another
      {"\x00\x09\x00\xf6\xff\x48\x65"sv, DecodeError::kTruncated},
      {""sv, DecodeError::kTruncated},
  };
  for (const auto& [payload, error] : cases) {
    MessageInflater inflater(Takeover::kKept);
    EXPECT_EQ(inflate(inflater, payload).error, error) << payload.size();
  }
}

class Deflated : public ::testing::TestWithParam<std::uint8_t> {};

TEST_P(Deflated, IsReadBackPieceByPiece) {
  for (const Takeover takeover : {Takeover::kKept, Takeover::kNone}) {
    const auto deflater = MessageDeflater::make(GetParam(), takeover);
    ASSERT_NE(deflater, nullptr);
    MessageInflater inflater(takeover);
    for (const std::string& text :
         {std::string("Hello"), std::string("Hello"), std::string(), std::string(100'000, 'a'), std::string("Hello")}) {
      for (const std::size_t piece : {std::size_t{1} << 20U, std::size_t{7777}}) {
        std::string coded;
        std::string_view rest = text;
        while (rest.size() > piece) {
          ASSERT_TRUE(deflater->encode(rest.substr(0, piece), Part::kMiddle, coded));
          rest.remove_prefix(piece);
        }
        ASSERT_TRUE(deflater->encode(rest, Part::kLast, coded));
        const Read read = inflate(inflater, coded, 11, 900);
        EXPECT_EQ(read.error, DecodeError::kNone);
        EXPECT_EQ(read.text, text);
      }
    }
    EXPECT_LT(deflater->memory_bytes(), 80U * 1024);
    EXPECT_LT(inflater.memory_bytes(), 64U * 1024);
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, Deflated, ::testing::Values(9, 10, 13, 15));

TEST(MessageDeflater, EndsAMessageWithNothingMoreToSay) {
  const auto deflater = MessageDeflater::make(15, Takeover::kKept);
  MessageInflater inflater(Takeover::kKept);
  for (int i = 0; i < 3; ++i) {
    std::string coded;
    ASSERT_TRUE(deflater->encode("all of it", Part::kMiddle, coded));
    ASSERT_TRUE(deflater->encode("", Part::kLast, coded));
    EXPECT_EQ(inflate(inflater, coded).text, "all of it");
  }
}

TEST(MessageDeflater, RepeatsCostLittleWhereTheContextIsKept) {
  const auto deflater = MessageDeflater::make(15, Takeover::kKept);
  std::string text;
  for (unsigned i = 0; i < 500; ++i) {
    text += static_cast<char>('a' + (i * i * 7 + i / 3) % 26);
  }
  std::string first;
  std::string second;
  ASSERT_TRUE(deflater->encode(text, Part::kLast, first));
  ASSERT_TRUE(deflater->encode(text, Part::kLast, second));
  EXPECT_LT(second.size(), first.size() / 4);
}

TEST(MessageDeflater, HasNoWindowOf8Bits) {
  EXPECT_EQ(MessageDeflater::make(8, Takeover::kKept), nullptr);
}

}  // namespace
}  // namespace gabion::inspect::coding
