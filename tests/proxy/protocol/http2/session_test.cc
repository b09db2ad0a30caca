// HTTP/2 sessions: two ends cut anywhere; what a peer may not do, and how often it may do what it may.
#include "proxy/protocol/http2/session.h"

#include <gtest/gtest.h>

#include <functional>

#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point kStart{std::chrono::hours(1)};

const std::vector<inspect::HeaderField> kPost = {
    {":method", "POST"}, {":scheme", "http"}, {":path", "/a?b"}, {":authority", "host"}, {"x-one", "1"}};
const std::vector<inspect::HeaderField> kAnswer = {{":status", "200"}, {"x-two", "2"}};

/// Moves bytes both ways in pieces of `cut` until nobody has any; the server answers what has ended.
void talk(End& client, End& server, std::size_t cut) {
  std::map<StreamId, bool> answered;
  bool moved = true;
  while (moved) {
    moved = false;
    for (auto [from, to] : {std::pair{&client, &server}, std::pair{&server, &client}}) {
      [[maybe_unused]] const bool going = from->session.flush();
      for (std::size_t at = 0; at < from->wire.size(); at += cut) {
        const std::string piece = from->wire.substr(at, cut);
        [[maybe_unused]] const bool fed = to->session.feed(piece, kStart);
        moved = true;
      }
      from->wire.clear();
    }
    for (const auto& [id, stream] : server.streams) {
      if (!answered[id] && server.transcript.find("end\n") != std::string::npos) {
        answered[id] = true;
        server.session.consume(id, stream->received);
        server.session.respond(id, kAnswer, Session::Body::kFollows);
        moved = true;
      }
    }
  }
}

TEST(Http2Session, ReadsTheSameHoweverTheBytesAreCut) {
  std::string whole_server;
  std::string whole_client;
  for (std::size_t cut = 4000; cut > 0; cut = cut > 60 ? cut / 3 : cut - 1) {
    End client(Role::kClient);
    End server(Role::kServer);
    server.answer_body = "the answer";
    RecordedStream request(client.transcript);
    request.to_send = "a body";
    request.trailers = {{"x-sum", "7"}};
    EXPECT_EQ(client.session.request(request, kPost, Session::Body::kFollows), 1);
    talk(client, server, cut);
    if (whole_server.empty()) {
      whole_server = server.transcript;
      whole_client = client.transcript;
    }
    EXPECT_EQ(server.transcript, whole_server) << cut;
    EXPECT_EQ(client.transcript, whole_client) << cut;
    EXPECT_TRUE(request.all_sent);
  }
  EXPECT_EQ(whole_server,
            "head :method=POST :scheme=http :path=/a?b :authority=host x-one=1\n"
            "data a body\ntrailers x-sum=7\nend\nclosed by orderly 0\n");
  EXPECT_EQ(whole_client, "head :status=200 x-two=2\ndata the answer\nend\nclosed by orderly 0\n");
}

