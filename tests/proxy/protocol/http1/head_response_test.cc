// Response heads and how their bodies end, each at every cut.
#include <gtest/gtest.h>

#include <string>

#include "tests/proxy/protocol/http1/cuts.h"

namespace gabion::proxy::http1 {
namespace {

using namespace std::string_literals;

enum class Answers : std::uint8_t { kGet, kHead };

struct Case {
  std::string_view name;
  std::string bytes;
  std::string said;  ///< describe_start() of an accepted head, else the error's detail
  DecodeError error = DecodeError::kNone;
  Answers answers = Answers::kGet;
};

constexpr auto kBad = DecodeError::kMalformed;
constexpr auto kVersion = DecodeError::kUnsupportedVersion;

std::string answer(std::string_view status, std::string_view fields) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(fields) + "\r\n";
}

std::vector<Case> body_cases() {
  const std::string no_body = "a body is announced where the status allows none";
  const std::string length = "Content-Length: 5\r\n";
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"Length", answer("200 OK", length) + "hello", "200 'OK' 1.1 length content-length=5"},
      {"LengthZero", answer("200 OK", "Content-Length: 0\r\n"), "200 'OK' 1.1 none content-length=0"},
      {"Chunked", answer("200 OK", chunked) + "0\r\n\r\n", "200 'OK' 1.1 chunked te-chunked"},
      {"UntilClose", answer("200 OK", "") + "hello", "200 'OK' 1.1 until-close"},
      {"UntilClose10", "HTTP/1.0 200 OK\r\n\r\nhello", "200 'OK' 1.0 until-close"},
      {"Both", answer("200 OK", length + chunked), "Content-Length can't be present with Transfer-Encoding", kBad},
      {"TwoLengths", answer("200 OK", length + length), "Duplicate Content-Length", kBad},
      {"GzipChunked", answer("200 OK", "Transfer-Encoding: gzip, chunked\r\n"),
       "Transfer-Encoding other than one \"chunked\"", kBad},
      {"Identity", answer("200 OK", "Transfer-Encoding: identity\r\n"), "Transfer-Encoding other than one \"chunked\"",
       kBad},
      {"ChunkedIn10", "HTTP/1.0 200 OK\r\n" + chunked + "\r\n0\r\n\r\n", "Transfer-Encoding in HTTP/1.0", kBad},
      {"NoContent", answer("204 No Content", ""), "204 'No Content' 1.1 none"},
      {"NoContentLengthZero", answer("204 No Content", "Content-Length: 0\r\n"),
       "204 'No Content' 1.1 none content-length=0"},
      {"NoContentWithLength", answer("204 No Content", length), no_body, kBad},
      {"NoContentChunked", answer("204 No Content", chunked), no_body, kBad},
      {"NotModified", answer("304 Not Modified", length), "304 'Not Modified' 1.1 none content-length=5"},
      {"NotModifiedChunked", answer("304 Not Modified", chunked), "304 'Not Modified' 1.1 none te-chunked"},
      {"ToHead", answer("200 OK", length), "200 'OK' 1.1 none content-length=5", DecodeError::kNone, Answers::kHead},
      {"ToHeadChunked", answer("200 OK", chunked), "200 'OK' 1.1 none te-chunked", DecodeError::kNone, Answers::kHead},
      {"ToHeadWithoutFraming", answer("200 OK", ""), "200 'OK' 1.1 none", DecodeError::kNone, Answers::kHead},
      {"ToHeadBoth", answer("200 OK", length + chunked), "Content-Length can't be present with Transfer-Encoding", kBad,
       Answers::kHead},
      {"Continue", answer("100 Continue", ""), "100 'Continue' 1.1 none"},
      {"EarlyHints", answer("103 Early Hints", "Link: x\r\n"), "103 'Early Hints' 1.1 none"},
      {"ContinueWithLength", answer("100 Continue", length), no_body, kBad},
      {"ContinueChunked", answer("100 Continue", chunked), no_body, kBad},
      {"SwitchingProtocols", answer("101 Switching Protocols", "Upgrade: x\r\n"),
       "101 'Switching Protocols' 1.1 none upgrade"},
      {"SwitchingWithLength", answer("101 Switching Protocols", length), no_body, kBad},
      {"ResetContentIsFramedLikeAnyOther", answer("205 Reset Content", length) + "hello",
       "205 'Reset Content' 1.1 length content-length=5"},
  };
}

