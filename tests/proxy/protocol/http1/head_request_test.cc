// Request heads: which are one reading and which are refused, each at every cut.
#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

using namespace std::string_literals;

struct Case {
  std::string_view name;
  std::string bytes;
  std::string said;  ///< describe_start() of an accepted head, else the error's detail
  DecodeError error = DecodeError::kNone;
};

constexpr auto kBad = DecodeError::kMalformed;
constexpr auto kVersion = DecodeError::kUnsupportedVersion;

/// A request with these field lines behind Host.
std::string post(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
/// A request with this target and Host.
std::string to(std::string_view target, std::string_view host) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

std::vector<Case> framing_cases() {
  const std::string not_number = "Content-Length is not a number";
  const std::string not_chunked = "Transfer-Encoding other than one \"chunked\"";
  const std::string chunked = "POST / @a 1.1 chunked te-chunked";
  return {
      {"NoBody", get(""), "GET / @a 1.1 none"},
      {"Length", post("Content-Length: 5\r\n") + "hello", "POST / @a 1.1 length content-length=5"},
      {"LengthOfGet", get("Content-Length: 5\r\n") + "hello", "GET / @a 1.1 length content-length=5"},
      {"LengthZero", post("Content-Length: 0\r\n"), "POST / @a 1.1 none content-length=0"},
      {"LengthWithLeadingZeros", post("Content-Length: 003\r\n") + "abc", "POST / @a 1.1 length content-length=3"},
      {"LengthBetweenBlanks", post("Content-Length:   3  \r\n") + "abc", "POST / @a 1.1 length content-length=3"},
      {"LengthThenTab", post("Content-Length: 3\t\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthOf19Digits", post("Content-Length: 9223372036854775807\r\n"),
       "POST / @a 1.1 length content-length=9223372036854775807"},
      {"LengthOf20Digits", post("Content-Length: 18446744073709551615\r\n"), not_number, kBad},
      {"LengthOf20DigitsWithZeros", post("Content-Length: 00000000000000000003\r\n") + "abc", not_number, kBad},
      {"LengthOf21Digits", post("Content-Length: 100000000000000000000\r\n"), "Content-Length overflow", kBad},
      {"LengthWithPlus", post("Content-Length: +3\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthWithMinus", post("Content-Length: -3\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthInHex", post("Content-Length: 0x3\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthList", post("Content-Length: 3, 3\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthWithBlank", post("Content-Length: 3 3\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthWithPoint", post("Content-Length: 3.0\r\n") + "abc", "Invalid character in Content-Length", kBad},
      {"LengthEmpty", post("Content-Length:\r\n"), "Empty Content-Length", kBad},
      {"LengthBlank", post("Content-Length:  \r\n"), "Empty Content-Length", kBad},
      {"TwoLengths", post("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd", "Duplicate Content-Length", kBad},
      {"TwoEqualLengths", post("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc", "Duplicate Content-Length", kBad},
      {"ZeroAndAnotherLength", post("Content-Length: 0\r\nContent-Length: 3\r\n") + "abc", "Duplicate Content-Length",
       kBad},
      {"Chunked", post("Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", chunked},
      {"ChunkedInCapitals", post("Transfer-Encoding: Chunked\r\n") + "0\r\n\r\n", chunked},
      {"ChunkedBetweenBlanks", post("Transfer-Encoding: \tchunked \t\r\n") + "0\r\n\r\n", chunked},
      {"ChunkedTwice", post("Transfer-Encoding: chunked, chunked\r\n"), "Invalid `Transfer-Encoding` header value",
       kBad},
      {"ChunkedInTwoFields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       "Invalid `Transfer-Encoding` header value", kBad},
      {"GzipChunked", post("Transfer-Encoding: gzip, chunked\r\n"), not_chunked, kBad},
      {"GzipAndChunkedInTwoFields", post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), not_chunked,
       kBad},
      {"ChunkedIdentity", post("Transfer-Encoding: chunked, identity\r\n"), "Invalid `Transfer-Encoding` header value",
       kBad},
      {"Identity", post("Transfer-Encoding: identity\r\n"), not_chunked, kBad},
      {"EmptyEncoding", post("Transfer-Encoding:\r\n"), not_chunked, kBad},
      {"EmptyMember", post("Transfer-Encoding: chunked,\r\n"), "Invalid `Transfer-Encoding` header value", kBad},
      {"ChunkedWithParameter", post("Transfer-Encoding: chunked;a=b\r\n"), not_chunked, kBad},
      {"ChunkedQuoted", post("Transfer-Encoding: \"chunked\"\r\n"), not_chunked, kBad},
      {"XChunked", post("Transfer-Encoding: xchunked\r\n"), not_chunked, kBad},
      {"ChunkedX", post("Transfer-Encoding: chunkedx\r\n"), not_chunked, kBad},
      {"VerticalTabChunked",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       "control character in the head", kBad},
      {"NoBreakSpaceChunked",
       post("Transfer-Encoding: \xa0"
            "chunked\r\n"),
       not_chunked, kBad},
      {"BothLengthFirst", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
       "Content-Length can't be present with Transfer-Encoding", kBad},
      {"BothEncodingFirst", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n",
       "Content-Length can't be present with Transfer-Encoding", kBad},
      {"BothWithIdentity", post("Content-Length: 5\r\nTransfer-Encoding: identity\r\n") + "hello",
       "Content-Length can't be present with Transfer-Encoding", kBad},
      {"EncodingIn10", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "Transfer-Encoding in HTTP/1.0", kBad},
  };
}

std::vector<Case> field_cases() {
  std::string many;
  for (int i = 0; i < 65; ++i) {
    many += "a,";
  }
  return {
      {"TooManyConnectionOptions", get("Connection: " + many + "\r\n"), "Connection has too many options", kBad},
      {"TooManyConnectionFields",
       get("Connection: " + many.substr(0, 80) + "\r\nConnection: " + many.substr(0, 80) + "\r\n"),
       "Connection has too many options", kBad},
      {"SpaceBeforeColon", get("A : b\r\n"), "Invalid header token", kBad},
      {"TabBeforeColon", get("A\t: b\r\n"), "Invalid header token", kBad},
      {"SpaceBeforeColonOfLength", post("Content-Length : 3\r\n") + "abc", "Invalid header field char", kBad},
      {"SpaceInName", get("A b: c\r\n"), "Invalid header token", kBad},
      {"NoColon", get("A\r\n"), "Invalid header token", kBad},
      {"EmptyName", get(": b\r\n"), "field name is not a token", kBad},
      {"AtInName", get("A@: b\r\n"), "Invalid header token", kBad},
      {"HighByteInName", get("A\xe4: b\r\n"), "Invalid header token", kBad},
      {"ParenthesisInName", get("A(: b\r\n"), "Invalid header token", kBad},
      {"FoldedValue", get("A: b\r\n c\r\n"), "a line begins with a blank (obs-fold)", kBad},
      {"NulInValue", get("A: b\0c\r\n"s), "control character in the head", kBad},
      {"Underscore", get("Content_Length: 3\r\n"), "underscore in a field name", kBad},
      {"UnderscoreAnywhere", get("X_: 3\r\n"), "underscore in a field name", kBad},
      {"EmptyValue", get("A:\r\n"), "GET / @a 1.1 none"},
      {"HighBytesInValue", get("A: \xff\xfe\r\n"), "GET / @a 1.1 none"},
      {"Close", get("Connection: close\r\n"), "GET / @a 1.1 none close"},
      {"CloseInAList", get("Connection: x,, CLOSE\t,te\r\n"), "GET / @a 1.1 none close options"},
      {"TeAndUpgradeAreNoOptions", get("Connection: te, upgrade\r\n"), "GET / @a 1.1 none"},
      {"KeepAliveAndClose", get("Connection: keep-alive\r\nConnection: close\r\n"),
       "GET / @a 1.1 none close keep-alive"},
      {"Expect", post("Expect: 100-Continue\r\nContent-Length: 1\r\n") + "x",
       "POST / @a 1.1 length content-length=1 expects-continue"},
      {"ExpectOfHttp10", "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
       "POST / @a 1.0 length content-length=1"},
      {"ExpectOther", get("Expect: 200-ok\r\n"), "GET / @a 1.1 none expects-other"},
      {"ExpectBoth", get("Expect: 100-continue, x\r\n"), "GET / @a 1.1 none expects-other"},
      {"Upgrade", get("Connection: upgrade\r\nUpgrade: websocket\r\n"), "GET / @a 1.1 none upgrade"},
      {"UpgradeUnannounced", get("Upgrade: h2c\r\n"), "GET / @a 1.1 none upgrade"},
      {"TeTrailers", get("TE: gzip, Trailers\r\n"), "GET / @a 1.1 none te-trailers"},
      {"TeGzip", get("TE: gzip\r\n"), "GET / @a 1.1 none"},
  };
}

std::vector<Case> host_cases() {
  const std::string no_authority = "Host is not an authority";
  const std::string two_views = "the target's authority differs from Host";
  std::vector<Case> cases = {
      {"NoHost", "GET / HTTP/1.1\r\n\r\n", "no Host in HTTP/1.1", kBad},
      {"NoHostIn10", "GET / HTTP/1.0\r\n\r\n", "GET / @ 1.0 none"},
      {"TwoHosts", get("Host: a\r\n"), "more than one Host", kBad},
      {"TwoHostsIn10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "more than one Host", kBad},
      {"TwoHostsInOtherCase", get("HOST: b\r\n"), "more than one Host", kBad},
      {"AbsoluteForm", to("http://a/b?c", "a"), "GET /b?c @a 1.1 none"},
      {"AbsoluteFormWithPort", to("http://a:80/b", "a:80"), "GET /b @a:80 1.1 none"},
      {"AbsoluteFormInOtherCase", to("HTTP://EXAMPLE.org/B", "Example.ORG"), "GET /B @EXAMPLE.org 1.1 none"},
      {"AbsoluteFormWithoutPath", to("http://a", "a"), "GET / @a 1.1 none"},
      {"AbsoluteFormIn10", "GET http://a/b HTTP/1.0\r\n\r\n", "GET /b @a 1.0 none"},
      {"AbsoluteFormIn10WithUserInfo", "GET http://u@a/b HTTP/1.0\r\n\r\n", "the target's authority is malformed",
       kBad},
      {"AbsoluteFormElsewhere", to("http://b/", "a"), two_views, kBad},
      {"AbsoluteFormOtherPort", to("http://a:80/", "a"), two_views, kBad},
      {"AbsoluteFormLonger", to("http://ab/", "a"), two_views, kBad},
      {"AbsoluteFormUserInfo", to("http://u@a/", "a"), two_views, kBad},
      {"AbsoluteFormQueryOnly", to("http://a?b", "a"), "absolute-form without a path", kBad},
      {"AbsoluteFormEmptyAuthority", "GET http:///b HTTP/1.0\r\n\r\n", "the target's authority is malformed", kBad},
      {"AbsoluteFormHttps", to("https://a/", "a"), "target is neither a path nor an http URI", kBad},
      {"AbsoluteFormFtp", to("ftp://a/", "a"), "target is neither a path nor an http URI", kBad},
      {"Asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * @a 1.1 none"},
      {"AsteriskOfGet", to("*", "a"), "asterisk-form is for OPTIONS", kBad},
      {"AsteriskWithMore", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", "target is neither a path nor an http URI", kBad},
      {"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 @a 1.1 none"},
  };
  for (const std::string_view host : {"a", "a:8080", "a:", "A-b_c.d~e", "127.0.0.1:80", "[::1]", "[::1]:80", "a%20b",
                                      "[::ffff:1.2.3.4]", "x!$&'()*+;=y", "a:65535"}) {
    cases.push_back({"Host", to("/", host), "GET / @" + std::string(host) + " 1.1 none"});
  }
  for (const std::string_view host :
       {"",      "a/b",  "a b",     "u@a",           "a,b",      "a#b",  "a?b", "a\\b", "\"a\"",  "a\xe4",
        ":80",   "a:b",  "a:80:80", "a:-1",          "a:123456", "[::1", "::1", "[]",   "[::1]x", "[::1]:x",
        "[a]b]", "a[1]", "[g::1]",  "[fe80::1%25e]", "<a>",      "{a}",  "a|b", "a^b",  "a`b"}) {
    cases.push_back({"BadHost", to("/", host), no_authority, kBad});
  }
  cases.push_back({"LongestHost", to("/", std::string(262, 'a')), "GET / @" + std::string(262, 'a') + " 1.1 none"});
  cases.push_back({"TooLongHost", to("/", std::string(263, 'a')), no_authority, kBad});
  return cases;
}

std::vector<Case> start_line_cases() {
  const std::string rest = "\r\nHost: a\r\n\r\n";
  const std::string versions = "only HTTP/1.0 and HTTP/1.1";
  const std::string not_to_the_letter = "the request line is not to the letter of RFC 9112";
  return {
      {"Http10", "GET / HTTP/1.0" + rest, "GET / @a 1.0 none"},
      {"Http09", "GET /\r\n\r\n", versions, kVersion},
      {"Http09WithFields", "GET /" + rest, versions, kVersion},
      {"Http09InWords", "GET / HTTP/0.9" + rest, versions, kVersion},
      {"Http20", "GET / HTTP/2.0" + rest, versions, kVersion},
      {"Http12", "GET / HTTP/1.2" + rest, versions, kVersion},
      {"Http30", "GET / HTTP/3.0" + rest, versions, kVersion},
      {"Http111", "GET / HTTP/1.11" + rest, versions, kVersion},
      {"VersionWithoutMinor", "GET / HTTP/1" + rest, versions, kVersion},
      {"LowerCaseHttp", "GET / http/1.1" + rest, "Expected HTTP/", kBad},
      {"VersionAndBlank", "GET / HTTP/1.1 " + rest, versions, kVersion},
      // A former bug: llhttp 8.1 reads these as HTTP/1.0, and so did we; more blanks than one also passed.
      {"Rtsp", "OPTIONS / RTSP/1.0" + rest, not_to_the_letter, kBad},
      {"Ice", "SOURCE / ICE/1.0" + rest, not_to_the_letter, kBad},
      {"TwoBlanksAfterMethod", "GET  / HTTP/1.1" + rest, not_to_the_letter, kBad},
      {"TwoBlanksBeforeVersion", "GET /  HTTP/1.1" + rest, not_to_the_letter, kBad},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the head does not end where it should", kBad},
      {"UnknownMethod", "GETS / HTTP/1.1" + rest, "Expected space after method", kBad},
      {"LowerCaseMethod", "get / HTTP/1.1" + rest, "Invalid method encountered", kBad},
      {"NoTarget", "GET  HTTP/1.1" + rest, "Unexpected char in url schema", kBad},
      {"TabAfterMethod", "GET\t/ HTTP/1.1" + rest, "Expected space after method", kBad},
      {"RelativeTarget", "GET a HTTP/1.1" + rest, "Invalid characters in url", kBad},
      {"BlankInTarget", "GET /a b HTTP/1.1" + rest, "Expected HTTP/", kBad},
      {"TabInTarget", "GET /a\tb HTTP/1.1" + rest, "Invalid characters in url (strict mode)", kBad},
      {"HighByteInTarget", "GET /\xc3\xa4 HTTP/1.1" + rest, "Invalid char in url path", kBad},
      {"NulInTarget", "GET /\0 HTTP/1.1"s + rest, "control character in the head", kBad},
      {"DeleteInTarget", "GET /\x7f HTTP/1.1" + rest, "control character in the head", kBad},
      {"QueryAndFragment", "GET /a?b=c#d HTTP/1.1" + rest, "GET /a?b=c#d @a 1.1 none"},
      {"EmptyLineFirst", "\r\nGET / HTTP/1.1" + rest, "GET / @a 1.1 none"},
      {"TwoEmptyLinesFirst", "\r\n\r\nGET / HTTP/1.1" + rest, "empty lines before the start line", kBad},
      {"FieldInThePlaceOfTheStartLine", "Host: a\r\n\r\n", "Invalid method encountered", kBad},
      {"Response", "HTTP/1.1 200 OK\r\n\r\n", "Invalid method encountered", kBad},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& group : {framing_cases(), field_cases(), host_cases(), start_line_cases()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

class RequestHeadTest : public ::testing::TestWithParam<Case> {};

TEST_P(RequestHeadTest, ReadsTheSameAtEveryCut) {
  const auto& tested = GetParam();
  const auto transcript = record_at_every_cut({.role = Role::kRequest, .bytes = tested.bytes});
  EXPECT_EQ(transcript.error, tested.error);
  EXPECT_EQ(tested.error == DecodeError::kNone ? first_start(transcript) : transcript.detail, tested.said);
  EXPECT_EQ(transcript.messages.size(), tested.error == DecodeError::kNone ? 1U : 0U) << "no head before the error";
}

INSTANTIATE_TEST_SUITE_P(Heads, RequestHeadTest, ::testing::ValuesIn(all_cases()), [](const auto& tested) {
  return std::to_string(tested.index) + std::string(tested.param.name);
});

TEST(RequestHeadTest, KeepsSpellingAndOrderOfFields) {
  HeadParser parser(Role::kRequest);
  ASSERT_EQ(parser.parse("GET / HTTP/1.1\r\nhOST: a\r\nx-A:  b c\t\r\nX-a:\r\n\r\n", false), DecodeError::kNone);
  EXPECT_EQ(describe_fields(parser.head().fields), "hOST: a\nx-A: b c\nX-a: \n");
  ASSERT_EQ(parser.head().ids.size(), 3U);
  EXPECT_EQ(parser.head().ids[0], FieldId::kHost);
  EXPECT_EQ(parser.head().field(FieldId::kHost), "a");
  EXPECT_EQ(parser.head().field(FieldId::kTe), "");
}

TEST(RequestHeadTest, ForgetsTheHeadBefore) {
  HeadParser parser(Role::kRequest);
  const auto first =
      "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nTE: trailers\r\nExpect: x\r\nContent-Length: 7\r\n\r\n";
  ASSERT_EQ(parser.parse(first, false), DecodeError::kNone);
  ASSERT_EQ(parser.parse("GET /b HTTP/1.0\r\n\r\n", false), DecodeError::kNone);
  EXPECT_EQ(describe(Role::kRequest, parser.head()), "GET /b @ 1.0 none\n");
  EXPECT_EQ(parser.head().content_length, 0U);
}

TEST(RequestHeadTest, KeepAliveFollowsVersionAndConnection) {
  const struct {
    std::string_view head;
    bool keeps_alive;
  } cases[] = {{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
               {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
               {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", false},
               {"GET / HTTP/1.0\r\n\r\n", false},
               {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
               {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false}};
  for (const auto& tested : cases) {
    HeadParser parser(Role::kRequest);
    ASSERT_EQ(parser.parse(tested.head, false), DecodeError::kNone) << tested.head;
    EXPECT_EQ(parser.head().keeps_alive(), tested.keeps_alive) << tested.head;
  }
}

}  // namespace
}  // namespace gabion::proxy::http1
