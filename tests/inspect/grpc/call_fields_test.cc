// What heads say of gRPC: types, encodings, timeouts, statuses.
#include "inspect/grpc/call_fields.h"

#include <gtest/gtest.h>

namespace gabion::inspect::grpc {
namespace {

using namespace std::chrono_literals;

TEST(CallFields, TellMessagesFromOtherBodies) {
  const std::pair<std::string_view, Codec> kCases[] = {{"application/grpc", Codec::kProtobuf},
                                                       {"Application/GRPC", Codec::kProtobuf},
                                                       {"application/grpc+proto", Codec::kProtobuf},
                                                       {"application/grpc;x=1", Codec::kProtobuf},
                                                       {"application/grpc+proto ; a", Codec::kProtobuf},
                                                       {"application/grpc+json", Codec::kOther},
                                                       {"application/grpc+thrift;v=1", Codec::kOther},
                                                       {"application/grpc-web", Codec::kNone},
                                                       {"application/grpc-web+proto", Codec::kNone},
                                                       {"application/grpcx", Codec::kNone},
                                                       {"application/json", Codec::kNone},
                                                       {"", Codec::kNone}};
  for (const auto& [type, codec] : kCases) {
    const HeaderField fields[] = {{"Content-Type", type}};
    EXPECT_EQ(codec_of(fields), codec) << type;
  }
  EXPECT_EQ(codec_of({}), Codec::kNone);
}

TEST(CallFields, TellWhatAServiceMayReadAsMessages) {
  const auto may_be = [](std::string_view type, std::string_view name, std::string_view value) {
    const HeaderField fields[] = {{"content-type", type}, {name, value}};
    return may_be_messages(fields);
  };
  EXPECT_TRUE(may_be("text/plain", "Content-Type", "application/grpc"));
  EXPECT_TRUE(may_be("application/grpc-web-text", "x", ""));
  EXPECT_TRUE(may_be("application/octet-stream", "grpc-encoding", "gzip"));
  EXPECT_FALSE(may_be("application/octet-stream", "grpc-encoding", "identity"));
  EXPECT_FALSE(may_be("text/plain", "content-type", "text/html"));
  EXPECT_FALSE(may_be("application/grpc-web+proto", "x", ""));
}

TEST(CallFields, ReadEncodings) {
  const auto of = [](std::string_view one, std::string_view two) {
    const HeaderField fields[] = {{"grpc-encoding", one}, {two.empty() ? "x" : "Grpc-Encoding", two}};
    return encoding_of(fields);
  };
  EXPECT_EQ(of("gzip", ""), Encoding::kGzip);
  EXPECT_EQ(of("GZIP", ""), Encoding::kGzip);
  EXPECT_EQ(of("deflate", ""), Encoding::kDeflate);
  EXPECT_EQ(of("identity", ""), Encoding::kIdentity);
  EXPECT_EQ(of("snappy", ""), Encoding::kUnknown);
  EXPECT_EQ(of("gzip", "gzip"), Encoding::kGzip);
  EXPECT_EQ(of("gzip", "identity"), Encoding::kUnknown);
  EXPECT_EQ(encoding_of({}), Encoding::kIdentity);
  EXPECT_EQ(narrow_encodings("identity, deflate,gzip"), "identity,deflate,gzip");
  EXPECT_EQ(narrow_encodings("snappy , gzip"), "gzip");
  EXPECT_EQ(narrow_encodings("snappy"), "identity");
  EXPECT_EQ(narrow_encodings(""), "identity");
}

TEST(CallFields, ReadTimeoutsByTheirGrammar) {
  EXPECT_EQ(parse_timeout("1H"), std::optional(std::chrono::nanoseconds(1h)));
  EXPECT_EQ(parse_timeout("2M"), std::optional(std::chrono::nanoseconds(2min)));
  EXPECT_EQ(parse_timeout("3S"), std::optional(std::chrono::nanoseconds(3s)));
  EXPECT_EQ(parse_timeout("250m"), std::optional(std::chrono::nanoseconds(250ms)));
  EXPECT_EQ(parse_timeout("5u"), std::optional(std::chrono::nanoseconds(5us)));
  EXPECT_EQ(parse_timeout("7n"), std::optional(7ns));
  EXPECT_EQ(parse_timeout("0n"), std::optional(0ns));
  EXPECT_GT(parse_timeout("99999999H"), std::optional(std::chrono::nanoseconds(8000h)));
  for (const std::string_view bad :
       {"", "1", "H", "123456789S", "1s", "1h", "-1S", "+1S", "1 S", " 1S", "1S ", "1.5S"}) {
    EXPECT_EQ(parse_timeout(bad), std::nullopt) << bad;
  }
  const HeaderField twice[] = {{"grpc-timeout", "1S"}, {"Grpc-Timeout", "1S"}};
  EXPECT_TRUE(timeout_of(twice).is_present);
  EXPECT_EQ(timeout_of(twice).value, std::nullopt);
  EXPECT_FALSE(timeout_of({}).is_present);
}

TEST(CallFields, ReadStatuses) {
  const auto of = [](std::string_view value) {
    const HeaderField fields[] = {{"grpc-status", value}};
    return status_of(fields);
  };
  EXPECT_EQ(of("0"), std::optional<std::uint8_t>(0));
  EXPECT_EQ(of("16"), std::optional<std::uint8_t>(16));
  for (const std::string_view bad : {"", "-1", "x", "1x", "100"}) {
    EXPECT_EQ(of(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace gabion::inspect::grpc
