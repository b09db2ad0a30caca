// What the encoder writes, and that the decoder reads it back.
#include "proxy/protocol/http1/encoder.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(EncoderTest, WritesChunkSizesInHex) {
  const struct {
    std::uint64_t size;
    std::string_view text;
  } cases[] = {{0, "0\r\n"},         {9, "9\r\n"},         {10, "a\r\n"},
               {0x1a2b, "1a2b\r\n"}, {65536, "10000\r\n"}, {kMost, "ffffffffffffffff\r\n"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(ChunkSize(tested.size).view(), tested.text);
  }
}

TEST(EncoderTest, WritesDecimals) {
  const struct {
    std::uint64_t value;
    std::string_view text;
  } cases[] = {{0, "0"}, {7, "7"}, {1234567890, "1234567890"}, {kMost, "18446744073709551615"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(Decimal(tested.value).view(), tested.text);
  }
}

TEST(EncoderTest, WritesFieldsWithOneSpaceAndCrlf) {
  std::string out = "x";
  write_field(out, "Host", "a");
  write_field(out, "Empty", "");
  EXPECT_EQ(out, "xHost: a\r\nEmpty: \r\n");
}

TEST(EncoderTest, WritesChunksAndTrailers) {
  std::string out;
  write_chunk(out, "hello");
  write_chunk(out, std::string(17, 'x'));
  const std::vector<inspect::HeaderField> trailers{{"Digest", "1"}, {"B", "2"}};
  write_last_chunk(out, trailers);
  EXPECT_EQ(out, "5\r\nhello\r\n11\r\nxxxxxxxxxxxxxxxxx\r\n0\r\nDigest: 1\r\nB: 2\r\n\r\n");
}

TEST(EncoderTest, WritesAnEndWithoutTrailers) {
  std::string out;
  write_last_chunk(out, {});
  EXPECT_EQ(out, "0\r\n\r\n");
}

TEST(EncoderTest, WhatItWritesTheDecoderReads) {
  std::string body;
  Stream stream{.role = Role::kResponse, .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"};
  constexpr std::size_t kSizes[] = {1, 15, 16, 17, 255, 256};
  for (const std::size_t size : kSizes) {
    const std::string piece(size, static_cast<char>('a' + size % 26));
    write_chunk(stream.bytes, piece);
    body += piece;
  }
  const std::vector<inspect::HeaderField> trailers{{"Digest", "1"}};
  write_last_chunk(stream.bytes, trailers);
  const auto transcript = record_at_every_cut(stream);
  ASSERT_EQ(transcript.ended(), 1U) << transcript;
  EXPECT_EQ(transcript.messages[0].body, body);
  EXPECT_EQ(transcript.messages[0].trailers, "Digest: 1\n");
}

TEST(EncoderTest, KnowsThePhrasesOfItsOwnAnswers) {
  const struct {
    std::uint16_t status;
    std::string_view phrase;
  } cases[] = {{100, "Continue"},
               {200, "OK"},
               {400, "Bad Request"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {408, "Request Timeout"},
               {413, "Content Too Large"},
               {414, "URI Too Long"},
               {415, "Unsupported Media Type"},
               {417, "Expectation Failed"},
               {431, "Request Header Fields Too Large"},
               {501, "Not Implemented"},
               {502, "Bad Gateway"},
               {503, "Service Unavailable"},
               {504, "Gateway Timeout"},
               {505, "HTTP Version Not Supported"},
               {0, ""},
               {299, ""},
               {999, ""}};
  for (const auto& tested : cases) {
    EXPECT_EQ(reason_phrase(tested.status), tested.phrase) << tested.status;
  }
}

}  // namespace
}  // namespace gabion::proxy::http1
