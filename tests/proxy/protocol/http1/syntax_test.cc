// Grammars that are also used without a head around them.
#include "proxy/protocol/http1/syntax.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy::http1 {
namespace {

TEST(SyntaxTest, RequestLineHasOneBlankOnEachSide) {
  const struct {
    std::string_view line;
    bool fits;
  } cases[] = {{"GET /a HTTP/1.1", true},
               {"GET /a HTTP/1.0", true},
               {"GET  /a HTTP/1.1", false},
               {"GET /a  HTTP/1.1", false},
               {"GET /a RTSP/1.0", false},
               {"GET /a ICE/1.0", false},
               {"GET /a HTTP/1.1 ", false},
               {"GET /a HTTP/1.11", false},
               {"GET /a HTTP/2.0", false},
               {"GET /a", false},
               {"", false},
               {"GET /a\tHTTP/1.1", false}};
  for (const auto& tested : cases) {
    EXPECT_EQ(is_request_line(tested.line, "GET", "/a"), tested.fits) << tested.line;
  }
}

TEST(SyntaxTest, StatusLineHasThreeDigits) {
  const struct {
    std::string_view line;
    bool fits;
  } cases[] = {{"HTTP/1.1 200 OK", true},   {"HTTP/1.0 200 ", true},     {"HTTP/1.1 200", true},
               {"HTTP/1.1 200-", false},    {"HTTP/1.1 0200 OK", false}, {"HTTP/1.1 2 OK", false},
               {"HTTP/1.1 20", false},      {"HTTP/1.1  20 x", false},   {"HTTP/2.0 200 OK", false},
               {"HTTP/1.11 200 OK", false}, {"RTSP/1.0 200", false},     {"", false}};
  for (const auto& tested : cases) {
    EXPECT_EQ(is_status_line(tested.line), tested.fits) << tested.line;
  }
}

TEST(SyntaxTest, AuthorityTakesNoByteOutsideItsGrammar) {
  constexpr std::string_view kMarks = "-._~%!$&'()*+;=";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool expected = alphanumeric || kMarks.find(c) != std::string_view::npos;
    EXPECT_EQ(is_authority(std::string("a") + c + "b"), expected) << byte;
    EXPECT_EQ(is_authority(std::string("a:8") + c), c >= '0' && c <= '9') << byte;
  }
}

}  // namespace
}  // namespace gabion::proxy::http1
