// Requests' heads of HTTP/2: what is refused, and that what is let through reads the same when written as HTTP/1.1.
#include "proxy/protocol/http2/request_head.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

http1::DecodeError read(RequestHead& head, const Fields& fields, HeadEnd end = HeadEnd::kEndsStream) {
  FieldBlock block;
  for (const auto& [name, value] : fields) {
    block.append(name, value);
  }
  return head.parse(block, end, {});
}

Fields get_with(const std::string& name, const std::string& value) {
  return {{":method", "GET"}, {":scheme", "https"}, {":authority", "a.b:80"}, {":path", "/p?q"}, {name, value}};
}

TEST(Http2RequestHead, SaysWhatTheRequestSaid) {
  RequestHead head;
  ASSERT_EQ(read(head, get_with("x-a", "1")), http1::DecodeError::kNone) << head.detail();
  EXPECT_EQ(head.head().method, "GET");
  EXPECT_EQ(head.head().target, "/p?q");
  EXPECT_EQ(head.head().authority, "a.b:80");
  EXPECT_EQ(head.head().major_version, 2);
  ASSERT_EQ(head.head().fields.size(), 2U);
  EXPECT_EQ(head.head().fields[0].name, "host");
  EXPECT_EQ(head.head().fields[0].value, "a.b:80");
  EXPECT_EQ(head.head().fields[1].name, "x-a");
  EXPECT_EQ(head.head().framing, http1::Framing::kNone);
  EXPECT_TRUE(head.head().keeps_alive());
}

TEST(Http2RequestHead, JoinsCookieCrumbs) {
  RequestHead head;
  auto fields = get_with("cookie", "a=1");
  fields.emplace_back("x-b", "2");
  fields.emplace_back("cookie", "c=3");
  ASSERT_EQ(read(head, fields), http1::DecodeError::kNone);
  const auto* cookie = inspect::find_field(head.head().fields, "cookie");
  ASSERT_NE(cookie, nullptr);
  EXPECT_EQ(cookie->value, "a=1; c=3");
  EXPECT_EQ(head.head().fields.size(), 3U);
}

TEST(Http2RequestHead, TakesHostForAnAuthorityThatIsMissing) {
  RequestHead head;
  const Fields fields = {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "b"}};
  ASSERT_EQ(read(head, fields), http1::DecodeError::kNone) << head.detail();
  EXPECT_EQ(head.head().authority, "b");
}

TEST(Http2RequestHead, FramesBodies) {
  RequestHead head;
  ASSERT_EQ(read(head, get_with("x", "1"), HeadEnd::kOpen), http1::DecodeError::kNone);
  EXPECT_EQ(head.head().framing, http1::Framing::kChunked);
  ASSERT_EQ(read(head, get_with("content-length", "12"), HeadEnd::kOpen), http1::DecodeError::kNone);
  EXPECT_EQ(head.head().framing, http1::Framing::kLength);
  EXPECT_EQ(head.head().content_length, 12U);
  ASSERT_EQ(read(head, get_with("content-length", "0"), HeadEnd::kOpen), http1::DecodeError::kNone);
  EXPECT_EQ(head.head().framing, http1::Framing::kNone);
  EXPECT_EQ(read(head, get_with("content-length", "12")), http1::DecodeError::kMalformed);
}