/// RFC 8441 §3.
TEST(Http2Session, TakesAnExtendedConnectWhereItSaidSo) {
  const std::vector<inspect::HeaderField> connect = {
      {":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
  for (const bool says_so : {true, false}) {
    SessionLimits limits;
    limits.connect_protocol = says_so;
    End client(Role::kClient);
    End server(Role::kServer, limits);
    talk(client, server, 4000);
    EXPECT_EQ(client.session.takes_connect(), says_so);
    RecordedStream request(client.transcript);
    EXPECT_EQ(client.session.request(request, connect, Session::Body::kFollows), 1);
    talk(client, server, 4000);
    EXPECT_EQ(server.transcript.find("head :method=CONNECT :protocol=websocket") != std::string::npos, says_so);
    EXPECT_EQ(client.transcript.find("closed by peer 1") != std::string::npos, !says_so) << client.transcript;
  }
}

TEST(Http2Session, OpensAWindowOnlyForWhatWasConsumed) {
  SessionLimits limits;
  limits.stream_window_bytes = 1000;
  End client(Role::kClient);
  End server(Role::kServer, limits);
  RecordedStream request(client.transcript);
  talk(client, server, 4000);  // the server's window is known
  request.to_send = std::string(5000, 'x');
  const auto id = client.session.request(request, kPost, Session::Body::kFollows);
  talk(client, server, 4000);
  EXPECT_EQ(server.streams.at(id)->received, 1000U);
  server.session.consume(id, 1000);
  talk(client, server, 4000);
  EXPECT_EQ(server.streams.at(id)->received, 2000U);
}

TEST(Http2Session, WritesNoMoreThanThereIsRoomFor) {
  End client(Role::kClient);
  End server(Role::kServer);
  server.answer_body = std::string(60'000, 'y');
  RecordedStream request(client.transcript);
  ASSERT_EQ(client.session.request(request, kPost, Session::Body::kNone), 1);
  ASSERT_TRUE(client.session.flush());
  ASSERT_TRUE(server.session.feed(client.wire, kStart));
  server.session.respond(1, kAnswer, Session::Body::kFollows);
  server.room = 20'000;
  ASSERT_TRUE(server.session.flush());
  EXPECT_LE(server.wire.size(), 20'000U + 16'384U + 9U);
  EXPECT_TRUE(server.session.wants_flush());
  EXPECT_FALSE(server.streams.at(1)->all_sent);
}

TEST(Http2Session, SaysGoodbyeInTwoSteps) {
  End client(Role::kClient);
  End server(Role::kServer);
  RecordedStream request(client.transcript);
  ASSERT_EQ(client.session.request(request, kPost, Session::Body::kFollows), 1);
  request.ends = false;
  talk(client, server, 4000);
  server.session.announce_goaway();
  talk(client, server, 4000);
  EXPECT_EQ(client.transcript, "goaway 2147483647 0\n");
  server.session.goaway();
  talk(client, server, 4000);
  EXPECT_FALSE(server.session.is_over());
  request.ends = true;
  client.session.resume(1);
  talk(client, server, 4000);
  EXPECT_NE(client.transcript.find("goaway 1 0\nhead :status=200"), std::string::npos) << client.transcript;
  EXPECT_TRUE(server.session.is_over());
}

TEST(Http2Session, AnswersAPing) {
  End client(Role::kClient);
  End server(Role::kServer);
  client.session.ping();
  talk(client, server, 1);
  EXPECT_EQ(client.transcript, "pong\n");
}

TEST(Http2Session, RefusesWhatTheOwnerDoesNotTake) {
  End client(Role::kClient);
  End server(Role::kServer);
  server.refuses = true;
  RecordedStream request(client.transcript);
  ASSERT_EQ(client.session.request(request, kPost, Session::Body::kNone), 1);
  talk(client, server, 4000);
  EXPECT_EQ(client.transcript, "closed by peer 7\n");
}

TEST(Http2Session, TellsAServerWhoseClientSpeaksSomethingElse) {
  End server(Role::kServer);
  EXPECT_FALSE(server.session.feed(std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), kStart));
  EXPECT_EQ(server.session.failure(), Session::kNotThePreface);
}

/// A server that says how large a table it keeps, below the usual (RFC 7541 §4.2).
TEST(Http2Session, HoldsAPeerToASmallerTable) {
  for (const bool says_so : {true, false}) {
    SessionLimits limits;
    limits.hpack_table_bytes = 100;
    End server(Role::kServer, limits);
    ASSERT_TRUE(server.session.flush());
    const std::string block = (says_so ? "\x3f\x45" : "") + simple_request();
    [[maybe_unused]] const bool fed =
        server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, "") + frame(kSettings, kAck, 0, "") +
                                head(1, block) + head(3, simple_request()),
                            kStart);
    const std::string once = "head :method=GET :scheme=http :path=/ :authority=a\nend\n";
    EXPECT_EQ(server.transcript, says_so ? once + once : "");
    EXPECT_EQ(server.session.failure_code(), says_so ? ErrorCode::kNoError : ErrorCode::kCompressionError);
  }
}

