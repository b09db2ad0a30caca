// Answers to unary calls however their bodies are cut: which are whole, which status they have, what is no answer.
#include "bench/load/grpc_answer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::bench {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

proxy::http2::FieldBlock block_of(const Fields& fields) {
  proxy::http2::FieldBlock block;
  for (const auto& [name, value] : fields) {
    block.append(name, value);
  }
  return block;
}

const Fields kHead = {{":status", "200"}, {"content-type", "application/grpc"}};
const Fields kOk = {{"grpc-status", "0"}};

struct Case {
  const char* name;
  Fields head = kHead;
  std::string body = {};
  Fields trailers = kOk;
  bool whole = true;
  std::optional<std::uint32_t> status = 0;
  std::uint16_t http_status = 200;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {.name = "Message", .body = grpc_framed("hello")},
      {.name = "EmptyMessage", .body = grpc_framed("")},
      {.name = "LongMessage", .body = grpc_framed(std::string(300, 'x'))},
      {.name = "Proto", .head = {{"content-type", "application/grpc+proto"}}, .body = grpc_framed("x")},
      {.name = "OnlyAHead",
       .head = {{"content-type", "application/grpc"}, {"grpc-status", "7"}, {"grpc-message", "denied"}},
       .trailers = {},
       .status = 7},
      {.name = "ErrorAfterTheMessage", .body = grpc_framed("x"), .trailers = {{"grpc-status", "13"}}, .status = 13},
      {.name = "ErrorWithoutMessage", .trailers = {{"grpc-status", "4"}}, .status = 4},
      {.name = "UnknownNumber", .trailers = {{"grpc-status", "99"}}, .status = 99},
      {.name = "OkWithoutMessage", .whole = false},
      {.name = "TwoMessages", .body = grpc_framed("a") + grpc_framed("b"), .whole = false},
      {.name = "CutInThePrefix", .body = grpc_framed("hello").substr(0, 3), .whole = false},
      {.name = "CutInTheMessage", .body = grpc_framed("hello").substr(0, 7), .whole = false},
      {.name = "ErrorAfterHalfAMessage",
       .body = grpc_framed("hello").substr(0, 7),
       .trailers = {{"grpc-status", "2"}},
       .whole = false,
       .status = 2},
      {.name = "Compressed", .body = std::string("\1\0\0\0\1x", 6), .whole = false},
      {.name = "NoStatus", .body = grpc_framed("x"), .trailers = {}, .whole = false, .status = {}},
      {.name = "TwoStatuses",
       .body = grpc_framed("x"),
       .trailers = {{"grpc-status", "0"}, {"grpc-status", "0"}},
       .whole = false},
      {.name = "StatusIsNoNumber", .body = grpc_framed("x"), .trailers = {{"grpc-status", "0x"}}, .whole = false},
      {.name = "StatusBeforeTheMessage",
       .head = {{"content-type", "application/grpc"}, {"grpc-status", "0"}},
       .body = grpc_framed("x"),
       .trailers = {},
       .whole = false},
      {.name = "Html",
       .head = {{"content-type", "text/html"}},
       .body = "<html>",
       .trailers = {},
       .whole = false,
       .status = {}},
      {.name = "Web", .head = {{"content-type", "application/grpc-web"}}, .body = grpc_framed("x"), .whole = false},
      {.name = "SomebodyElse",
       .head = {{"content-type", "text/html"}},
       .body = "<html>503",
       .trailers = {},
       .status = {},
       .http_status = 503},
  };
  return all;
}

TEST(GrpcAnswerTest, SaysTheSameHoweverTheBodyIsCut) {
  for (const Case& each : cases()) {
    for (std::size_t size = 1; size <= each.body.size() + 1; ++size) {
      GrpcAnswer answer;
      answer.begin();
      answer.take_head(block_of(each.head), each.http_status);
      for (std::size_t at = 0; at < each.body.size(); at += size) {
        answer.take_bytes(std::string_view(each.body).substr(at, size));
      }
      if (!each.trailers.empty()) {
        answer.take_trailers(block_of(each.trailers));
      }
      EXPECT_EQ(answer.is_whole(), each.whole) << each.name << " in pieces of " << size;
      if (each.whole) {
        EXPECT_EQ(answer.status(), each.status) << each.name;
      }
    }
  }
}

TEST(GrpcAnswerTest, TheNextCallBeginsAnew) {
  GrpcAnswer answer;
  answer.take_head(block_of({{"content-type", "text/html"}}), 200);
  EXPECT_FALSE(answer.is_whole());
  answer.begin();
  answer.take_head(block_of(kHead), 200);
  answer.take_bytes(grpc_framed("x"));
  answer.take_trailers(block_of(kOk));
  EXPECT_TRUE(answer.is_whole());
}

TEST(GrpcAnswerTest, AMessageIsFramedInNetworkOrder) {
  EXPECT_EQ(grpc_framed("abc"), std::string("\0\0\0\0\3abc", 8));
  EXPECT_EQ(grpc_framed(std::string(0x010203, 'x')).substr(0, 5), std::string("\0\0\1\2\3", 5));
}

}  // namespace
}  // namespace gabion::bench
