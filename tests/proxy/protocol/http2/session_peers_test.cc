// HTTP/2 sessions: what becomes of a client or a service that says what it should not.
#include <gtest/gtest.h>

#include <functional>

#include "proxy/protocol/http2/session.h"
#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point kStart{std::chrono::hours(1)};

const std::vector<inspect::HeaderField> kRequest = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "host"}};

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
        Case{"LengthThatFits",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request() + literals({{"content-length", "5"}})) +
                      frame(kData, 0, 1, "abc") + frame(kData, kPadded, 1, std::string_view("\2\0\0", 3)) +
                      frame(kData, kEndStream, 1, "de");
             },
             "head :method=GET :scheme=http :path=/ :authority=a content-length=5\ndata abcde\nend\n"},
        Case{"LengthWithTrailers",
             [] {
               return frame(kHeaders, kEndHeaders, 1, simple_request() + literals({{"content-length", "5"}})) +
                      frame(kData, 0, 1, "abc") + head(1, literals({{"a", "b"}}));
             },
             "head :method=GET :scheme=http :path=/ :authority=a content-length=5\ndata abc\nclosed by us 1\n"},
        Case{"LengthThatIsNoNumber",
             [] {
               return head(1, simple_request() + literals({{"content-length", "5, 5"}}));
             },
             "closed by us 1\n"},
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
  const char* method = "GET";
};

class Http2Service : public testing::TestWithParam<Answer> {};

TEST_P(Http2Service, IsTreatedAsItDeserves) {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    End client(Role::kClient);
    RecordedStream stream(client.transcript);
    auto request = kRequest;
    request[0].value = GetParam().method;
    ASSERT_EQ(client.session.request(stream, request, Session::Body::kNone), 1);
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

/// A head of that status, what else it says, and what comes behind it.
std::string answer(std::string_view status, std::string_view block_behind, std::string_view data) {
  const std::string block = literals({{":status", status}}) + std::string(block_behind);
  return frame(kHeaders, kEndHeaders, 1, block) + frame(kData, kEndStream, 1, data);
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
        Answer{"LengthWithoutData", [] { return answer_with("content-length", "5"); }, kMalformed},
        Answer{"LengthLongerThanData",
               [] {
                 return answer("200", literals({{"content-length", "5"}}), "abc");
               },
               "head :status=200 content-length=5\ndata abc\nclosed by us 1\n"},
        Answer{"LengthThatFits",
               [] {
                 return answer("200", literals({{"content-length", "3"}}), "abc");
               },
               "head :status=200 content-length=3\ndata abc\nend\nclosed by orderly 0\n"},
        Answer{"LengthWithTrailers",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, "\x88" + literals({{"content-length", "3"}})) +
                        frame(kData, 0, 1, "ab") + head(1, literals({{"x-a", "1"}}));
               },
               "head :status=200 content-length=3\ndata ab\nclosed by us 1\n"},
        Answer{"LengthThatIsNoNumber",
               [] {
                 return answer("200", literals({{"content-length", "+3"}}), "abc");
               },
               kMalformed},
        Answer{"LengthBehindAnInterim",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, literals({{":status", "103"}})) +
                        answer("200", literals({{"content-length", "3"}}), "abc");
               },
               "head :status=103\nhead :status=200 content-length=3\ndata abc\nend\nclosed by orderly 0\n"},
        Answer{"DataBehindAnInterim", [] { return answer("103", "", "abc"); }, "head :status=103\nclosed by us 1\n"},
        Answer{"EmptyDataBehindAnInterim", [] { return answer("103", "", ""); }, "head :status=103\nclosed by us 1\n"},
        Answer{"FieldsBehindAnInterim",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, literals({{":status", "103"}})) +
                        head(1, literals({{"x-a", "1"}}));
               },
               "head :status=103\nclosed by us 1\n"},
        Answer{"SwitchingProtocols", [] { return answer("101", "", ""); }, kMalformed},
        Answer{"StatusOfTwoDigits", [] { return answer("20", "", ""); }, kMalformed},
        Answer{"StatusOfLetters", [] { return answer("2oo", "", ""); }, kMalformed},
        Answer{"NoContent", [] { return answer("204", "", ""); }, "head :status=204\nend\nclosed by orderly 0\n"},
        Answer{"NoContentOfNoLength",
               [] {
                 return answer("204", literals({{"content-length", "0"}}), "");
               },
               "head :status=204 content-length=0\nend\nclosed by orderly 0\n"},
        Answer{"NoContentOfALength",
               [] {
                 return answer("204", literals({{"content-length", "3"}}), "");
               },
               kMalformed},
        Answer{"NoContentWithData", [] { return answer("204", "", "abc"); }, "head :status=204\nclosed by us 1\n"},
        Answer{"NotModified",
               [] {
                 return answer("304", literals({{"content-length", "3"}}), "");
               },
               "head :status=304 content-length=3\nend\nclosed by orderly 0\n"},
        Answer{"NotModifiedWithData",
               [] {
                 return answer("304", literals({{"content-length", "3"}}), "abc");
               },
               "head :status=304 content-length=3\nclosed by us 1\n"},
        Answer{"LengthToHead",
               [] {
                 return answer("200", literals({{"content-length", "3"}}), "");
               },
               "head :status=200 content-length=3\nend\nclosed by orderly 0\n", "HEAD"},
        Answer{"DataToHead",
               [] {
                 return answer("200", literals({{"content-length", "3"}}), "abc");
               },
               "head :status=200 content-length=3\nclosed by us 1\n", "HEAD"},
        Answer{"LengthToConnect",
               [] {
                 return answer("200", literals({{"content-length", "3"}}), "abcdef");
               },
               "head :status=200 content-length=3\ndata abcdef\nend\nclosed by orderly 0\n", "CONNECT"},
        Answer{"NotModifiedToConnect", [] { return answer("304", "", "HTTP/1.1 200 OK\r\n"); },
               "head :status=304\nclosed by us 1\n", "CONNECT"},
        Answer{"RefusedToConnect",
               [] {
                 return answer("403", literals({{"content-length", "5"}}), "abc");
               },
               "head :status=403 content-length=5\ndata abc\nclosed by us 1\n", "CONNECT"},
        Answer{"InterimOfALength",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, literals({{":status", "103"}, {"content-length", "3"}})) +
                        answer("200", "", "abc");
               },
               kMalformed},
        Answer{"TrailersWithoutEnd",
               [] {
                 return frame(kHeaders, kEndHeaders, 1, "\x88") +
                        frame(kHeaders, kEndHeaders, 1, literals({{"x-a", "1"}})) + frame(kData, kEndStream, 1, "");
               },
               "head :status=200\nclosed by us 1\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::proxy::http2