/// What a long field waited in goes back.
TEST(Http2Session, KeepsLittleOfALongBlock) {
  End server(Role::kServer);
  const std::string block =
      simple_request() + '\x10' + std::string("\x7f\xe1\xd3\x03", 4) + std::string(60'000, 'n') + "\x01v";
  std::string bytes = std::string(kClientPreface) + frame(kSettings, 0, 0, "");
  constexpr std::size_t kPiece = 16'000;
  for (std::size_t at = 0; at < block.size(); at += kPiece) {
    bytes += frame(at == 0 ? kHeaders : kContinuation, at + kPiece >= block.size() ? kEndHeaders : 0, 1,
                   block.substr(at, kPiece));
  }
  std::size_t most = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    ASSERT_TRUE(server.session.feed(std::string_view(bytes).substr(at, 1000), kStart)) << server.session.failure();
    most = std::max(most, server.session.waiting_bytes());
  }
  EXPECT_NE(server.transcript.find("nnnn=v"), std::string::npos);
  EXPECT_GT(most, 50'000U);
  EXPECT_LT(server.session.waiting_bytes(), 8192U);
}

TEST(Http2Session, UsesAStreamForRequestAfterRequest) {
  End server(Role::kServer);
  RecordedStream stream(server.transcript);
  server.again = &stream;
  ASSERT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, ""), kStart));
  for (const std::uint32_t id : {1U, 3U}) {
    ASSERT_TRUE(server.session.feed(head(id, simple_request()), kStart));
    server.session.respond(static_cast<StreamId>(id), kAnswer, Session::Body::kNone);
    ASSERT_TRUE(server.session.flush());
  }
  const std::string one = "head :method=GET :scheme=http :path=/ :authority=a\nend\nclosed by orderly 0\n";
  EXPECT_EQ(server.transcript, one + one);
}

/// RFC 9218 §4, of answers that wait for room.
TEST(Http2Session, AnswersTheUrgentFirst) {
  End server(Role::kServer);
  server.answer_body = std::string(40'000, 'y');
  ASSERT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, "") +
                                      head(1, simple_request() + literals({{"priority", "u=7"}})) +
                                      head(3, simple_request() + literals({{"priority", "u=0"}})),
                                  kStart));
  server.session.respond(1, kAnswer, Session::Body::kFollows);
  server.session.respond(3, kAnswer, Session::Body::kFollows);
  server.room = 30'000;
  ASSERT_TRUE(server.session.flush());
  EXPECT_EQ(server.streams.at(1)->to_send.size(), 40'000U);
  EXPECT_LT(server.streams.at(3)->to_send.size(), 40'000U);
}

TEST(Http2Session, TakesNoPush) {
  End client(Role::kClient);
  RecordedStream stream(client.transcript);
  ASSERT_EQ(client.session.request(stream, kPost, Session::Body::kNone), 1);
  ASSERT_TRUE(client.session.flush());
  constexpr std::uint8_t kPushPromise = 5;
  const std::string promise = std::string("\0\0\0\2", 4) + simple_request();
  EXPECT_FALSE(client.session.feed(frame(kSettings, 0, 0, "") + frame(kPushPromise, kEndHeaders, 1, promise), kStart));
  EXPECT_EQ(client.session.failure_code(), ErrorCode::kProtocolError);
}

constexpr int kMoreThanABurst = 300;

std::string reset_of(std::uint32_t stream, char code) {
  return frame(kRstStream, 0, stream, std::string("\0\0\0", 3) + code);
}

TEST(Http2Session, LetsAServiceResetWhatItHasAnswered) {
  SessionLimits limits;
  limits.concurrent_streams = kMoreThanABurst;
  End client(Role::kClient, limits);
  ASSERT_TRUE(client.session.feed(frame(kSettings, 0, 0, std::string_view("\0\3\0\0\x2\0", 6)), kStart));
  std::vector<std::unique_ptr<RecordedStream>> streams;
  for (int i = 0; i < kMoreThanABurst; ++i) {
    streams.push_back(std::make_unique<RecordedStream>(client.transcript));
    streams.back()->ends = false;
    const auto id = static_cast<std::uint32_t>(client.session.request(*streams.back(), kPost, Session::Body::kFollows));
    ASSERT_TRUE(client.session.flush());
    ASSERT_TRUE(client.session.feed(frame(kHeaders, kEndHeaders | kEndStream, id, "\x88") + reset_of(id, 0), kStart))
        << i << ": " << client.session.failure();
  }
  EXPECT_EQ(client.session.failure_code(), ErrorCode::kNoError);
}

TEST(Http2Session, CountsAServicesResetsOfWhatIsOver) {
  End client(Role::kClient);
  ASSERT_TRUE(client.session.feed(frame(kSettings, 0, 0, ""), kStart));
  RecordedStream stream(client.transcript);
  const auto id = static_cast<std::uint32_t>(client.session.request(stream, kPost, Session::Body::kNone));
  ASSERT_TRUE(client.session.flush());
  ASSERT_TRUE(client.session.feed(frame(kHeaders, kEndHeaders | kEndStream, id, "\x88"), kStart));
  EXPECT_TRUE(client.session.feed(times(kMoreThanABurst, [&](int) { return reset_of(id, 0); }), kStart));
  EXPECT_FALSE(client.session.feed(times(4 * kMoreThanABurst, [&](int) { return reset_of(id, 0); }), kStart));
  EXPECT_EQ(client.session.failure_code(), ErrorCode::kEnhanceYourCalm);
}

enum class AnsweredBy : std::uint8_t { kService, kUs };

/// Of a server that has had kMoreThanABurst pairs of requests, of which the first was answered; `then` follows each.
ErrorCode failure_after_pairs(AnsweredBy who, const std::function<std::string(std::uint32_t, std::uint32_t)>& then) {
  End server(Role::kServer);
  EXPECT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, ""), kStart));
  for (std::uint32_t i = 0; i < kMoreThanABurst; ++i) {
    const std::uint32_t first = 4 * i + 1;
    [[maybe_unused]] const bool fed = server.session.feed(head(first, simple_request()), kStart);
    server.session.respond(static_cast<StreamId>(first), kAnswer, Session::Body::kNone);
    if (who == AnsweredBy::kService) {
      server.session.note_served();
    }
    [[maybe_unused]] const bool flushed = server.session.flush();
    [[maybe_unused]] const bool fed_too = server.session.feed(then(first, first + 2), kStart);
    [[maybe_unused]] const bool flushed_too = server.session.flush();
  }
  return server.session.failure_code();
}

