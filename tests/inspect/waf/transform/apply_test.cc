// Every transformation's table: ordinary values, escapes cut off at the end, NUL and high bytes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/transform/transform.h"
#include "tests/support/malloc_count.h"

namespace gabion::inspect::waf::transform {
namespace {

using seclang::Transformation;
using namespace std::string_view_literals;

struct Row {
  std::string_view in;
  std::string_view out;
};

void expect_all(Transformation transformation, const std::vector<Row>& rows) {
  std::string buffer = "left from before";
  for (const Row& row : rows) {
    EXPECT_EQ(apply(transformation, row.in, buffer), row.in != row.out) << testing::PrintToString(row.in);
    EXPECT_EQ(buffer, row.out) << testing::PrintToString(row.in);
  }
}

TEST(UrlDecodeTest, DecodesWhatIsWholeAndKeepsTheRest) {
  const std::vector<Row> rows = {
      {"", ""},        {"a%41+b", "aA b"},      {"%", "%"},       {"%4", "%4"},   {"%4g", "%4g"}, {"%%41", "%A"},
      {"%00", "\0"sv}, {"%fF\xFF", "\xFF\xFF"}, {"%2541", "%41"}, {"a%2", "a%2"},
  };
  expect_all(Transformation::kUrlDecode, rows);
  expect_all(Transformation::kUrlDecodeUni, rows);
  expect_all(Transformation::kUrlDecode, {{"%u0041", "%u0041"}});
}

TEST(UrlDecodeUniTest, TakesTheBestFit) {
  expect_all(Transformation::kUrlDecodeUni, {{"%u0041%U0042", "AB"},
                                             {"%uff1cscript%uFF1e", "<script>"},
                                             {"%uff1f", "?"},  // the list has no full-width question mark; the fold has
                                             {"%u2018%u02b9%u2035", "''`"},
                                             {"%u00e4%u0100", "aA"},
                                             {"%u4e2d", "\x2D"},  // no entry: the low byte
                                             {"%u0000", "\0"sv},
                                             {"%u", "%u"},
                                             {"%u004", "%u004"},
                                             {"%u00g1", "%u00g1"},
                                             {"%u%41", "%uA"}});
}

TEST(UrlEncodeTest, KeepsLettersDigitsAndTheStar) {
  expect_all(Transformation::kUrlEncode,
             {{"aZ9*", "aZ9*"}, {"a b", "a+b"}, {"-._~/", "%2d%2e%5f%7e%2f"}, {"\0\xFF"sv, "%00%ff"}});
}

TEST(HtmlEntityDecodeTest, KnowsNumbersAndFiveNames) {
  expect_all(Transformation::kHtmlEntityDecode, {{"&lt;b&GT;&quot&amp;&nbsp;", "<b>\"&\xA0"},
                                                 {"&#60;&#x3C;&#X3c", "<<<"},
                                                 {"&lt", "<"},
                                                 {"&ltx;", "&ltx;"},
                                                 {"&apos;", "&apos;"},
                                                 {"&", "&"},
                                                 {"&#", "&#"},
                                                 {"&#x", "&#x"},
                                                 {"&#x;", "&#x;"},
                                                 {"&#;", "&#;"},
                                                 {"&&lt;", "&<"},
                                                 {"&#0;", "\0"sv},
                                                 {"&#316;", "<"},                      // the low byte of 316
                                                 {"&#99999999999999999999;", "\xFF"},  // too great for 63 bits
                                                 {"&amp;lt;", "&lt;"}});
}

TEST(JsDecodeTest, DecodesEscapes) {
  expect_all(Transformation::kJsDecode, {{R"(\x41\u0041\101)", "AAA"},
                                         {R"(\uff1c\uFF1E)", "<>"},
                                         {R"(\n\t\a\q\\)", "\n\t\aq\\"},
                                         {R"(\777\47\8)", "?7'8"},
                                         {R"(\x4)", "x4"},
                                         {R"(\u004)", "u004"},
                                         {R"(a\)", R"(a\)"},
                                         {R"(\0)", "\0"sv},
                                         {"\\\0b"sv, "\0b"sv},
                                         {"\\\xFF", "\xFF"}});
}

TEST(CssDecodeTest, DecodesUpToSixDigitsAndOneSpace) {
  expect_all(Transformation::kCssDecode, {{R"(\41 b\000041c)", "AbAc"},
                                          {R"(\65 xpression)", "expression"},
                                          {R"(\ff1c)", "<"},
                                          {R"(\00ff1c)", "<"},
                                          {R"(\10ff1c)", "\x1C"},
                                          {R"(\9)", "\t"},
                                          {R"(j\av)", "j\nv"},
                                          {"a\\\nb", "ab"},
                                          {R"(\zx\\)", R"(zx\)"},
                                          {R"(a\)", "a"},
                                          {"a\0b"sv, "a\0b"sv},
                                          {R"(a\0 b)", "a\0b"sv},
                                          {"\\\xFF", "\xFF"}});
}

TEST(EscapeSeqDecodeTest, DecodesCsEscapes) {
  expect_all(Transformation::kEscapeSeqDecode, {{R"(\a\b\f\n\r\t\v)", "\a\b\f\n\r\t\v"},
                                                {R"(\\\?\'\")", R"(\?'")"},
                                                {R"(\x41\X42\103\7)", "ABC\a"},
                                                {R"(\xg\q)", "xgq"},
                                                {R"(\x4)", "x4"},
                                                {R"(\777)", "\xFF"},
                                                {R"(c\)", R"(c\)"},
                                                {R"(\0)", "\0"sv}});
}

TEST(CmdLineTest, StripsWhatTheShellDoes) {
  expect_all(Transformation::kCmdLine, {{"C^OMMAND /C", "command/c"},
                                        {R"(c\a"t' ,;  x)", "cat x"},
                                        {"echo\t(1)\r\n", "echo(1) "},
                                        {"a \"/b", "a/b"},
                                        {" ", " "},
                                        {"\v\0\xC4"sv, "\v\0\xC4"sv}});
}

TEST(NormalizePathTest, RemovesDotsAndEmptySegments) {
  const std::vector<Row> both = {
      {"", ""},
      {"/", "/"},
      {"//", "/"},
      {"/a//b/", "/a/b/"},
      {"/a/./b", "/a/b"},
      {"/a/b/../c", "/a/c"},
      {"/../../etc", "/etc"},
      {"../../etc", "../../etc"},
      {"a/../b", "b"},
      {"a/b/..", "a"},
      {"./a", "a"},
      {"/a/..", ""},
      {".", ""},
      {"..", ".."},
      {"/a/x../b", "/a/b"},
      {"a.b", "a.b"},
      {"/a/...", "/a"},
      {"/\0/../\xFF"sv, "/\xFF"},
  };
  expect_all(Transformation::kNormalizePath, both);
  expect_all(Transformation::kNormalizePathWin, both);
  expect_all(Transformation::kNormalizePath, {{R"(a\..\b)", R"(a\..\b)"}});
  expect_all(Transformation::kNormalizePathWin, {{R"(a\..\b)", "b"}, {R"(c:\x\\y)", "c:/x/y"}, {R"(a\\\b)", R"(a\b)"}});
}

TEST(CommentsTest, AreReplaced) {
  expect_all(
      Transformation::kReplaceComments,
      {{"a/**/b", "a b"}, {"a/* x */b/* y", "a b "}, {"a/*/b", "a "}, {"a*/b--#", "a*/b--#"}, {"/", "/"}, {"/*", " "}});
}

TEST(CommentsTest, AreRemoved) {
  expect_all(Transformation::kRemoveComments, {{"a/*x*/b", "ab"},
                                               {"a<!--x-->b", "ab"},
                                               {"a/*x-->b", "ab"},
                                               {"a--b", "a"},
                                               {"a#b", "a"},
                                               {"a/*b", "a "},
                                               {"a/**/--b", "a--b"},
                                               {"a/**/", "a\0"sv},
                                               {"a-b", "a-b"}});
}

TEST(CommentsTest, LoseTheirMarks) {
  expect_all(Transformation::kRemoveCommentsChar,
             {{"a/*x*/b", "axb"}, {"<!--x-->", "x"}, {"a--b#c", "abc"}, {"<!-", "<!-"}, {"a---b", "a-b"}, {"-", "-"}});
}

TEST(Utf8ToUnicodeTest, WritesCodesAndDropsNul) {
  expect_all(Transformation::kUtf8ToUnicode, {{"a\xC3\xA4z", "a%u00e4z"},
                                              {"\xE2\x82\xAC", "%u20ac"},
                                              {"\xF0\x9F\x98\x80", "%u1f600"},
                                              {"a\0b"sv, "ab"},
                                              {"\xC0\xAF", "%u002f\xC0"},            // overlong
                                              {"\xED\xA0\x80", "%ud800\xED"},        // surrogate
                                              {"\xF5\x80\x80\x80", "\xF5%u140000"},  // beyond Unicode
                                              {"\xE2\x82", "\x82"},
                                              {"a\xC3", "a"},
                                              {"\xE2(\xA1", "(\xA1"},
                                              {"\xFF\x80", "\xFF\x80"}});
}

TEST(Base64Test, DecodesAllOrNothing) {
  expect_all(Transformation::kBase64Decode, {{"", ""},
                                             {"YWJj", "abc"},
                                             {"YWJjZA==", "abcd"},
                                             {"YWJjZA", "abc"},
                                             {"YWJj\r\nZGVm\n", "abcdef"},
                                             {"YWJj ", "abc"},
                                             {"YWJj ZGVm", ""},
                                             {"YWJj!ZGVm", ""},
                                             {"YWJj\0!"sv, "abc"},
                                             {"Y=Q=", ""},
                                             {"YQ===", ""},
                                             {"YWJj\xFF", ""},
                                             {"AP8=", "\0\xFF"sv}});
}

TEST(Base64Test, DecodesForgivingly) {
  expect_all(Transformation::kBase64DecodeExt, {{"Y.W J\0j"sv, "abc"},
                                                {"YWJ", "ab"},
                                                {"YWJjZ", "abc"},
                                                {"YWJj9", ""},
                                                {"YW=Jj", "abc"},
                                                {"Y=Q=", ""},
                                                {"=", ""},
                                                {"\xFF", ""}});
}

TEST(Base64Test, Encodes) {
  expect_all(Transformation::kBase64Encode,
             {{"", ""}, {"a", "YQ=="}, {"ab", "YWI="}, {"abc", "YWJj"}, {"\0\xFF"sv, "AP8="}});
}

TEST(HexTest, GoesBothWays) {
  expect_all(Transformation::kHexEncode, {{"\0\xFF"
                                           "a"sv,
                                           "00ff61"},
                                          {"", ""}});
  expect_all(Transformation::kHexDecode, {{"00fF61",
                                           "\0\xFF"
                                           "a"sv},
                                          {"414", "A"},
                                          {"4", ""},
                                          {"zz", "S"}});
}

TEST(SqlHexDecodeTest, DecodesNumbersAndLosesALastByte) {
  expect_all(Transformation::kSqlHexDecode, {{"0x61626", "ab6"},
                                             {"SELECT 0X6162 ", "SELECT ab "},
                                             {"0xzz ", "0xzz"},
                                             {"0x6", "0x"},
                                             {"0x610x62 ", "a0x62"},
                                             {"abc", "ab"},
                                             {"a\0b"sv, "a"},
                                             {"", ""}});
}

// RFC 1321 and FIPS 180-2 give these.
TEST(DigestTest, GivesRawBytes) {
  expect_all(Transformation::kMd5, {{"", "\xD4\x1D\x8C\xD9\x8F\x00\xB2\x04\xE9\x80\x09\x98\xEC\xF8\x42\x7E"sv},
                                    {"abc", "\x90\x01\x50\x98\x3C\xD2\x4F\xB0\xD6\x96\x3F\x7D\x28\xE1\x7F\x72"sv}});
  expect_all(Transformation::kSha1,
             {{"", "\xDA\x39\xA3\xEE\x5E\x6B\x4B\x0D\x32\x55\xBF\xEF\x95\x60\x18\x90\xAF\xD8\x07\x09"sv},
              {"abc", "\xA9\x99\x3E\x36\x47\x06\x81\x6A\xBA\x3E\x25\x71\x78\x50\xC2\x6C\x9C\xD0\xD8\x9D"sv}});
}

TEST(PlainTest, ChangesSingleBytes) {
  expect_all(Transformation::kLowercase, {{"aBZ[\xC4", "abz[\xC4"}, {"1", "1"}});
  expect_all(Transformation::kUppercase, {{"abz{\xE4", "ABZ{\xE4"}, {"1", "1"}});
  expect_all(Transformation::kLength, {{"", "0"}, {"a\0b"sv, "3"}, {"3", "1"}, {"1", "1"}});
  expect_all(Transformation::kRemoveNulls, {{"\0a\0\0b\0"sv, "ab"}, {"ab", "ab"}});
  expect_all(Transformation::kReplaceNulls, {{"\0a\0"sv, " a "}});
}

TEST(WhitespaceTest, IsRemovedCompressedOrTrimmed) {
  expect_all(Transformation::kRemoveWhitespace, {{" a\t\n\v\f\rb\xC2\xA0 ", "ab"}, {"\x85\0"sv, "\x85\0"sv}});
  expect_all(Transformation::kCompressWhitespace, {{" \t a\nb\xA0\xA0 ", " a b\xA0\xA0 "}, {"a b", "a b"}});
  expect_all(Transformation::kTrim, {{" \ta b\r\n", "a b"}, {"  ", ""}, {"\xA0 ", "\xA0"}, {"", ""}});
  expect_all(Transformation::kTrimLeft, {{" \ta ", "a "}, {"  ", ""}});
  expect_all(Transformation::kTrimRight, {{" a\v\n", " a"}, {"  ", ""}, {"\0 "sv, "\0"sv}});
}

TEST(ApplyTest, AllocatesNothingOnceTheBufferIsGreatEnough) {
  std::string buffer;
  buffer.reserve(4096);
  const char* const memory = buffer.data();
  const std::string value(500, '%');
  for (unsigned one = 0; one <= static_cast<unsigned>(Transformation::kUtf8ToUnicode); ++one) {
    (void)apply(static_cast<Transformation>(one), value, buffer);  // the first digest loads what OpenSSL needs
    const auto before = test::mallocs_so_far();
    (void)apply(static_cast<Transformation>(one), value, buffer);
    EXPECT_EQ(test::mallocs_so_far(), before) << one;
    EXPECT_EQ(buffer.data(), memory) << one;
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::transform
