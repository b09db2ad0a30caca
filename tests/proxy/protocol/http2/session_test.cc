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

struct Case {
  const char* name;
  std::function<std::string()> bytes;  // behind preface and SETTINGS
  const char* transcript;              // of the server; "" any
  ErrorCode failure = ErrorCode::kNoError;
};

class Http2Peer : public testing::TestWithParam<Case> {};

TEST_P(Http2Peer, IsTreatedAsItDeserves) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    SessionLimits limits;
    limits.header_bytes = 400;
    limits.header_count = 8;
    limits.trailer_bytes = 100;
    End server(Role::kServer, limits);
    const std::string bytes = std::string(kClientPreface) + frame(kSettings, 0, 0, "") + GetParam().bytes();
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      [[maybe_unused]] const bool fed = server.session.feed(std::string_view(bytes).substr(at, cut), kStart);
      [[maybe_unused]] const bool flushed = server.session.flush();
    }
    EXPECT_EQ(server.session.failure_code(), GetParam().failure) << cut << ": " << server.session.failure();
    if (*GetParam().transcript != '\0') {
      EXPECT_EQ(server.transcript, GetParam().transcript) << cut;
    }
  }
}

std::string head(std::uint32_t stream, std::string_view block) {
  return frame(kHeaders, kEndHeaders | kEndStream, stream, block);
}