TEST(Http2Session, HoldsNoResetOfWhatIsOverAgainstAClient) {
  const auto twice = [](std::uint32_t first, std::uint32_t) { return reset_of(first, 8) + reset_of(first, 8); };
  EXPECT_EQ(failure_after_pairs(AnsweredBy::kUs, twice), ErrorCode::kNoError);
}

TEST(Http2Session, LetsOneGiveUpAsOftenAsAServiceAnswersAnother) {
  const auto given_up = [](std::uint32_t, std::uint32_t second) {
    return head(second, simple_request()) + reset_of(second, 8);
  };
  EXPECT_EQ(failure_after_pairs(AnsweredBy::kService, given_up), ErrorCode::kNoError);
  EXPECT_EQ(failure_after_pairs(AnsweredBy::kUs, given_up), ErrorCode::kEnhanceYourCalm);
}

TEST(Http2Session, CountsWhatItRefused) {
  End server(Role::kServer);
  server.refuses = true;
  ASSERT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, ""), kStart));
  bool going = true;
  std::uint32_t asked = 0;
  for (; going && asked < 2000; ++asked) {
    going = server.session.feed(head(2 * asked + 1, simple_request()), kStart) && server.session.flush();
  }
  EXPECT_EQ(server.session.failure_code(), ErrorCode::kEnhanceYourCalm);
  EXPECT_GT(asked, 900U);
}

TEST(Http2Session, GivesNoMoreOfABodyThanItsLengthSays) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{1000}}) {
    End server(Role::kServer);
    const std::string bytes = std::string(kClientPreface) + frame(kSettings, 0, 0, "") +
                              frame(kHeaders, kEndHeaders, 1, simple_request() + literals({{"content-length", "2"}})) +
                              frame(kData, kEndStream, 1, "abc");
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      ASSERT_TRUE(server.session.feed(std::string_view(bytes).substr(at, cut), kStart));
      ASSERT_TRUE(server.session.flush());
    }
    EXPECT_LE(server.streams.at(1)->received, 2U);
    EXPECT_NE(server.transcript.find("closed by us 1\n"), std::string::npos);
    EXPECT_EQ(server.transcript.find("end"), std::string::npos);
  }
}

