// Field names as numbers, tokens and lists.
#include "proxy/protocol/http1/field_id.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace gabion::proxy::http1 {
namespace {

struct Name {
  std::string_view text;
  FieldId id;
};

constexpr Name kNames[] = {
    {"Accept-Encoding", FieldId::kAcceptEncoding},
    {"Connection", FieldId::kConnection},
    {"Content-Encoding", FieldId::kContentEncoding},
    {"Content-Length", FieldId::kContentLength},
    {"Expect", FieldId::kExpect},
    {"X-Forwarded-Client-Cert", FieldId::kForwardedClientCert},
    {"X-Forwarded-For", FieldId::kForwardedFor},
    {"Host", FieldId::kHost},
    {"HTTP2-Settings", FieldId::kHttp2Settings},
    {"Keep-Alive", FieldId::kKeepAlive},
    {"Proxy-Authorization", FieldId::kProxyAuthorization},
    {"Proxy-Connection", FieldId::kProxyConnection},
    {"Range", FieldId::kRange},
    {"X-Request-Id", FieldId::kRequestId},
    {"TE", FieldId::kTe},
    {"Traceparent", FieldId::kTraceparent},
    {"Tracestate", FieldId::kTracestate},
    {"Trailer", FieldId::kTrailer},
    {"Transfer-Encoding", FieldId::kTransferEncoding},
    {"Upgrade", FieldId::kUpgrade},
    {"User-Agent", FieldId::kUserAgent},
};

std::string with_case(std::string_view text, int (*change)(int)) {
  std::string changed(text);
  for (char& c : changed) {
    c = static_cast<char>(change(static_cast<unsigned char>(c)));
  }
  return changed;
}

TEST(FieldIdTest, KnowsEveryNameWithoutCase) {
  for (const auto& name : kNames) {
    EXPECT_EQ(field_id(name.text), name.id) << name.text;
    EXPECT_EQ(field_id(with_case(name.text, std::tolower)), name.id) << name.text;
    EXPECT_EQ(field_id(with_case(name.text, std::toupper)), name.id) << name.text;
  }
}

TEST(FieldIdTest, AnyOtherByteMakesAnotherName) {
  for (const auto& name : kNames) {
    const std::string text(name.text);
    EXPECT_EQ(field_id(text + "x"), FieldId::kOther) << text;
    EXPECT_EQ(field_id(text.substr(1)), FieldId::kOther) << text;
    for (std::size_t i = 0; i < text.size(); ++i) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 0x01);
      EXPECT_EQ(field_id(changed), FieldId::kOther) << changed;
      changed[i] = static_cast<char>(text[i] ^ 0x80);
      EXPECT_EQ(field_id(changed), FieldId::kOther) << i << " of " << text;
    }
  }
}

TEST(FieldIdTest, OtherNamesAreOther) {
  for (const std::string_view name : {"", "x", "Hosts", "Content_Length", "Transfer\tEncoding",
                                      "X-Forwarded-Client-Certs", "An-Extraordinarily-Long-Name-Of-A-Field"}) {
    EXPECT_EQ(field_id(name), FieldId::kOther) << name;
  }
}

TEST(EqualsLowerTest, FoldsAsciiLettersOnly) {
  EXPECT_TRUE(equals_lower("", ""));
  EXPECT_TRUE(equals_lower("ChUnKeD", "chunked"));
  EXPECT_FALSE(equals_lower("chunked", "chunke"));
  EXPECT_FALSE(equals_lower("a[", "a{"));
  EXPECT_FALSE(equals_lower("@", "`"));
  EXPECT_FALSE(equals_lower("\xe4", "\xc4"));
}

TEST(IsTokenTest, HoldsForExactlyTheCharactersOfRfc9110) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = byte < 128 && (std::isalnum(byte) != 0 || kMarks.find(c) != std::string_view::npos);
    EXPECT_EQ(is_token({&c, 1}), expected) << byte;
    EXPECT_EQ(is_token(std::string("ab") + c), expected) << byte;
    EXPECT_EQ(is_token(c + std::string("ab")), expected) << byte;
  }
  EXPECT_FALSE(is_token(""));
}

TEST(TrimOwsTest, TakesBlanksFromTheEndsOnly) {
  const struct {
    std::string_view text;
    std::string_view trimmed;
  } cases[] = {{"", ""}, {" \t ", ""}, {"a", "a"}, {" \ta b\t ", "a b"}, {"\ra ", "\ra"}, {"a\x0b", "a\x0b"}};
  for (const auto& tested : cases) {
    EXPECT_EQ(trim_ows(tested.text), tested.trimmed);
  }
}

TEST(ListContainsTest, ComparesWholeMembers) {
  const struct {
    std::string_view list;
    bool contains;
  } cases[] = {{"trailers", true},
               {"gzip, TRAILERS", true},
               {" ,,\ttrailers ,x", true},
               {"trailers;q=1", false},
               {"trailersx", false},
               {"xtrailers", false},
               {"", false},
               {",", false},
               {"trail,ers", false},
               {"\"trailers\"", false},
               {"gzip;trailers", false},
               {"a,b,trailers", true},
               {"trailers,", true},
               {"trailers trailers", false}};
  for (const auto& tested : cases) {
    EXPECT_EQ(list_contains(tested.list, "trailers"), tested.contains) << tested.list;
  }
}

}  // namespace
}  // namespace gabion::proxy::http1