TEST(Http2RequestHead, HasTheLimitsOfHttp1) {
  RequestHead head;
  EXPECT_EQ(
      read(head,
           {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/" + std::string(17'000, 'p')}}),
      http1::DecodeError::kStartLineTooLong);
  auto fields = get_with("x", "1");
  fields.insert(fields.end(), 100, {"y", "2"});
  EXPECT_EQ(read(head, fields), http1::DecodeError::kTooManyHeaders);
}

const Fields kConnect = {{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"},
                         {":authority", "a.b"},  {":path", "/chat?q"},       {"sec-websocket-version", "13"}};

Fields connect_with(const std::string& name, const std::string& value) {
  Fields fields = kConnect;
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
  if (found == fields.end()) {
    fields.emplace_back(name, value);
  } else {
    found->second = value;
  }
  return fields;
}

Fields connect_without(const std::string& name) {
  Fields fields = kConnect;
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}

TEST(Http2RequestHead, TellsAnExtendedConnectAsTheGetOfWebSocket) {
  for (const auto end : {HeadEnd::kOpen, HeadEnd::kEndsStream}) {
    RequestHead head;
    ASSERT_EQ(read(head, kConnect, end), http1::DecodeError::kNone) << head.detail();
    EXPECT_EQ(head.head().connect_protocol, "websocket");
    EXPECT_EQ(head.head().method, "GET");
    EXPECT_EQ(head.head().target, "/chat?q");
    EXPECT_EQ(head.head().authority, "a.b");
    EXPECT_EQ(head.head().framing, http1::Framing::kNone);
    ASSERT_EQ(read(head, get_with("x", "1")), http1::DecodeError::kNone);
    EXPECT_EQ(head.head().connect_protocol, "") << "of the request before";
  }
}

TEST(Http2RequestHead, LeavesOtherProtocolsOfConnectToBeRefused) {
  RequestHead head;
  ASSERT_EQ(read(head, connect_with(":protocol", "connect-udp"), HeadEnd::kOpen), http1::DecodeError::kNone);
  EXPECT_EQ(head.head().connect_protocol, "connect-udp");
  EXPECT_EQ(head.head().method, "CONNECT");
  ASSERT_EQ(read(head, {{":method", "CONNECT"}, {":authority", "a:80"}}), http1::DecodeError::kNone);
  EXPECT_EQ(head.head().connect_protocol, "");
}

struct Refused {
  const char* name;
  Fields fields;
};

class Http2MalformedHead : public testing::TestWithParam<Refused> {};

TEST_P(Http2MalformedHead, IsRefused) {
  RequestHead head;
  EXPECT_EQ(read(head, GetParam().fields), http1::DecodeError::kMalformed);
  EXPECT_STRNE(head.detail(), "");
}

Fields request(const std::string& method, const std::string& scheme, const std::string& authority,
               const std::string& path) {
  return {{":method", method}, {":scheme", scheme}, {":authority", authority}, {":path", path}};
}

INSTANTIATE_TEST_SUITE_P(
    Heads, Http2MalformedHead,
    testing::Values(
        Refused{"Empty", {}}, Refused{"MethodWithBlank", request("GE T", "http", "a", "/")},
        Refused{"MethodWithLine", request("GET / HTTP/1.1\r\nX:", "http", "a", "/")},
        Refused{"EmptyMethod", request("", "http", "a", "/")}, Refused{"OtherScheme", request("GET", "ftp", "a", "/")},
        Refused{"EmptyScheme", request("GET", "", "a", "/")}, Refused{"EmptyPath", request("GET", "http", "a", "")},
        Refused{"RelativePath", request("GET", "http", "a", "b")},
        Refused{"AbsolutePath", request("GET", "http", "a", "http://a/")},
        Refused{"Asterisk", request("GET", "http", "a", "*")},
        Refused{"PathWithBlank", request("GET", "http", "a", "/ HTTP/1.1")},
        Refused{"PathWithLine", request("GET", "http", "a", "/\r\nx: y")},
        Refused{"PathWithHighByte", request("GET", "http", "a", "/\xc3\xa9")},
        Refused{"EmptyAuthority", request("GET", "http", "", "/")},
        Refused{"UserInfo", request("GET", "http", "u@a", "/")},
        Refused{"AuthorityWithPath", request("GET", "http", "a/b", "/")},
        Refused{"TwoHosts", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "a"}, {"host", "a"}}},
        Refused{"NoAuthority", {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}},
        Refused{"OtherHost", get_with("host", "c")}, Refused{"PseudoTwice", get_with(":path", "/")},
        Refused{"UnknownPseudo", get_with(":status", "200")},
        Refused{"ProtocolBehindFields", get_with(":protocol", "websocket")},
        Refused{"ProtocolOfGet", connect_with(":method", "GET")},
        Refused{"ProtocolNoToken", connect_with(":protocol", "web socket")},
        Refused{"ProtocolEmpty", connect_with(":protocol", "")},
        Refused{"ProtocolWithLine", connect_with(":protocol", "websocket\r\nx: y")},
        Refused{"ConnectWithLength", connect_with("content-length", "0")},
        Refused{"ConnectWithoutScheme", connect_without(":scheme")},
        Refused{"ConnectWithoutPath", connect_without(":path")},
        Refused{"ConnectWithoutAuthority", connect_without(":authority")},
        Refused{"ConnectToAsterisk", connect_with(":path", "*")},
        Refused{"ConnectWithUpgrade", connect_with("upgrade", "websocket")},
        Refused{"PlainConnectWithPath", connect_without(":protocol")}, Refused{"UpperCase", get_with("X-A", "1")},
        Refused{"Underscore", get_with("x_a", "1")}, Refused{"NameWithColon", get_with("x:", "1")},
        Refused{"NameWithLine", get_with("x\r\n", "1")}, Refused{"EmptyName", get_with("", "1")},
        Refused{"ValueWithLine", get_with("x", "1\r\ny: 2")},
        Refused{"ValueWithNul", get_with("x", std::string(1, '\0'))}, Refused{"ValueWithDel", get_with("x", "\x7f")},
        Refused{"ValueEndsInBlank", get_with("x", "1 ")}, Refused{"ValueBeginsWithTab", get_with("x", "\t1")},
        Refused{"Connection", get_with("connection", "x")}, Refused{"KeepAlive", get_with("keep-alive", "1")},
        Refused{"ProxyConnection", get_with("proxy-connection", "x")},
        Refused{"TransferEncoding", get_with("transfer-encoding", "chunked")},
        Refused{"Upgrade", get_with("upgrade", "h2c")}, Refused{"TeOther", get_with("te", "trailers, deflate")},
        Refused{"LengthWithSign", get_with("content-length", "+1")},
        Refused{"LengthList", get_with("content-length", "0, 0")},
        Refused{"ConnectWithPath", request("CONNECT", "http", "a:1", "/")},
        Refused{"PseudoBehind",
                {{":method", "GET"}, {":scheme", "http"}, {"x", "1"}, {":path", "/"}, {":authority", "a"}}}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Http2RequestTrailers, AreRefusedWithAFieldOfOneConnection) {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", ":path", "A"}) {
    FieldBlock block;
    block.append("x-sum", "1");
    block.append(name, "b");
    std::vector<inspect::HeaderField> fields;
    EXPECT_FALSE(read_request_trailers(block, fields)) << name;
  }
}

TEST(Http2RequestTrailers, LeaveOutWhatMayNotStandThere) {
  FieldBlock block;
  block.append("x-sum", "1");
  block.append("content-length", "5");
  block.append("authorization", "x");
  std::vector<inspect::HeaderField> fields;
  ASSERT_TRUE(read_request_trailers(block, fields));
  ASSERT_EQ(fields.size(), 1U);
  EXPECT_EQ(fields[0].name, "x-sum");
  block.append("x-a", "1\r\nb: c");
  EXPECT_FALSE(read_request_trailers(block, fields));
}

}  // namespace
}  // namespace gabion::proxy::http2
