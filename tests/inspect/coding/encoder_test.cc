// What our encoders write, other decoders read; a flush lets the reader have everything; memory is bounded.
#include "inspect/coding/encoder.h"

#include <gtest/gtest.h>

#include "tests/inspect/coding/coded.h"

namespace gabion::inspect::coding {
namespace {

constexpr Coding kAll[] = {Coding::kGzip, Coding::kDeflate, Coding::kBrotli, Coding::kZstd};

std::string long_text() {
  std::string text;
  for (int i = 0; i < 40'000; ++i) {
    text.append("{\"id\":").append(std::to_string(i * 7919)).append(",\"name\":\"someone\"}\n");
  }
  return text;
}

TEST(Encoder, ReadsBackHoweverTheTextWasCut) {
  const std::string text = long_text();
  for (const Coding coding : kAll) {
    for (const std::size_t piece : {1000U, 65'536U, 1U << 20U}) {
      const std::string coded = encode(codings({coding}), text, piece);
      EXPECT_LT(coded.size(), text.size() / 2) << static_cast<int>(coding);
      const Read got = read(codings({coding}), coded);
      EXPECT_EQ(got.error, DecodeError::kNone);
      EXPECT_TRUE(got.text == text) << static_cast<int>(coding);
    }
  }
}

TEST(Encoder, AFlushGivesTheReaderAllThatWasWritten) {
  std::vector<CodingList> lists{codings({Coding::kGzip, Coding::kBrotli}), codings({Coding::kZstd, Coding::kDeflate})};
  for (const Coding coding : kAll) {
    lists.push_back(codings({coding}));
  }
  for (const CodingList& list : lists) {
    BodyEncoder encoder(list);
    BodyDecoder decoder(list, {});
    std::string coded;
    std::string expected;
    std::string got;
    const CodedSink sink = [&](std::string_view bytes) { coded.append(bytes); };
    const auto drain = [&] {
      std::string room(100, '\0');
      for (std::string_view rest = coded; !rest.empty() || decoder.has_more();) {
        const auto step = decoder.decode(rest, room);
        ASSERT_EQ(step.error, DecodeError::kNone);
        rest.remove_prefix(step.consumed);
        got.append(room, 0, step.produced);
      }
      coded.clear();
    };
    for (int i = 0; i < 50; ++i) {
      const std::string event = "data: " + std::to_string(i) + "\n\n";
      ASSERT_TRUE(encoder.encode(event, Flush::kNone, sink));
      EXPECT_TRUE(encoder.has_unflushed());
      ASSERT_TRUE(encoder.encode({}, Flush::kSync, sink));
      EXPECT_FALSE(encoder.has_unflushed());
      expected += event;
      drain();
      ASSERT_EQ(got, expected);
    }
    ASSERT_TRUE(encoder.encode({}, Flush::kEnd, sink));
    drain();
    EXPECT_EQ(got, expected);
    EXPECT_EQ(decoder.finish(), DecodeError::kNone);
  }
}

TEST(Encoder, HoldsLittle) {
  const std::string text = long_text();
  for (const Coding coding : kAll) {
    BodyEncoder encoder(codings({coding}));
    std::size_t most = 0;
    std::size_t largest = 0;
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(encoder.encode(text, Flush::kNone, [&](std::string_view piece) {
        largest = std::max(largest, piece.size());
        EXPECT_FALSE(piece.empty());
      }));
      most = std::max(most, encoder.memory_bytes());
    }
    EXPECT_LE(largest, 8192U);
    EXPECT_LE(most, 1U << 20U) << static_cast<int>(coding);
    RecordProperty("bytes_" + std::to_string(static_cast<int>(coding)), std::to_string(most));
  }
}

}  // namespace
}  // namespace gabion::inspect::coding
