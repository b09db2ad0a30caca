// The operators that are more than a comparison, as tables.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "inspect/waf/operators/byte_range.h"
#include "inspect/waf/operators/encodings.h"
#include "inspect/waf/operators/ip_list.h"
#include "inspect/waf/operators/numbers.h"
#include "inspect/waf/operators/phrases.h"
#include "inspect/waf/operators/text.h"

namespace gabion::inspect::waf::operators {
namespace {

constexpr auto kNone = std::string_view::npos;

TEST(NumbersTest, ReadTheIntegerAtTheStart) {
  const struct {
    const char* text;
    std::int64_t number;
  } kCases[] = {{"", 0},   {"12", 12},  {" -7x", -7}, {"+3", 3},
                {"x1", 0}, {"0x10", 0}, {"\n5", 5},   {"99999999999999999999", 9223372036854775807},
                {"1.9", 1}};
  for (const auto& tested : kCases) {
    EXPECT_EQ(integer_of(tested.text), tested.number) << tested.text;
  }
  EXPECT_EQ(small_integer(2147483648), 0);
  EXPECT_EQ(small_integer(-2147483648), -2147483648);
}

TEST(ByteRangeTest, FindsTheFirstByteOutside) {
  const auto range = ByteRange::parse("32-36,38-126, 10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->find_outside("a\nb"), kNone);
  EXPECT_EQ(range->find_outside("a%b"), 1U);
  EXPECT_EQ(range->find_outside("ab\xff"), 2U);
  for (const char* wrong : {"256", "a", "5-1", "1,,2", "-"}) {
    EXPECT_FALSE(ByteRange::parse(wrong)) << wrong;
  }
}

TEST(EncodingsTest, FindWhatBreaksThem) {
  EXPECT_EQ(find_bad_url_encoding("a%20%zz"), 4U);
  EXPECT_EQ(find_bad_url_encoding("%4"), 0U);
  EXPECT_EQ(find_bad_url_encoding("%41%"), 3U);
  EXPECT_EQ(find_bad_url_encoding("%41 ok"), kNone);
  const struct {
    std::string_view text;
    std::size_t bad;
  } kUtf8[] = {{"a\xc3\xa9", kNone},    {"\xc0\xaf", 0},        {"a\x80", 1},        {"\xe2\x82\xac", kNone},
               {"\xe2\x82", 0},         {"\xe0\x80\xaf", 0},    {"\xed\xa0\x80", 0}, {"\xf0\x9f\x98\x80", kNone},
               {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}};
  for (const auto& tested : kUtf8) {
    EXPECT_EQ(find_bad_utf8(tested.text), tested.bad) << tested.text;
  }
}

TEST(IpListTest, HoldsAddressesAndNetworks) {
  const std::vector<std::string> entries{"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"};
  const auto list = IpList::parse(entries);
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->contains("10.2.3.4"));
  EXPECT_TRUE(list->contains("192.0.2.7"));
  EXPECT_TRUE(list->contains("2001:db8::1"));
  EXPECT_FALSE(list->contains("192.0.2.8"));
  EXPECT_FALSE(list->contains("no address"));
  const std::vector<std::string> wrong{"10.0.0.0/33"};
  EXPECT_FALSE(IpList::parse(wrong));
}

TEST(PhrasesTest, FindsThePhraseThatBeginsFirst) {
  const std::vector<std::string> list{"union", "Select", "un", "\xe9t\xe9"};
  const Phrases phrases(list);
  const struct {
    std::string_view value;
    std::string_view found;
  } kCases[] = {{"a UNION", "UN"}, {"sel select", "select"}, {"SELEC", ""}, {"", ""}, {"\xe9t\xe9", "\xe9t\xe9"}};
  for (const auto& tested : kCases) {
    const auto found = phrases.find(tested.value);
    EXPECT_EQ(found, tested.found) << tested.value;
    EXPECT_EQ(found.data() == nullptr, tested.found.empty()) << tested.value;
  }
  EXPECT_EQ(Phrases({}).find("x").data(), nullptr);
}

TEST(TextTest, WordsHaveNoLettersBesideThem) {
  EXPECT_TRUE(contains_word("a word.", "word"));
  EXPECT_TRUE(contains_word("sword word", "word"));
  EXPECT_FALSE(contains_word("sword words", "word"));
  EXPECT_TRUE(contains_word("1word2", "word"));
}

TEST(TextTest, WithinIsWhatFindSays) {
  const std::string_view lists[] = {
      "", "/", "/a/", "/proxy/ /if/ /lock-token/", "GET HEAD POST", "|text/xml| |text/x|", "//"};
  const std::string_view parts[] = {"",   "/",     "/a",       "/if/", "/i/", "/lock-token/", "GET",
                                    "ET", "POST ", "|text/x|", "x|",   "//",  "/ /",          "zz"};
  for (const auto list : lists) {
    for (const auto part : parts) {
      EXPECT_EQ(is_within(part, list), list.find(part) != std::string_view::npos) << part << " in " << list;
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::operators
