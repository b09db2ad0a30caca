// Decoders: what comes out, and that it does not depend on the cuts.
#include "inspect/attack/decoders.h"

#include <gtest/gtest.h>

#include <string>

#include "inspect/attack/second_view.h"

namespace gabion::inspect::attack {
namespace {

template <class Decoder>
std::string decode(Decoder decoder, std::string_view in, std::size_t cut) {
  std::string out;
  decoder.feed(in.substr(0, cut), out);
  decoder.feed(in.substr(cut), out);
  decoder.finish(out);
  return out;
}

template <class Decoder>
void expect_decoded(const Decoder& decoder, std::string_view in, std::string_view expected) {
  for (std::size_t cut = 0; cut <= in.size(); ++cut) {
    EXPECT_EQ(decode(decoder, in, cut), expected) << in << " cut at " << cut;
  }
}

TEST(PercentDecoderTest, DecodesFormsAndQueries) {
  const PercentDecoder form(PercentSyntax::kForm);
  expect_decoded(form, "a=1%27+or%2B1&b=%41%zz%4",
                 "a=1' or+1\x1e"
                 "b=A%zz%4");
  expect_decoded(form, "%u0027%u00e4%uff07%u12", "'\xc3\xa4'%u12");
  expect_decoded(form, "%%41%", "%A%");
  expect_decoded(form, "%00%0b%0c|%1e|\x1e|%26", "   |\x1f|\x1f|&");
}

TEST(PercentDecoderTest, LeavesPlusAndAmpersandInPaths) {
  expect_decoded(PercentDecoder(PercentSyntax::kPath), "/a+b&c%2f%2e%2e", "/a+b&c/..");
}

TEST(JsonUnescaperTest, DecodesEscapesAndMarksStrings) {
  const JsonUnescaper json;
  expect_decoded(json, R"({"a":"1\u0027 or \"x\"\/\\\n\u00e4"})",
                 "{\x1e"
                 "a\x1e:\x1e"
                 "1' or \"x\"/\\\n\xc3\xa4\x1e}");
  expect_decoded(json, R"(\u00g1\u12)", "\\u00g1\\u12");
  expect_decoded(json, R"(\q\b\ud83d\)", "q \xed\xa0\xbd\\");
  expect_decoded(json, R"(\uff1cscript)", "<script");
}

TEST(CommentCollapserTest, ReplacesCommentsAndShortensBlanks) {
  const CommentCollapser comments;
  expect_decoded(comments, "union/**/select", "union select");
  expect_decoded(comments, "union /* x * / */ \n select", "union select");
  expect_decoded(comments, "1/*!50000union*/select/*!from*/t", "1 union select from t");
  expect_decoded(comments, "a/b*c/", "a/b*c/");
  expect_decoded(comments, "2*3 //*x*/4", "2*3 / 4");
  expect_decoded(comments, "open /* never closed", "open ");
  expect_decoded(comments, "/***/x/*/y*/z", " x z");
  expect_decoded(comments, "**/", "* ");
}

TEST(SecondViewTest, BeginsWhereTheFirstStopsBeingTheSame) {
  EXPECT_EQ(find_second_view("nothing % / * here"), std::string_view::npos);
  EXPECT_EQ(find_second_view("ab%41"), 2U);
  EXPECT_EQ(find_second_view("ab%4x%u0041"), 5U);
  EXPECT_EQ(find_second_view("a/b/*c%41"), 3U);
  EXPECT_EQ(undecided_tail("abc"), 0U);
  EXPECT_EQ(undecided_tail("abc%"), 1U);
  EXPECT_EQ(undecided_tail("abc/"), 1U);
  EXPECT_EQ(undecided_tail("abc%4"), 2U);
  EXPECT_EQ(undecided_tail("abc%x"), 0U);
  EXPECT_EQ(undecided_tail(""), 0U);
}

TEST(SecondViewTest, CountsFromTheLastDifference) {
  SecondView view;
  std::string between;
  std::string out;
  view.feed("%41/**/12345", between, out);
  EXPECT_EQ(out, "A 12345");
  EXPECT_EQ(view.quiet_bytes(), 5U);
  EXPECT_TRUE(view.is_idle());
  view.feed("/*....", between, out);
  EXPECT_EQ(view.quiet_bytes(), 0U);
  EXPECT_FALSE(view.is_idle());
}

}  // namespace
}  // namespace gabion::inspect::attack
