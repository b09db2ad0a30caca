// One object, one line, printable ASCII: whatever the bytes.
#include "proxy/admin/json_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdint>
#include <limits>
#include <string>

namespace gabion::proxy {
namespace {

std::string escaped(std::string_view bytes, std::size_t max_bytes = 1'000) {
  std::string out;
  append_escaped(out, bytes, max_bytes);
  return out;
}

struct Case {
  const char* name;
  std::string bytes;
  std::string escaped;
};

class EscapeTest : public ::testing::TestWithParam<Case> {};

TEST_P(EscapeTest, LeavesNoByteThatCouldEndAStringOrALine) {
  EXPECT_EQ(escaped(GetParam().bytes), GetParam().escaped);
}

INSTANTIATE_TEST_SUITE_P(
    Bytes, EscapeTest,
    ::testing::Values(Case{"Plain", "/a?b=c", "/a?b=c"}, Case{"Quote", "a\"b", R"(a\"b)"},
                      Case{"Backslash", "a\\", R"(a\\)"}, Case{"Newline", "a\nb", R"(a\u000ab)"},
                      Case{"CarriageReturn", "\r", R"(\u000d)"}, Case{"Nul", std::string(1, '\0'), R"(\u0000)"},
                      Case{"Escape", "\x1b[2J", R"(\u001b[2J)"}, Case{"Delete", "\x7f", R"(\u007f)"},
                      Case{"C1Csi", "\xC2\x9B", R"(\u009b)"}, Case{"LineSeparator", "\xE2\x80\xA8", R"(\u2028)"},
                      Case{"RightToLeftOverride", "\xE2\x80\xAE", R"(\u202e)"}, Case{"Umlaut", "\xC3\xBC", R"(\u00fc)"},
                      Case{"Emoji", "\xF0\x9F\x98\x80", R"(\ud83d\ude00)"},
                      Case{"Largest", "\xF4\x8F\xBF\xBF", R"(\udbff\udfff)"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    InvalidUtf8, EscapeTest,
    ::testing::Values(Case{"LoneContinuation", "\x80", R"(\ufffd)"}, Case{"LoneLead", "\xC3", R"(\ufffd)"},
                      Case{"LeadThenAscii", "\xC3\"", R"(\ufffd\")"}, Case{"Overlong2", "\xC0\xAF", R"(\ufffd\ufffd)"},
                      Case{"Overlong3", "\xE0\x80\xAF", R"(\ufffd\ufffd\ufffd)"},
                      Case{"Overlong4", "\xF0\x80\x80\xAF", R"(\ufffd\ufffd\ufffd\ufffd)"},
                      Case{"Surrogate", "\xED\xA0\x80", R"(\ufffd\ufffd\ufffd)"},
                      Case{"BeyondUnicode", "\xF4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},
                      Case{"Ff", "\xFF\xFE", R"(\ufffd\ufffd)"}, Case{"CutAtTheEnd", "a\xE2\x80", R"(a\ufffd\ufffd)"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(Escape, CutsBetweenCharactersWithinItsBound) {
  EXPECT_EQ(escaped("abcdef", 3), "abc");
  EXPECT_EQ(escaped("ab\"c", 3), "ab");
  EXPECT_EQ(escaped("ab\"c", 4), R"(ab\")");
  EXPECT_EQ(escaped("\xF0\x9F\x98\x80", 11), "");
  EXPECT_EQ(escaped("\xF0\x9F\x98\x80", 12), R"(\ud83d\ude00)");
  EXPECT_EQ(escaped("abc", 0), "");
}

TEST(Escape, AppendsToWhatIsThere) {
  std::string out = "0123456789";
  append_escaped(out, "abcdef", 4);
  EXPECT_EQ(out, "0123456789abcd");
}

TEST(JsonLine, WritesEveryKindOfValueAndNesting) {
  std::string line = "left over";
  JsonLine json(line);
  json.text("text", "a");
  json.optional_text("empty", "");
  json.optional_text("given", "b");
  json.number("number", std::numeric_limits<std::uint64_t>::max());
  json.boolean("yes", true);
  json.null("nothing");
  json.begin_list("none");
  json.end_list();
  json.begin_list("list");
  json.begin_item();
  json.number("n", 1);
  json.text("m", "x");
  json.end_item();
  json.begin_item();
  json.end_item();
  json.end_list();
  json.boolean("last", false);
  json.finish();
  EXPECT_EQ(line, R"({"text":"a","empty":null,"given":"b","number":18446744073709551615,"yes":true,"nothing":null,)"
                  R"("none":[],"list":[{"n":1,"m":"x"},{}],"last":false})");
}

TEST(JsonLine, CutsTextAtOneKibibyte) {
  std::string line;
  JsonLine json(line);
  json.text("t", std::string(5'000, 'a'));
  json.finish();
  EXPECT_EQ(line.size(), std::string(R"({"t":""})").size() + JsonLine::kMaxTextBytes);
}

TEST(JsonLine, IsValidAsciiJsonForEveryPairOfBytes) {
  std::string line;
  for (unsigned pair = 0; pair < 0x10000; ++pair) {
    const std::string bytes = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xFFU)};
    JsonLine json(line);
    json.text("t", bytes);
    json.number("end", 1);
    json.finish();
    ASSERT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; })) << pair;
    boost::system::error_code failure;
    const boost::json::value value = boost::json::parse(line, failure);
    ASSERT_FALSE(failure) << pair;
    ASSERT_EQ(value.as_object().size(), 2U) << pair;
  }
}

}  // namespace
}  // namespace gabion::proxy
