// HTTP/2 sessions that read a share of header blocks at a time: nothing is lost, read twice or read otherwise.
#include <gtest/gtest.h>

#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

const std::chrono::steady_clock::time_point kStart{std::chrono::hours(1)};

SessionLimits with_share(std::uint32_t bytes) {
  SessionLimits limits;
  limits.block_bytes_a_feed = bytes;
  return limits;
}

std::string request(std::uint32_t stream) {
  return frame(kHeaders, kEndHeaders | kEndStream, stream, simple_request());
}

std::string requests(std::uint32_t count) {
  std::string bytes = std::string(kClientPreface) + frame(kSettings, 0, 0, "");
  for (std::uint32_t number = 0; number < count; ++number) {
    bytes += request(2 * number + 1);
  }
  return bytes;
}

/// As a connection does it. False: the session failed.
bool feed_in_shares(Session& session, std::string_view piece, std::size_t& pauses) {
  while (true) {
    if (!session.feed(piece, kStart)) {
      return false;
    }
    if (!session.is_paused()) {
      EXPECT_EQ(session.taken(), piece.size());
      return true;
    }
    ++pauses;
    piece.remove_prefix(session.taken());
  }
}

std::string read(std::string_view bytes, std::uint32_t share, std::size_t cut, std::size_t& pauses) {
  End server(Role::kServer, with_share(share));
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    EXPECT_TRUE(feed_in_shares(server.session, bytes.substr(at, cut), pauses)) << server.session.failure();
  }
  return server.transcript;
}

TEST(Http2SessionShare, ReadsTheSameAsAllAtOnceHoweverTheBytesAreCut) {
  const std::string long_block = simple_request() + literals({{"x-one", "1"}, {"x-two", "2"}, {"x-three", "3"}});
  const std::string bytes = requests(3) + frame(kHeaders, 0, 7, long_block.substr(0, 20)) +
                            frame(kContinuation, 0, 7, long_block.substr(20, 30)) +
                            frame(kContinuation, kEndHeaders, 7, long_block.substr(50)) + frame(kData, 0, 7, "a body") +
                            frame(kHeaders, kEndHeaders | kEndStream, 7, literals({{"x-sum", "7"}}));
  std::size_t none = 0;
  const std::string whole = read(bytes, 0, bytes.size(), none);
  EXPECT_EQ(none, 0U);
  for (const std::uint32_t share : {1U, 60U, 1500U}) {
    std::size_t pauses = 0;
    for (std::size_t cut = 1; cut <= bytes.size(); cut = cut < 40 ? cut + 1 : cut * 2) {
      EXPECT_EQ(read(bytes, share, cut, pauses), whole) << "share " << share << ", cut " << cut;
    }
    EXPECT_EQ(read(bytes, share, bytes.size(), pauses), whole) << "share " << share;
    EXPECT_GT(pauses, 0U) << "share " << share;
  }
}

TEST(Http2SessionShare, OpensAFewStreamsOfABurstAtATime) {
  End server(Role::kServer, with_share(4 * Session::kRequestCost));
  const std::string bytes = requests(60);
  ASSERT_TRUE(server.session.feed(bytes, kStart));
  EXPECT_TRUE(server.session.is_paused());
  EXPECT_LT(server.session.taken(), bytes.size());
  EXPECT_LE(server.streams.size(), 5U);
  std::size_t pauses = 0;
  EXPECT_TRUE(feed_in_shares(server.session, std::string_view(bytes).substr(server.session.taken()), pauses));
  EXPECT_EQ(server.streams.size(), 60U);
  EXPECT_GE(pauses, 10U);
}

TEST(Http2SessionShare, UnfoldsALittleOfAnHpackBombAtATime) {
  constexpr std::uint32_t kShare = 16 * 1024;
  constexpr std::size_t kFieldBytes = 3900 + 6 + 32;
  const std::string fuse = std::string("\x40\x06x-bomb\x7f\xbd\x1d", 11) + std::string(3900, 'y');
  End server(Role::kServer, with_share(kShare));
  ASSERT_TRUE(
      server.session.feed(requests(0) + frame(kHeaders, kEndHeaders | kEndStream, 1, simple_request() + fuse), kStart));
  const std::string bomb = frame(kHeaders, kEndHeaders | kEndStream, 3, simple_request() + std::string(100, '\xbe'));
  std::size_t pauses = 0;
  ASSERT_TRUE(feed_in_shares(server.session, bomb, pauses));
  EXPECT_GE(pauses, 100 * kFieldBytes / (kShare + kFieldBytes));
  EXPECT_NE(server.transcript.find("head too-large"), std::string::npos);
}

TEST(Http2SessionShare, GoesOnBehindTheLastByteThatItWasGiven) {
  End server(Role::kServer, with_share(1));
  std::string_view rest;
  const std::string bytes = requests(1);
  rest = bytes;
  bool has_ended = false;
  while (!has_ended) {
    ASSERT_TRUE(server.session.feed(rest, kStart));
    rest.remove_prefix(server.session.taken());
    has_ended = !server.session.is_paused();
    EXPECT_EQ(server.transcript.empty(), !has_ended) << "the request is whole only when it is paused no more";
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(server.transcript, "head :method=GET :scheme=http :path=/ :authority=a\nend\n");
}

}  // namespace
}  // namespace gabion::proxy::http2