const std::string kResetOfOne = frame(kRstStream, 0, 1, std::string_view("\0\0\0\1", 4));

/// nghttp2 knows such a stream as over on both sides.
TEST(Http2Session, ResetsAnAnswerThatEndsTooEarly) {
  End client(Role::kClient);
  RecordedStream stream(client.transcript);
  ASSERT_EQ(client.session.request(stream, kPost, Session::Body::kNone), 1);
  ASSERT_TRUE(client.session.flush());
  const std::string head = frame(kHeaders, kEndHeaders, 1, literals({{":status", "200"}, {"content-length", "5"}}));
  ASSERT_TRUE(client.session.feed(frame(kSettings, 0, 0, "") + head + frame(kData, kEndStream, 1, "abc"), kStart));
  client.wire.clear();
  ASSERT_TRUE(client.session.flush());
  EXPECT_NE(client.wire.find(kResetOfOne), std::string::npos);
}

TEST(Http2Session, ResetsARequestThatEndsTooEarlyBehindItsAnswer) {
  End server(Role::kServer);
  const std::string head = frame(kHeaders, kEndHeaders, 1, simple_request() + literals({{"content-length", "5"}})) +
                           frame(kData, 0, 1, "ab");
  ASSERT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, "") + head, kStart));
  server.session.respond(1, kAnswer, Session::Body::kNone);
  ASSERT_TRUE(server.session.flush());
  server.wire.clear();
  ASSERT_TRUE(server.session.feed(frame(kData, kEndStream, 1, "c"), kStart));
  ASSERT_TRUE(server.session.flush());
  EXPECT_NE(server.wire.find(kResetOfOne), std::string::npos);
  EXPECT_TRUE(server.transcript.ends_with("closed by us 1\n")) << server.transcript;
}

TEST(Http2Session, OpensTheConnectionsWindowForWhatItRefused) {
  constexpr std::uint32_t kStreams = 40;
  End server(Role::kServer);
  ASSERT_TRUE(server.session.feed(std::string(kClientPreface) + frame(kSettings, 0, 0, ""), kStart));
  ASSERT_TRUE(server.session.flush());
  server.wire.clear();
  const std::string block = simple_request() + literals({{"content-length", "1"}});
  for (std::uint32_t id = 1; id < 2 * kStreams; id += 2) {
    const std::string request = frame(kHeaders, kEndHeaders, id, block) + frame(kData, 0, id, std::string(16'000, 'x'));
    ASSERT_TRUE(server.session.feed(request, kStart)) << server.session.failure();
    ASSERT_TRUE(server.session.flush());
  }
  EXPECT_NE(server.wire.find(std::string("\0\0\4\x8\0\0\0\0\0", 9)), std::string::npos);
}

/// Found by fuzzing: whether a request behind a client's GOAWAY was taken depended on how the bytes were cut.
TEST(Http2Session, TakesNoRequestBehindTheLastWordOfAClientHoweverItIsCut) {
  const std::string goodbye =
      std::string(kClientPreface) + frame(kSettings, 0, 0, "") + frame(kGoaway, 0, 0, std::string(8, '\0'));
  const std::string request =
      frame(kHeaders, kEndHeaders | kEndStream, 1,
            literals({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}));
  for (const std::size_t cut : {goodbye.size(), goodbye.size() + request.size()}) {
    End server(Role::kServer);
    const std::string all = goodbye + request;
    for (const auto piece : {std::string_view(all).substr(0, cut), std::string_view(all).substr(cut)}) {
      [[maybe_unused]] const bool fed = server.session.feed(piece, kStart);
    }
    EXPECT_EQ(server.transcript, "goaway 0 0\n") << "cut at " << cut;
  }
}

}  // namespace
}  // namespace gabion::proxy::http2
