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
