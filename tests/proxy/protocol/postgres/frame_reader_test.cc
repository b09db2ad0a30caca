// Messages of both directions cut anywhere, and what PostgreSQL would end the connection for.
#include "proxy/protocol/postgres/frame_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "tests/proxy/protocol/postgres/reading.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

TEST(PostgresFrames, AreTheSameWhereverTheyAreCut) {
  const std::string client = message('Q', "SELECT 1\0"s) + message('S', "") + message('d', std::string(5000, 'x')) +
                             message('B', std::string(20'000, 'b')) + message('X', "");
  const std::string server = message('Z', "I") + message('D', std::string(3000, 'r')) + message('1', "") +
                             message('E', "SERROR\0"s + std::string(3000, 'e'));
  const std::string whole = read_messages(Sender::kClient, client, client.size());
  EXPECT_TRUE(whole.starts_with("Q:SELECT 1\0|S:|d:xxx"s));
  EXPECT_TRUE(whole.ends_with("b|X:|"));
  for (std::size_t piece = 1; piece < 70; ++piece) {
    EXPECT_EQ(read_messages(Sender::kClient, client, piece), whole) << piece;
    EXPECT_EQ(read_messages(Sender::kServer, server, piece), read_messages(Sender::kServer, server, server.size()));
  }
}

TEST(PostgresFrames, WhatTheServerWouldEndTheConnectionForIsAnError) {
  const struct {
    std::string bytes;
    const char* error;
  } cases[] = {
      {message('S', "x"), "!a message of an impossible length"},
      {message('X', "x"), "!a message of an impossible length"},
      {"Q\0\0\0\3"s, "!a message of an impossible length"},
      {message('Q', ""), "!a message of an impossible length"},
      {"Q\xff\xff\xff\xff"s, "!a message that is too long"},
      {"B\x40\0\0\4"s, "!a message that is too long"},
      {message('D', std::string(10'001, 'x')), "!a message that is too long"},
      {"y", "!an unknown message type"},
      {std::string("\0", 1), "!an unknown message type"},
      {"R\0\0\0\10"s, "!an unknown message type"},
  };
  for (const auto& one : cases) {
    for (std::size_t piece = 1; piece < 8; ++piece) {
      EXPECT_EQ(read_messages(Sender::kClient, one.bytes, piece), one.error) << one.bytes.substr(0, 5);
    }
  }
  EXPECT_EQ(read_messages(Sender::kServer, message('Z', "II"), 1), "!a message of an impossible length");
  EXPECT_EQ(read_messages(Sender::kServer, message('Q', "x"), 1), "!an unknown message type");
}

TEST(PostgresFrames, AfterAnErrorNothingMoreIsRead) {
  FrameReader reader(Sender::kClient, 1024);
  std::string bytes = "y" + message('Q', "SELECT 1\0"s);
  EXPECT_EQ(reader.next(bytes).event, FrameReader::Event::kError);
  EXPECT_EQ(reader.next(std::span(bytes).subspan(1)).event, FrameReader::Event::kError);
}

TEST(PostgresFrames, ATextIsWaitedForUpToItsBoundAndNotBeyond) {
  FrameReader reader(Sender::kClient, 100);
  std::string within = message('Q', std::string(100, 'x'));
  EXPECT_EQ(reader.next(std::span(within).first(50)).event, FrameReader::Event::kNeedMore);
  EXPECT_EQ(reader.wanted(), within.size());
  EXPECT_EQ(reader.next(within).event, FrameReader::Event::kWhole);
  std::string beyond = message('Q', std::string(101, 'x'));
  const auto step = reader.next(std::span(beyond).first(50));
  EXPECT_EQ(step.event, FrameReader::Event::kBegin);
  EXPECT_EQ(step.length, 101U);
  EXPECT_EQ(step.consumed, 50U);
}

TEST(PostgresFrames, WantAHeaderWhenNothingIsLeft) {
  FrameReader reader(Sender::kClient, 100'000);
  std::string bytes = message('Q', std::string(50'000, 'x'));
  EXPECT_EQ(reader.next(std::span(bytes).first(10)).event, FrameReader::Event::kNeedMore);
  EXPECT_EQ(reader.wanted(), bytes.size());
  EXPECT_EQ(reader.next(bytes).event, FrameReader::Event::kWhole);
  EXPECT_EQ(reader.next({}).event, FrameReader::Event::kNeedMore);
  EXPECT_EQ(reader.wanted(), FrameReader::kHeaderBytes);
  std::string begun = message('B', std::string(20'000, 'b'));
  EXPECT_EQ(reader.next(std::span(begun).first(10'000)).event, FrameReader::Event::kBegin);
  EXPECT_EQ(reader.next({}).event, FrameReader::Event::kNeedMore);
  EXPECT_EQ(reader.wanted(), 1);
}

TEST(PostgresFrames, ARunOfRowsEndsBeforeWhatIsNotOneOrIsTooMuch) {
  const auto row = [](std::size_t body) {
    return std::string("D\0\0\0", 4) + static_cast<char>(body + 4) + std::string(body, 'x');
  };
  const std::string rows = row(3) + row(0) + row(7);  // 8, 5 and 12 bytes
  const auto run = [](std::string_view bytes, std::uint64_t most_count, std::uint64_t most_body) {
    return FrameReader::run_of('D', {bytes.data(), bytes.size()}, most_count, most_body);
  };
  constexpr auto kEndless = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t cut = 0; cut <= rows.size(); ++cut) {
    const auto found = run(std::string_view(rows).substr(0, cut), kEndless, kEndless);
    const std::uint64_t count = cut < 8 ? 0 : cut < 13 ? 1 : cut < 25 ? 2 : 3;
    EXPECT_EQ(found.count, count) << cut;
    EXPECT_EQ(found.bytes, (std::array<std::size_t, 4>{0, 8, 13, 25}[count])) << cut;
    EXPECT_EQ(found.body_bytes, (std::array<std::size_t, 4>{0, 3, 3, 10}[count])) << cut;
  }
  EXPECT_EQ(run(rows, 2, kEndless).count, 2U);
  EXPECT_EQ(run(rows, 0, kEndless).count, 0U);
  EXPECT_EQ(run(rows, kEndless, 10).count, 3U);
  EXPECT_EQ(run(rows, kEndless, 9).count, 2U);
  EXPECT_EQ(run(rows, kEndless, 2).count, 0U);
  EXPECT_EQ(run(row(3) + "C" + row(3), kEndless, kEndless).count, 1U);
  for (const char* length : {"\0\0\0\0", "\0\0\0\3", "\xff\xff\xff\xff", "\x40\0\0\4"}) {
    const std::string bad = row(3) + "D" + std::string(length, 4) + std::string(20, 'x');
    EXPECT_EQ(run(bad, kEndless, kEndless).bytes, 8U);
  }
}

TEST(PostgresFrames, ALongMessageNeedsNoRoom) {
  FrameReader reader(Sender::kServer, 0);
  std::string head = message('D', "").substr(0, 1) + "\x3f\xff\xff\xff"s + "abc";
  EXPECT_EQ(reader.next(head).event, FrameReader::Event::kBegin);
  EXPECT_FALSE(reader.at_message_start());
  std::string block(1 << 20, 'x');
  std::uint64_t left = 0x3fffffffU - 4 - 3;
  while (left != 0) {
    const auto step = reader.next(block);
    ASSERT_EQ(step.event, FrameReader::Event::kPiece);
    left -= step.consumed;
    EXPECT_EQ(step.ends, left == 0);
  }
  EXPECT_TRUE(reader.at_message_start());
}

}  // namespace
}  // namespace gabion::proxy::postgres