std::vector<Case> head_cases() {
  const std::string not_to_the_letter = "the status line is not to the letter of RFC 9112";
  const std::string versions = "only HTTP/1.0 and HTTP/1.1";
  return {
      {"NoPhrase", answer("200", "Content-Length: 0\r\n"), "200 '' 1.1 none content-length=0"},
      {"EmptyPhrase", answer("200 ", "Content-Length: 0\r\n"), "200 '' 1.1 none content-length=0"},
      {"HighBytesInPhrase", answer("200 \xe4", "Content-Length: 0\r\n"), "200 '\xe4' 1.1 none content-length=0"},
      {"Status999", answer("999 x", "Content-Length: 0\r\n"), "999 'x' 1.1 none content-length=0"},
      {"Status099", answer("099 x", ""), "status below 100", kBad},
      {"Status000", answer("000 x", ""), "status below 100", kBad},
      {"Status1000", answer("1000 x", ""), "Response overflow", kBad},
      {"Status65736", answer("65736 x", ""), "Response overflow", kBad},
      // A former bug: llhttp 8.1 reads this as 200, and so did we.
      {"Status0200", answer("0200 x", "Content-Length: 0\r\n"), not_to_the_letter, kBad},
      {"StatusAndDash", answer("200-x", "Content-Length: 0\r\n"), "Invalid response status", kBad},
      {"StatusOfTwoDigits", answer("20 x", ""), not_to_the_letter, kBad},
      {"StatusOfOneDigit", answer("2 x", ""), not_to_the_letter, kBad},
      {"StatusWithSign", answer("+200 x", ""), "Invalid response status", kBad},
      {"StatusInLetters", answer("abc x", ""), "Invalid response status", kBad},
      {"TwoBlanksBeforeStatus", "HTTP/1.1  200 OK\r\n\r\n", not_to_the_letter, kBad},
      {"TabBeforeStatus", "HTTP/1.1\t200 OK\r\n\r\n", versions, kVersion},
      {"Http20", "HTTP/2.0 200 OK\r\n\r\n", versions, kVersion},
      {"Http09", "HTTP/0.9 200 OK\r\n\r\n", versions, kVersion},
      {"Http12", "HTTP/1.2 200 OK\r\n\r\n", versions, kVersion},
      {"Rtsp", "RTSP/1.0 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"Ice", "ICE/1.0 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"Icy", "ICY 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"LowerCase", "http/1.1 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"GreetingWithoutAnEmptyLine", "220 smtp ready\r\n", "does not begin with HTTP/", kBad},
      {"GreetingOfOneByte", "\x4a", "does not begin with HTTP/", kBad},
      // A former bug: "bare LF" when it came whole, "does not begin with HTTP/" when it came in pieces.
      {"GreetingWithBareLf", "+OK\n", "does not begin with HTTP/", kBad},
      {"BareLfFirst", "\nHTTP/1.1 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"BareCrFirst", "\rHTTP/1.1 200 OK\r\n\r\n", "does not begin with HTTP/", kBad},
      {"TwoEmptyLinesFirst", "\r\n\r\n" + answer("200 OK", ""), "does not begin with HTTP/", kBad},
      {"Request", "GET / HTTP/1.1\r\n\r\n", "does not begin with HTTP/", kBad},
      {"UnderscoreIsTheServicesOwnAffair", answer("200 OK", "A_b: c\r\nContent-Length: 0\r\n"),
       "200 'OK' 1.1 none content-length=0"},
      {"HostMeansNothing", answer("200 OK", "Host: /\r\nHost: b\r\nContent-Length: 0\r\n"),
       "200 'OK' 1.1 none content-length=0"},
      {"Folded", answer("200 OK", "A: b\r\n c\r\n"), "a line begins with a blank (obs-fold)", kBad},
      {"BareLf", "HTTP/1.1 200 OK\n\n", "bare LF", kBad},
      {"BareCrInPhrase", "HTTP/1.1 200 O\rK\r\n\r\n", "bare CR", kBad},
      {"NulInPhrase", answer("200 O\0K"s, ""), "control character in the head", kBad},
      {"NulInValue", answer("200 OK", "A: \0\r\n"s), "control character in the head", kBad},
      {"SpaceBeforeColon", answer("200 OK", "A : b\r\n"), "Invalid header token", kBad},
      {"SpaceInName", answer("200 OK", "A b: c\r\n"), "Invalid header token", kBad},
      {"EmptyLineFirst", "\r\n" + answer("200 OK", "Content-Length: 0\r\n"), "200 'OK' 1.1 none content-length=0"},
  };
}

std::vector<Case> all_cases() {
  auto all = body_cases();
  const auto heads = head_cases();
  all.insert(all.end(), heads.begin(), heads.end());
  return all;
}

class ResponseHeadTest : public ::testing::TestWithParam<Case> {};

TEST_P(ResponseHeadTest, ReadsTheSameAtEveryCut) {
  const auto& tested = GetParam();
  const auto transcript = record_at_every_cut(
      {.role = Role::kResponse, .bytes = tested.bytes, .answers_head = {tested.answers == Answers::kHead}});
  EXPECT_EQ(transcript.error, tested.error);
  EXPECT_EQ(tested.error == DecodeError::kNone ? first_start(transcript) : transcript.detail, tested.said);
  EXPECT_EQ(transcript.messages.size(), tested.error == DecodeError::kNone ? 1U : 0U) << "no head before the error";
}

INSTANTIATE_TEST_SUITE_P(Heads, ResponseHeadTest, ::testing::ValuesIn(all_cases()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::proxy::http1
