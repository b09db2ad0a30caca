// Which trailer fields travel on.
#include "proxy/protocol/http1/trailers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

std::string parsed(std::string_view section) {
  std::vector<inspect::HeaderField> fields{{"left over", "from before"}};
  return parse_trailers(section, fields) ? describe_fields(fields) : "malformed";
}

TEST(TrailersTest, AreReadLikeFields) {
  const struct {
    std::string_view section;
    std::string_view fields;
  } cases[] = {{"\r\n", ""},
               {"Digest: a=b\r\n\r\n", "Digest: a=b\n"},
               {"A:\r\nB: \t c d \t\r\n\r\n", "A: \nB: c d\n"},
               {"A: b:c\r\n\r\n", "A: b:c\n"},
               {"User-Agent: x\r\n\r\n", "User-Agent: x\n"},
               {"A\r\n\r\n", "malformed"},
               {": b\r\n\r\n", "malformed"},
               {"A : b\r\n\r\n", "malformed"},
               {"A b: c\r\n\r\n", "malformed"},
               {"A: b\r\nC\r\n\r\n", "malformed"},
               {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "malformed"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(parsed(tested.section), tested.fields) << tested.section;
  }
}

TEST(TrailersTest, FieldsThatWouldChangeTheMessageAreLeftOut) {
  for (const std::string name : {"Accept-Encoding",
                                 "Authorization",
                                 "Connection",
                                 "Content-Encoding",
                                 "Content-Length",
                                 "Content-Type",
                                 "Cookie",
                                 "Expect",
                                 "Forwarded",
                                 "HOST",
                                 "HTTP2-Settings",
                                 "Keep-Alive",
                                 "Proxy-Authorization",
                                 "Proxy-Connection",
                                 "Range",
                                 "Set-Cookie",
                                 "TE",
                                 "Traceparent",
                                 "Tracestate",
                                 "Trailer",
                                 "transfer-encoding",
                                 "Upgrade",
                                 "X-Envoy-Peer",
                                 "X-Forwarded-Client-Cert",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Host",
                                 "X-Forwarded-Proto",
                                 "X-Gabion-Id",
                                 "X-Real-IP",
                                 "X-Request-Id",
                                 "Content_Length",
                                 "X_Forwarded_For",
                                 "a_b"}) {
    EXPECT_EQ(parsed("A: b\r\n" + name + ": x\r\nC: d\r\n\r\n"), "A: b\nC: d\n") << name;
  }
}

struct Case {
  std::string_view name;
  std::string bytes;  ///< after the last chunk's "0"
  DecodeError error;
  std::string_view said;  ///< trailers, or the error's detail
};

std::vector<Case> cases() {
  constexpr auto kNone = DecodeError::kNone;
  constexpr auto kBad = DecodeError::kMalformed;
  constexpr auto kLarge = DecodeError::kTrailerTooLarge;
  return {
      {"None", "\r\n\r\n", kNone, ""},
      {"Two", "\r\nA: b\r\nC: d\r\n\r\n", kNone, "A: b\nC: d\n"},
      {"AfterAnExtension", ";x=y\r\nA: b\r\n\r\n", kNone, "A: b\n"},
      {"LengthIsLeftOut", "\r\nContent-Length: 9\r\nA: b\r\n\r\n", kNone, "A: b\n"},
      {"NoColon", "\r\nA\r\n\r\n", kBad, "malformed trailer field"},
      {"BareLf", "\r\nA: b\n\r\n", kBad, "bare LF"},
      {"BareLfAtTheEnd", "\r\nA: b\r\n\n", kBad, "bare LF"},
      {"BareCr", "\r\n\rx", kBad, "bare CR"},
      {"Folded", "\r\nA: b\r\n c\r\n\r\n", kBad, "a line begins with a blank (obs-fold)"},
      {"NextRequestSwallowed", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", kBad, "malformed trailer field"},
      {"SizeAtTheBound", "\r\nA: " + std::string(9, 'x') + "\r\n\r\n", kNone, "A: xxxxxxxxx\n"},
      {"SizeOneOver", "\r\nA: " + std::string(10, 'x') + "\r\n\r\n", kLarge, "trailers too large"},
      {"CountAtTheBound", "\r\nA:b\r\nA:b\r\n\r\n", kNone, "A: b\nA: b\n"},
      {"CountOneOver", "\r\nA:\r\nA:\r\nA:\r\n\r\n", kLarge, "too many fields"},
  };
}

class TrailersAtEveryCutTest : public ::testing::TestWithParam<Case> {};

TEST_P(TrailersAtEveryCutTest, EndAChunkedBody) {
  const auto& tested = GetParam();
  DecoderLimits limits;
  limits.trailer_bytes = 16;
  limits.header_count = 2;
  Stream stream{.role = Role::kRequest,
                .bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0" + tested.bytes,
                .limits = limits};
  if (tested.name == "LengthIsLeftOut" || tested.name == "Folded" || tested.name == "NextRequestSwallowed") {
    stream.limits.trailer_bytes = 100;
  }
  const auto transcript = record_at_every_cut(stream);
  ASSERT_EQ(transcript.messages.size(), 1U) << transcript;
  EXPECT_EQ(transcript.messages[0].body, "abc");
  EXPECT_EQ(transcript.error, tested.error);
  EXPECT_EQ(transcript.messages[0].has_ended, tested.error == DecodeError::kNone);
  EXPECT_EQ(tested.error == DecodeError::kNone ? transcript.messages[0].trailers : transcript.detail, tested.said);
}

INSTANTIATE_TEST_SUITE_P(Sections, TrailersAtEveryCutTest, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::proxy::http1
