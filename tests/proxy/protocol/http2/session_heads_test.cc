// Heads of every size go from one session to another, in frames that the other takes.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/proxy/protocol/http2/wire.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::size_t kMostFrameBytes = 16384;  // RFC 9113 §6.5.2, unless the peer says more
constexpr std::size_t kFrameHeadBytes = 9;

SessionLimits generous() {
  SessionLimits limits;
  limits.header_bytes = 1 << 20;
  return limits;
}

std::size_t length_at(std::string_view wire) {
  std::size_t length = 0;
  for (const char c : wire.substr(0, 3)) {
    length = length * 256 + static_cast<unsigned char>(c);
  }
  return length;
}

/// Fails for a frame that is larger than a peer takes that said nothing.
void carry(End& from, End& to) {
  const std::string bytes = std::exchange(from.wire, {});
  std::string_view left = bytes;
  if (left.starts_with(kClientPreface)) {
    left.remove_prefix(kClientPreface.size());
  }
  while (!left.empty()) {
    ASSERT_LE(length_at(left), kMostFrameBytes);
    left.remove_prefix(kFrameHeadBytes + length_at(left));
  }
  ASSERT_TRUE(to.session.feed(bytes, std::chrono::steady_clock::now())) << to.session.failure();
}

void talk(End& client, End& server) {
  for (int turn = 0; turn < 8; ++turn) {
    ASSERT_TRUE(client.session.flush());
    carry(client, server);
    ASSERT_TRUE(server.session.flush());
    carry(server, client);
  }
}

std::vector<inspect::HeaderField> request_with(const std::string& large) {
  return {{":method", "POST"}, {":scheme", "https"}, {":path", "/orders?all"}, {":authority", "a"}, {"x-large", large}};
}

class SessionHeads : public ::testing::TestWithParam<std::size_t> {};

TEST_P(SessionHeads, ArriveWhole) {
  const std::string large(GetParam(), 'v');
  End client(Role::kClient, generous());
  End server(Role::kServer, generous());
  RecordedStream request(client.transcript);
  for (int round = 0; round < 2; ++round) {
    client.transcript.clear();
    server.transcript.clear();
    const auto id = client.session.request(request, request_with(large), Session::Body::kNone);
    ASSERT_NE(id, 0);
    talk(client, server);
    server.session.respond(id, std::vector<inspect::HeaderField>{{":status", "201"}, {"x-large", large}},
                           Session::Body::kNone);
    talk(client, server);
    EXPECT_EQ(server.transcript, "head :method=POST :scheme=https :path=/orders?all :authority=a x-large=" + large +
                                     "\nend\nclosed by orderly 0\n");
    EXPECT_EQ(client.transcript, "head :status=201 x-large=" + large + "\nend\nclosed by orderly 0\n");
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, SessionHeads,
                         ::testing::Values(0, 1, 126, 16'300, 16'350, 16'384, 16'400, 32'700, 32'768, 33'000, 60'000));

/// A long method is the client's: nothing of it may end up behind the block.
TEST(SessionHeadsAlone, OfLongMethodsArriveWhole) {
  for (const std::size_t size : {16, 17, 16'370, 16'379, 16'380, 16'381, 16'383, 20'000}) {
    End client(Role::kClient, generous());
    End server(Role::kServer, generous());
    RecordedStream request(client.transcript);
    const std::string method(size, '|');
    const std::vector<inspect::HeaderField> fields = {
        {":method", method}, {":scheme", "https"}, {":path", "/"}, {":authority", "a"}};
    for (int round = 0; round < 2; ++round) {
      server.transcript.clear();
      ASSERT_NE(client.session.request(request, fields, Session::Body::kNone), 0);
      talk(client, server);
      EXPECT_EQ(server.transcript, "head :method=" + method + " :scheme=https :path=/ :authority=a\nend\n") << size;
    }
  }
}

/// The frame was made when there was no room for it: it is written later, and another's head is not put in its place.
TEST(SessionHeadsAlone, WaitForRoom) {
  End client(Role::kClient);
  End server(Role::kServer);
  talk(client, server);
  RecordedStream one(client.transcript);
  RecordedStream two(client.transcript);
  client.room = 0;
  ASSERT_EQ(client.session.request(one, request_with("first"), Session::Body::kNone), 1);
  ASSERT_TRUE(client.session.flush());
  ASSERT_EQ(client.session.request(two, request_with("second"), Session::Body::kNone), 3);
  ASSERT_TRUE(client.session.flush());
  EXPECT_EQ(client.wire, "");
  client.room = 1 << 20;
  talk(client, server);
  EXPECT_EQ(server.transcript,
            "head :method=POST :scheme=https :path=/orders?all :authority=a x-large=first\nend\n"
            "head :method=POST :scheme=https :path=/orders?all :authority=a x-large=second\nend\n");
}

/// A peer that lowers the size of its table hears at once that ours is empty (RFC 7541 §4.2).
TEST(SessionHeadsAlone, SayThatTheirTableIsEmpty) {
  constexpr std::uint32_t kTableSize = 1;  // SETTINGS_HEADER_TABLE_SIZE
  End client(Role::kClient);
  ASSERT_TRUE(client.session.flush());
  const auto first_byte_of_a_head = [&client] {
    RecordedStream request(client.transcript);
    client.wire.clear();
    const auto id = client.session.request(request, request_with("x"), Session::Body::kNone);
    EXPECT_TRUE(client.session.flush());
    client.session.forget(id);
    return static_cast<unsigned char>(client.wire.at(kFrameHeadBytes));
  };
  EXPECT_EQ(first_byte_of_a_head(), 0x20);
  EXPECT_EQ(first_byte_of_a_head(), 0x83);  // :method: POST
  std::string settings(6, '\0');
  settings[1] = static_cast<char>(kTableSize);
  ASSERT_TRUE(client.session.feed(frame(kSettings, 0, 0, settings), std::chrono::steady_clock::now()));
  ASSERT_TRUE(client.session.flush());
  EXPECT_EQ(first_byte_of_a_head(), 0x20);
  EXPECT_EQ(first_byte_of_a_head(), 0x83);
}

}  // namespace
}  // namespace gabion::proxy::http2