std::string times(int count, const std::function<std::string(int)>& make) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += make(i);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Wire, Http2Peer,
    testing::Values(
        Case{"Simple", [] { return head(1, simple_request()); },
             "head :method=GET :scheme=http :path=/ :authority=a\nend\n"},
        Case{
            "TooLargeHead",
            [] {
              return head(1, simple_request() + literals({{"a", std::string(120, 'v')}, {"b", std::string(120, 'v')}}));
            },
            "head too-large :method=GET :scheme=http :path=/ :authority=a a="
            "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
            "vvvvvvvvvvvvvv\nend\n"},
        Case{"TooManyFields",
             [] { return head(1, simple_request() + times(6, [](int) {
                                   return literals({{"a", ""}});
                                 })); },
             "head too-many :method=GET :scheme=http :path=/ :authority=a a= a= a= a=\nend\n"},
        Case{"UnfoldsWithoutEnd",
             [] {
               return head(1, simple_request() + times(60, [](int) {
                                return literals({{"a", std::string(120, 'v')}});
                              }));
             },
             "", ErrorCode::kEnhanceYourCalm},
        Case{"LengthLongerThanData",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request() + literals({{"content-length", "5"}})) +
                      frame(kData, kEndStream, 1, "abc");
             },
             "head :method=GET :scheme=http :path=/ :authority=a content-length=5\ndata abc\nclosed by us 1\n"},
        Case{"TooLargeTrailers",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request()) +
                      head(1, literals({{"a", std::string(120, 'v')}}) + literals({{"b", std::string(120, 'v')}}));
             },
             "head :method=GET :scheme=http :path=/ :authority=a\ntrailers too-large\nend\n"},
        Case{"LengthWithoutData",
             [] {
               return head(1, simple_request() + literals({{"content-length", "5"}}));
             },
             "closed by us 1\n"},
        Case{"TrailersWithoutEnd",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request()) +
                      frame(kHeaders, kEndHeaders, 1, literals({{"a", "b"}}));
             },
             "head :method=GET :scheme=http :path=/ :authority=a\nclosed by us 1\n"},
        Case{"InPieces",
             [] {
               return frame(kHeaders, kEndStream, 1, simple_request()) + frame(kContinuation, 0, 1, "") +
                      frame(kContinuation, 0, 1, "\x10\x03x-") + frame(kContinuation, kEndHeaders, 1, "a\x01\x31");
             },
             "head :method=GET :scheme=http :path=/ :authority=a x-a=1\nend\n"},
        Case{"PaddedWithPriority",
             [] {
               return frame(kHeaders, kEndHeaders | kEndStream | kPadded | kWithPriority, 1,
                            std::string("\3\0\0\0\0\x10", 6) + simple_request() + std::string(3, '\0'));
             },
             "head :method=GET :scheme=http :path=/ :authority=a\nend\n"},
        Case{"DependsOnItself",
             [] {
               return frame(kHeaders, kEndHeaders | kEndStream | kWithPriority, 1,
                            std::string("\0\0\0\1\x10", 5) + simple_request());
             },
             "", ErrorCode::kProtocolError},
        Case{"DependsOnItselfInPieces",
             [] {
               return frame(kHeaders, kEndStream | kWithPriority, 1, std::string("\0\0\0\1\x10", 5)) +
                      frame(kContinuation, kEndHeaders, 1, simple_request());
             },
             "", ErrorCode::kProtocolError},
        Case{"PaddedWithPriorityInPieces",
             [] {
               return frame(kHeaders, kEndStream | kPadded | kWithPriority, 1,
                            std::string("\3\0\0\0\0\x10", 6) + simple_request() + std::string(3, '\0')) +
                      frame(kContinuation, kEndHeaders, 1, literals({{"a", "b"}}));
             },
             "head :method=GET :scheme=http :path=/ :authority=a a=b\nend\n"},
        Case{"PaddingLongerThanTheFrame",
             [] { return frame(kHeaders, kEndHeaders | kPadded, 1, "\x7f" + simple_request()); }, "",
             ErrorCode::kProtocolError},
        Case{"NoRoomForThePriority", [] { return frame(kHeaders, kEndHeaders | kWithPriority, 1, "\1\2\3\4"); }, "",
             ErrorCode::kFrameSizeError},
        Case{"TooLargeFrame", [] { return frame(kHeaders, kEndHeaders, 1, std::string(16'385, '\x82')); }, "",
             ErrorCode::kFrameSizeError},
        Case{"TooLargeContinuation",
             [] {
               return frame(kHeaders, 0, 1, simple_request()) +
                      frame(kContinuation, kEndHeaders, 1, std::string(16'385, '\x82'));
             },
             "", ErrorCode::kFrameSizeError},
        Case{"DataWithinABlock",
             [] { return frame(kHeaders, 0, 1, simple_request()) + frame(kData, kEndStream, 1, "x"); }, "",
             ErrorCode::kProtocolError},
        Case{"ContinuationOfAnother",
             [] { return frame(kHeaders, 0, 1, simple_request()) + frame(kContinuation, kEndHeaders, 3, ""); }, "",
             ErrorCode::kProtocolError},
        Case{"ContinuationOfNothing", [] { return frame(kContinuation, kEndHeaders, 1, simple_request()); }, "",
             ErrorCode::kProtocolError},
        Case{"EndsWithinAField", [] { return head(1, simple_request() + "\x10\x05x-a"); }, "",
             ErrorCode::kCompressionError},
        Case{"EvenStream", [] { return head(2, simple_request()); }, "", ErrorCode::kProtocolError},
        Case{"DataOnIdleStream", [] { return frame(kData, 0, 1, "x"); }, "", ErrorCode::kProtocolError},
        Case{"BrokenCompression", [] { return head(1, "\xff\xff\xff\xff\xff\xff\xff\xff"); }, "",
             ErrorCode::kCompressionError},
        Case{"ManyPings", [] { return times(1200, [](int) { return frame(kPing, 0, 0, "12345678"); }); }, "",
             ErrorCode::kEnhanceYourCalm},
        Case{"ManySettings", [] { return times(1200, [](int) { return frame(kSettings, 0, 0, ""); }); }, "",
             ErrorCode::kEnhanceYourCalm},
        Case{
            "ManyWindowUpdates",
            [] { return times(1200, [](int) { return frame(kWindowUpdate, 0, 0, std::string_view("\0\0\0\1", 4)); }); },
            "", ErrorCode::kEnhanceYourCalm},
        Case{"ManyUnknownFrames", [] { return times(1200, [](int) { return frame(0xee, 0, 0, "x"); }); }, "",
             ErrorCode::kEnhanceYourCalm},
        Case{"ManyEmptyDataFrames",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request()) +
                      times(12, [](int) { return frame(kData, 0, 1, ""); });
             },
             "", ErrorCode::kEnhanceYourCalm},
        Case{"TenEmptyDataFrames",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request()) +
                      times(10, [](int) { return frame(kData, 0, 1, ""); });
             },
             "head :method=GET :scheme=http :path=/ :authority=a\n"},
        Case{"ManyContinuations",
             [] {
               return frame(kHeaders, 0, 1, simple_request()) + times(12, [](int) {
                        return frame(kContinuation, 0, 1, literals({{"a", "b"}}));
                      });
             },
             "", ErrorCode::kEnhanceYourCalm},
        Case{"RapidReset",
             [] {
               return times(120, [](int i) {
                 const auto id = static_cast<std::uint32_t>(2 * i + 1);
                 return head(id, simple_request()) + frame(kRstStream, 0, id, std::string_view("\0\0\0\x8", 4));
               });
             },
             "", ErrorCode::kEnhanceYourCalm},
        Case{"MadeToReset",
             [] {
               return times(120, [](int i) {
                 return head(static_cast<std::uint32_t>(2 * i + 1),
                             simple_request() + literals({{"content-length", "5"}}));
               });
             },
             "", ErrorCode::kEnhanceYourCalm}),
    [](const auto& tested) { return std::string(tested.param.name); });

