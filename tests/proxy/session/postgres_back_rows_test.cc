// Long answers through a back: rows that nobody reads leave as they came, counted the same wherever they are cut.
#include <gtest/gtest.h>

#include "tests/proxy/session/postgres_front_bed.h"

namespace gabion::proxy {
namespace {

using Told = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Its body has `bytes` bytes, which are no columns: nobody looks.
std::string row(std::size_t bytes) {
  return message('D', std::string(bytes, 'r'));
}

struct Result {
  std::string out;
  Told answers;
  std::uint64_t rows = 0;
  bool operator==(const Result&) const = default;
};

/// What leaves of `bytes`, that come in pieces; `moved`: through a buffer whose memory may change hands.
Result answered(Session& session, const std::string& bytes, std::size_t piece, bool moved) {
  Result result;
  Buffer in(session.pool);
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (moved) {
      in.append(std::string_view(bytes).substr(at, piece));
      session.back.take(in);
    } else {
      text += bytes.substr(at, piece);
      text.erase(0, session.back.take(text));
    }
    result.out += Session::drain(session.to_client);
  }
  result.answers = session.answers;
  result.rows = session.back.rows();
  EXPECT_TRUE(in.empty() && text.empty());
  return result;
}

struct Case {
  const char* name;
  std::uint64_t limit;  // rows; 0: rules that limit nothing
  bool has_rules;
  std::size_t rows;
};

TEST(PostgresBack, RowsAreTheSameWhereverTheyAreCut) {
  const std::string head = message('T', "description");
  const std::string tail = message('C', "SELECT\0"s) + message('Z', "I");
  for (const Case& one : {Case{"no rules", 0, false, 30}, Case{"no limit", 0, true, 30}, Case{"limit", 40, true, 30},
                          Case{"all of it", 30, true, 30}, Case{"cut", 12, true, 30}}) {
    std::string rows;
    std::string kept;
    for (std::size_t i = 0; i < one.rows; ++i) {
      const std::string made = row(i * 7 % 40);
      rows += made;
      kept += !one.has_rules || one.limit == 0 || i < one.limit ? made : "";
    }
    const auto run = [&](std::size_t piece, bool moved) {
      Session session;
      if (one.has_rules) {
        session.judge.limited.emplace("SELECT 1", one.limit);
      }
      (void)session.say(query("SELECT 1") + query("SELECT 2"));
      return answered(session, head + rows + tail + head + row(3) + tail, piece, moved);
    };
    const Result whole = run(1U << 20U, false);
    EXPECT_TRUE(whole.out.starts_with(head + kept)) << one.name;
    EXPECT_TRUE(whole.out.ends_with(tail + head + row(3) + tail) || one.rows > one.limit) << one.name;
    EXPECT_EQ(whole.answers, (Told{{1, one.rows}, {2, 1}})) << one.name;
    EXPECT_EQ(whole.rows, one.rows + 1) << one.name;
    for (std::size_t piece = 1; piece < 100; ++piece) {
      EXPECT_EQ(run(piece, false), whole) << one.name << ", " << piece;
      EXPECT_EQ(run(piece, true), whole) << one.name << ", " << piece;
    }
  }
}

TEST(PostgresBack, ManyRowsChangeHandsWithTheirMemory) {
  Session session;
  (void)session.say(query("SELECT 1"));
  const std::string bytes = row(5000) + row(4000) + row(6000);
  Buffer in(session.pool);
  in.append(std::string_view(bytes).substr(0, bytes.size() - 10));
  const char* const memory = in.view().data();
  session.back.take(in);
  EXPECT_EQ(session.to_client.unsent().data(), memory);
  EXPECT_EQ(session.to_client.unsent(), std::string_view(bytes).substr(0, bytes.size() - 10));
  in.append(std::string_view(bytes).substr(bytes.size() - 10));
  session.back.take(in);  // behind what waits
  EXPECT_EQ(session.to_client.unsent(), bytes);
  EXPECT_TRUE(in.empty());
}

TEST(PostgresBack, WhatIsNoRowBehindRowsIsFound) {
  for (const std::string& wrong : {"D\0\0\0\3"s, "D\xff\xff\xff\xff"s, "D\x40\0\0\4"s, "y\0\0\0\4"s}) {
    for (std::size_t piece = 1; piece < 40; ++piece) {
      Session session;
      (void)session.say(query("SELECT 1"));
      std::string text;
      std::string out;
      const std::string bytes = row(4) + row(9) + row(0) + wrong;
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        text += bytes.substr(at, piece);
        text.erase(0, session.back.take(text));
        out += Session::drain(session.to_client);
      }
      EXPECT_EQ(session.back.state(), PostgresBack::State::kBroken);
      EXPECT_EQ(out, row(4) + row(9) + row(0));
    }
  }
}

}  // namespace
}  // namespace gabion::proxy
