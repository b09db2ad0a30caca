// Answers however they are cut: when they are over, whether the connection lives on, and what is no answer.
#include "bench/load/answer_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::bench {
namespace {

using Outcome = AnswerReader::Outcome;

struct Case {
  const char* name;
  std::string bytes;
  Outcome outcome;
  std::uint16_t status = 0;
  bool reusable = false;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Outcome::kDone, 200, true},
      {"Empty", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", Outcome::kDone, 404, true},
      {"NoContent", "HTTP/1.1 204 No\r\n\r\n", Outcome::kDone, 204, true},
      {"Close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", Outcome::kDone, 200, false},
      {"Old", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", Outcome::kDone, 200, false},
      {"Chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n", Outcome::kDone,
       200, true},
      {"Interim", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 OK\r\nContent-Length: 1\r\n\r\nx", Outcome::kDone, 201,
       true},
      {"Garbage", "SSH-2.0-OpenSSH\r\n", Outcome::kMalformed},
      {"BadChunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Outcome::kMalformed},
      {"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", Outcome::kMalformed},
  };
  return all;
}

/// Feeds all in pieces of `size`; the first outcome that is not kMore.
Outcome feed(AnswerReader& reader, std::string bytes, std::size_t size) {
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const auto piece = std::span<char>(bytes).subspan(at, std::min(size, bytes.size() - at));
    if (const auto outcome = reader.feed(piece); outcome != Outcome::kMore) {
      return outcome;
    }
  }
  return Outcome::kMore;
}

TEST(AnswerReaderTest, SaysTheSameHoweverTheBytesAreCut) {
  for (const Case& each : cases()) {
    for (std::size_t size = 1; size <= each.bytes.size(); ++size) {
      proxy::BufferPool pool;
      AnswerReader reader(pool);
      reader.expect(false);
      EXPECT_EQ(feed(reader, each.bytes, size), each.outcome) << each.name << " in pieces of " << size;
      if (each.outcome == Outcome::kDone) {
        EXPECT_EQ(reader.status(), each.status) << each.name;
        EXPECT_EQ(reader.is_reusable(), each.reusable) << each.name;
        EXPECT_EQ(pool.in_use_bytes(), 0U) << each.name;
      }
    }
  }
}

TEST(AnswerReaderTest, AnswersFollowEachOther) {
  proxy::BufferPool pool;
  AnswerReader reader(pool);
  for (int round = 0; round < 3; ++round) {
    for (const Case& each : cases()) {
      if (each.reusable) {
        reader.expect(false);
        EXPECT_EQ(feed(reader, each.bytes, 7), Outcome::kDone) << each.name;
        EXPECT_EQ(reader.status(), each.status);
      }
    }
  }
}

TEST(AnswerReaderTest, AnAnswerToHeadHasNoBody) {
  proxy::BufferPool pool;
  AnswerReader reader(pool);
  reader.expect(true);
  EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 100), Outcome::kDone);
}

TEST(AnswerReaderTest, BytesBehindTheAnswerAreMalformed) {
  proxy::BufferPool pool;
  AnswerReader reader(pool);
  reader.expect(false);
  EXPECT_EQ(feed(reader, "HTTP/1.1 204 No\r\n\r\nHTTP/1.1 204 No\r\n\r\n", 100), Outcome::kMalformed);
}

TEST(AnswerReaderTest, TheEndOfTheStreamDecides) {
  struct End {
    const char* bytes;
    Outcome outcome;
  };
  for (const End& each : {End{"", Outcome::kNothing}, End{"HTTP/1.1 2", Outcome::kMalformed},
                          End{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Outcome::kMalformed},
                          End{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Outcome::kMalformed},
                          End{"HTTP/1.1 200 OK\r\n\r\nhel", Outcome::kDone}}) {
    proxy::BufferPool pool;
    AnswerReader reader(pool);
    reader.expect(false);
    EXPECT_EQ(feed(reader, each.bytes, 100), Outcome::kMore) << each.bytes;
    EXPECT_EQ(reader.feed_end(), each.outcome) << each.bytes;
    EXPECT_FALSE(reader.is_reusable());
    reader.reset();
    reader.expect(false);
    EXPECT_EQ(feed(reader, "HTTP/1.1 204 No\r\n\r\n", 100), Outcome::kDone) << "after a reset nothing is left";
  }
}

}  // namespace
}  // namespace gabion::bench