/// What a service answers to the request on stream 1.
struct Answer {
  const char* name;
  std::function<std::string()> bytes;
  const char* transcript;
};

class Http2Service : public testing::TestWithParam<Answer> {};

TEST_P(Http2Service, IsTreatedAsItDeserves) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    End client(Role::kClient);
    RecordedStream stream(client.transcript);
    ASSERT_EQ(client.session.request(stream, kPost, Session::Body::kNone), 1);
    ASSERT_TRUE(client.session.flush());
    const std::string bytes = frame(kSettings, 0, 0, "") + GetParam().bytes();
    for (std::size_t at = 0; at < bytes.size(); at += cut) {
      ASSERT_TRUE(client.session.feed(std::string_view(bytes).substr(at, cut), kStart)) << client.session.failure();
      ASSERT_TRUE(client.session.flush());
    }
    EXPECT_EQ(client.transcript, GetParam().transcript) << cut;
  }
}

std::string answer_with(std::string_view name, std::string_view value) {
  return head(1, "\x88" + literals({{name, value}}));
}

constexpr const char* kMalformed = "closed by us 1\n";

INSTANTIATE_TEST_SUITE_P(
    Wire, Http2Service,
    testing::Values(
        Answer{"Plain", [] { return answer_with("x-a", "1"); }, "head :status=200 x-a=1\nend\nclosed by orderly 0\n"},
        Answer{"Interim",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, literals({{":status", "103"}})) + answer_with("x-a", "1");
               },
               "head :status=103\nhead :status=200 x-a=1\nend\nclosed by orderly 0\n"},
        Answer{"InterimAtTheEnd",
               [] {
                 return head(1, literals({{":status", "103"}}));
               },
               kMalformed},
        Answer{"Trailers",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, "\x88") + head(1, literals({{"x-a", "1"}}));
               },
               "head :status=200\ntrailers x-a=1\nend\nclosed by orderly 0\n"},
        Answer{"StatusTwice", [] { return answer_with(":status", "200"); }, kMalformed},
        Answer{"StatusInTrailers", [] { return frame(kHeaders, kEndHeaders, 1, "\x88") + head(1, "\x88"); },
               "head :status=200\nclosed by us 1\n"},
        Answer{"PseudoInTrailers",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, "\x88") + head(1, literals({{"a", "1"}, {":b", "2"}}));
               },
               "head :status=200\nclosed by us 1\n"},
        Answer{"ConnectionInTrailers",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, "\x88") + head(1, literals({{"a", "1"}, {"upgrade", "b"}}));
               },
               "head :status=200\nclosed by us 1\n"},
        Answer{"InPieces",
               [] {
                 return frame(kHeaders, kPadded | kWithPriority | kEndStream, 1,
                              std::string("\2\0\0\0\3\x10\x88\0\0", 9)) +
                        frame(kContinuation, 0, 1, "") + frame(kContinuation, kEndHeaders, 1, literals({{"a", "b"}}));
               },
               "head :status=200 a=b\nend\nclosed by orderly 0\n"},
        Answer{"NoStatus",
               [] {
                 return head(1, literals({{"x-a", "1"}}));
               },
               kMalformed},
        Answer{"LongStatus",
               [] {
                 return head(1, literals({{":status", "200200200200200200200"}}));
               },
               kMalformed},
        Answer{"UpperCaseName", [] { return answer_with("X-A", "1"); }, kMalformed},
        Answer{"EmptyName", [] { return answer_with("", "1"); }, kMalformed},
        Answer{"ColonInName", [] { return answer_with("x:a", "1"); }, kMalformed},
        Answer{"LineInValue", [] { return answer_with("x-a", "12345678\r\nx-b: 2"); }, kMalformed},
        Answer{"NulInValue", [] { return answer_with("x-a", std::string_view("1\0", 2)); }, kMalformed},
        Answer{"DelInValue", [] { return answer_with("x-a", "1234567\x7f"); }, kMalformed},
        Answer{"BlankAtTheEnd", [] { return answer_with("x-a", "1 "); }, kMalformed},
        Answer{"BlankAtTheFront", [] { return answer_with("x-a", "\t1"); }, kMalformed},
        Answer{"TabAndHighBytes", [] { return answer_with("x-a", "12345\t678\xff"); },
               "head :status=200 x-a=12345\t678\xff\nend\nclosed by orderly 0\n"},
        Answer{"LengthWithoutData", [] { return answer_with("content-length", "5"); }, kMalformed}),
    [](const auto& tested) { return std::string(tested.param.name); });

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
    EXPECT_NE(server.transcript.find(kMalformed), std::string::npos);
    EXPECT_EQ(server.transcript.find("end"), std::string::npos);
  }
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
