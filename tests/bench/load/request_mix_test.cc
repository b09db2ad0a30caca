// What is sent: the bytes of a request, and the order of a mix.
#include "bench/load/request_mix.h"

#include <gtest/gtest.h>

#include <map>

namespace gabion::bench {
namespace {

RequestSpec spec(std::string name, std::uint32_t weight) {
  RequestSpec made;
  made.name = std::move(name);
  made.path = "/" + made.name;
  made.weight = weight;
  return made;
}

std::string only(const RequestSpec& one, Reuse reuse = Reuse::kKeepAlive) {
  const auto mix = RequestMix::render({one}, {"host:80", StatusSet::successes(), reuse});
  return mix.has_value() ? mix->at(0).bytes : "error: " + mix.error().to_string();
}

TEST(RequestMixTest, AGetIsItsHead) {
  EXPECT_EQ(only(spec("x", 1)), "GET /x HTTP/1.1\r\nHost: host:80\r\n\r\n");
}

TEST(RequestMixTest, ABodyHasItsLength) {
  RequestSpec post = spec("x", 1);
  post.method = "POST";
  post.headers = {{"content-type", "text/plain"}};
  post.body = "hello";
  EXPECT_EQ(only(post),
            "POST /x HTTP/1.1\r\nHost: host:80\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  post.body.clear();
  EXPECT_EQ(only(post), "POST /x HTTP/1.1\r\nHost: host:80\r\ncontent-type: text/plain\r\nContent-Length: 0\r\n\r\n");
}

TEST(RequestMixTest, ChurnSaysSo) {
  EXPECT_EQ(only(spec("x", 1), Reuse::kChurn), "GET /x HTTP/1.1\r\nHost: host:80\r\nConnection: close\r\n\r\n");
}

TEST(RequestMixTest, AHostOfItsOwnReplacesTheUrls) {
  RequestSpec other = spec("x", 1);
  other.headers = {{"hOST", "orders.shop"}};
  EXPECT_EQ(only(other), "GET /x HTTP/1.1\r\nhOST: orders.shop\r\n\r\n");
  other.headers.emplace_back("Host", "second");
  EXPECT_EQ(only(other), "error: x: more than one Host header");
}

TEST(RequestMixTest, Http2HasFieldsInsteadOfText) {
  RequestSpec post = spec("x", 1);
  post.method = "POST";
  post.headers = {{"Host", "orders.shop"}, {"Content-Type", "text/plain"}};
  post.body = "hello";
  const RenderSetting setting{"host:80", StatusSet::successes(), Reuse::kKeepAlive, HttpVersion::kHttp2, "https"};
  const auto mix = RequestMix::render({post}, setting);
  ASSERT_TRUE(mix.has_value());
  const std::vector<std::pair<std::string, std::string>> wanted = {
      {":method", "POST"}, {":scheme", "https"},           {":authority", "orders.shop"},
      {":path", "/x"},     {"content-type", "text/plain"}, {"content-length", "5"}};
  EXPECT_EQ(mix->at(0).fields, wanted);
  EXPECT_EQ(mix->at(0).body, "hello");
  EXPECT_EQ(mix->at(0).bytes, "");
}

RenderSetting setting_of(Exchange exchange, std::uint16_t expected) {
  RenderSetting setting{"host:80", StatusSet::only(expected), Reuse::kKeepAlive, HttpVersion::kHttp2};
  setting.version = exchange == Exchange::kGrpc ? HttpVersion::kHttp2 : HttpVersion::kHttp1;
  setting.exchange = exchange;
  return setting;
}

TEST(RequestMixTest, AGrpcCallIsAFramedMessage) {
  RequestSpec call = spec("shop.Orders/Place", 1);
  call.body = "abc";
  const auto mix = RequestMix::render({call}, setting_of(Exchange::kGrpc, 0));
  ASSERT_TRUE(mix.has_value()) << mix.error().to_string();
  const std::vector<std::pair<std::string, std::string>> wanted = {{":method", "POST"},
                                                                   {":scheme", "http"},
                                                                   {":authority", "host:80"},
                                                                   {":path", "/shop.Orders/Place"},
                                                                   {"content-type", "application/grpc"},
                                                                   {"te", "trailers"}};
  EXPECT_EQ(mix->at(0).fields, wanted);
  EXPECT_EQ(mix->at(0).body, std::string("\0\0\0\0\3abc", 8));
  call.headers = {{"Content-Type", "application/grpc+proto"}};
  EXPECT_EQ(RequestMix::render({call}, setting_of(Exchange::kGrpc, 0))->at(0).fields[4].second,
            "application/grpc+proto");
}

TEST(RequestMixTest, WhatIsNoCallIsRefused) {
  for (const char* path : {"x", "/x", "a/", "a/b/c", "a/b?c"}) {
    EXPECT_TRUE(RequestMix::render({spec(path, 1)}, setting_of(Exchange::kGrpc, 0)).has_error()) << path;
  }
  RequestSpec got = spec("a/b", 1);
  EXPECT_TRUE(RequestMix::render({got}, setting_of(Exchange::kGrpc, 0)).has_value());
  EXPECT_TRUE(RequestMix::render({got}, setting_of(Exchange::kGrpc, 200)).has_error()) << "HTTP's status";
  EXPECT_TRUE(RequestMix::render({got}, setting_of(Exchange::kHttp, 7)).has_error()) << "gRPC's status";
  got.method = "GET";
  EXPECT_TRUE(RequestMix::render({got}, setting_of(Exchange::kGrpc, 0)).has_error());
}

TEST(RequestMixTest, MessagesOfOneWebSocketShareItsUpgrade) {
  RequestSpec small = spec("chat", 3);
  small.headers = {{"host", "orders.shop"}, {"Origin", "x"}};
  small.body = "hi";
  RequestSpec large = small;
  large.body = "\xFF";
  const auto mix = RequestMix::render({small, large}, setting_of(Exchange::kWebSocket, 101));
  ASSERT_TRUE(mix.has_value()) << mix.error().to_string();
  EXPECT_EQ(mix->upgrade(),
            "GET /chat HTTP/1.1\r\nHost: orders.shop\r\nOrigin: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  EXPECT_EQ(mix->at(0).bytes.size(), 2 + 4 + 2U);
  EXPECT_EQ(mix->at(0).body, "hi");
  EXPECT_TRUE(mix->at(0).is_text);
  large.path = "/other";
  EXPECT_TRUE(RequestMix::render({small, large}, setting_of(Exchange::kWebSocket, 101)).has_error());
  small.headers = {{"Sec-WebSocket-Protocol", "chat"}};
  EXPECT_TRUE(RequestMix::render({small}, setting_of(Exchange::kWebSocket, 101)).has_error());
  RequestSpec posted = spec("chat", 1);
  posted.method = "POST";
  EXPECT_TRUE(RequestMix::render({posted}, setting_of(Exchange::kWebSocket, 101)).has_error());
}

TEST(RequestMixTest, WeightsAreKeptExactlyAndSpread) {
  const auto mix = RequestMix::render({spec("a", 30), spec("b", 20), spec("c", 10)}, {"h", {}, Reuse::kKeepAlive});
  ASSERT_TRUE(mix.has_value());
  EXPECT_EQ(mix->turns(), 6U);
  std::map<std::string, int> seen;
  std::string order;
  for (std::size_t turn = 0; turn < 600; ++turn) {
    const auto name = mix->at(turn).bytes.substr(5, 1);
    ++seen[name];
    order += turn < 6 ? name : "";
  }
  EXPECT_EQ(seen, (std::map<std::string, int>{{"a", 300}, {"b", 200}, {"c", 100}}));
  EXPECT_EQ(order.find("aaa"), std::string::npos) << order;
}

TEST(RequestMixTest, WeightsThatShareNothingHaveABound) {
  std::vector<RequestSpec> specs;
  for (int i = 0; i < 11; ++i) {
    specs.push_back(spec("x", 997));
  }
  specs.push_back(spec("y", 991));
  EXPECT_TRUE(RequestMix::render(specs, {}).has_error());
}

TEST(RequestMixTest, ARequestsOwnExpectationWins) {
  RequestSpec blocked = spec("x", 1);
  blocked.expect = StatusSet::parse("403").value();
  const auto mix = RequestMix::render({blocked, spec("y", 1)}, {"h", StatusSet::successes(), Reuse::kKeepAlive});
  EXPECT_TRUE(mix->at(0).expect.contains(403));
  EXPECT_FALSE(mix->at(0).expect.contains(200));
  EXPECT_TRUE(mix->at(1).expect.contains(200));
}

TEST(RequestMixTest, HeadersThatChangeTheFramingAreRefused) {
  for (const char* name : {"", "a b", "a:", "x\r\n", "Content-Length", "transfer-encoding", "CONNECTION", "Upgrade"}) {
    EXPECT_TRUE(check_header(name, "1").has_error()) << name;
  }
  EXPECT_TRUE(check_header("x", "a\r\nb").has_error());
  EXPECT_TRUE(check_header("x", std::string_view("a\0b", 3)).has_error());
  EXPECT_TRUE(check_header("X-Id", "a\tb \xC3\xA4").has_value());
}

TEST(RequestMixTest, MethodsThatCannotBeSentAreRefused) {
  for (const char* method : {"", "GE T", "CONNECT", "GET\r\n"}) {
    EXPECT_TRUE(check_method(method).has_error()) << method;
  }
  EXPECT_TRUE(check_method("PURGE").has_value());
}

}  // namespace
}  // namespace gabion::bench
