// An HTTP/2 response's header block becomes a head, or is named wrong.
#include "proxy/protocol/http2/response_head.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace gabion::proxy::http2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

FieldBlock block_of(const Fields& fields) {
  FieldBlock block;
  for (const auto& [name, value] : fields) {
    block.append(name, value);
  }
  return block;
}

struct Good {
  const char* name;
  Fields fields;
  ResponseFacts facts;
  http1::Framing framing;
  bool has_length;
  std::uint64_t length;
};

class GoodResponseTest : public ::testing::TestWithParam<Good> {};

TEST_P(GoodResponseTest, SaysHowTheBodyEnds) {
  const FieldBlock block = block_of(GetParam().fields);
  http1::Head head;
  ASSERT_EQ(read_response_head(block, GetParam().facts, head), nullptr);
  EXPECT_EQ(head.framing, GetParam().framing);
  EXPECT_EQ(head.has_content_length, GetParam().has_length);
  EXPECT_EQ(head.content_length, GetParam().length);
  EXPECT_TRUE(head.keeps_alive());
  EXPECT_EQ(head.fields.size(), head.ids.size());
  EXPECT_EQ(head.fields.size(), GetParam().fields.size() - 1);
}

constexpr ResponseFacts kToHead{.answers_head = true, .ends_here = true};
constexpr ResponseFacts kEnds{.answers_head = false, .ends_here = true};

INSTANTIATE_TEST_SUITE_P(
    Framings, GoodResponseTest,
    ::testing::Values(
        Good{"Unknown", {{":status", "200"}}, {}, http1::Framing::kChunked, false, 0},
        Good{"Length", {{":status", "200"}, {"content-length", "5"}}, {}, http1::Framing::kLength, true, 5},
        Good{"Zero", {{":status", "200"}, {"content-length", "0"}}, kEnds, http1::Framing::kNone, true, 0},
        Good{"EndsHere", {{":status", "200"}, {"a", "b"}}, kEnds, http1::Framing::kNone, true, 0},
        Good{"ToHead", {{":status", "200"}, {"content-length", "5"}}, kToHead, http1::Framing::kNone, true, 5},
        Good{"NoContent", {{":status", "204"}}, kEnds, http1::Framing::kNone, false, 0},
        Good{"NotModified", {{":status", "304"}}, kEnds, http1::Framing::kNone, false, 0},
        Good{"Interim", {{":status", "103"}, {"link", "x"}}, {}, http1::Framing::kNone, false, 0}),
    [](const auto& tested) { return std::string(tested.param.name); });

struct Bad {
  const char* name;
  Fields fields;
};

class BadResponseTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadResponseTest, IsNamed) {
  const FieldBlock block = block_of(GetParam().fields);
  http1::Head head;
  EXPECT_NE(read_response_head(block, {}, head), nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Malformed, BadResponseTest,
    ::testing::Values(Bad{"Empty", {}}, Bad{"NoStatus", {{"a", "b"}}},
                      Bad{"StatusBehind", {{"a", "b"}, {":status", "200"}}},
                      Bad{"TwoStatuses", {{":status", "200"}, {":status", "200"}}},
                      Bad{"ShortStatus", {{":status", "20"}}}, Bad{"SignedStatus", {{":status", "+20"}}},
                      Bad{"LeadingZero", {{":status", "099"}}}, Bad{"WordStatus", {{":status", "2x0"}}},
                      Bad{"RequestPseudo", {{":status", "200"}, {":path", "/"}}},
                      Bad{"Connection", {{":status", "200"}, {"connection", "close"}}},
                      Bad{"KeepAlive", {{":status", "200"}, {"keep-alive", "5"}}},
                      Bad{"TransferEncoding", {{":status", "200"}, {"transfer-encoding", "chunked"}}},
                      Bad{"Upgrade", {{":status", "200"}, {"upgrade", "h2c"}}},
                      Bad{"TwoLengths", {{":status", "200"}, {"content-length", "5"}, {"content-length", "5"}}},
                      Bad{"ListedLength", {{":status", "200"}, {"content-length", "5, 5"}}},
                      Bad{"SignedLength", {{":status", "200"}, {"content-length", "+5"}}},
                      Bad{"NoDigits", {{":status", "200"}, {"content-length", ""}}},
                      Bad{"HugeLength", {{":status", "200"}, {"content-length", "00000000000000000005"}}},
                      Bad{"InterimLength", {{":status", "100"}, {"content-length", "0"}}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ResponseTrailersTest, KeepWhatMayTravel) {
  const FieldBlock block =
      block_of({{"grpc-status", "0"}, {"content-length", "5"}, {"set-cookie", "a=b"}, {"x_y", "z"}, {"x-sum", "7"}});
  std::vector<inspect::HeaderField> fields;
  read_trailers(block, fields);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].name, "grpc-status");
  EXPECT_EQ(fields[1].name, "x-sum");
}

}  // namespace
}  // namespace gabion::proxy::http2
