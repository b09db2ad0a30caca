// UTF-8 of texts that come in pieces: the same answer at every cut, as soon as it is certain.
#include "proxy/protocol/websocket/utf8_check.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::proxy::websocket {
namespace {

struct Case {
  std::string text;
  bool valid;
};

/// Several as Autobahn's section 6 has them.
const Case kCases[] = {
    {"", true},
    {"plain ASCII, longer than a word", true},
    {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", true},
    {"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true},
    {"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd", true},
    {"\xc0\xaf", false},
    {"\xc1\x80", false},
    {"\xe0\x9f\xbf", false},
    {"\xed\xa0\x80", false},
    {"\xf0\x8f\xbf\xbf", false},
    {"\xf4\x90\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"\x80", false},
    {"abcdefgh\xff", false},
    {"\xce\xba\xe1\xbd", false},
    {"\xe2\x28\xa1", false},
};

TEST(Utf8Check, SaysTheSameAtEveryCut) {
  for (const Case& tested : kCases) {
    for (std::size_t cut = 0; cut <= tested.text.size(); ++cut) {
      Utf8Check check;
      const std::string_view text = tested.text;
      const bool valid = check.feed(text.substr(0, cut)) && check.feed(text.substr(cut)) && check.is_complete();
      EXPECT_EQ(valid, tested.valid) << tested.text << " cut at " << cut;
    }
  }
}

TEST(Utf8Check, RefusesAtTheFirstByteThatCannotBe) {
  Utf8Check check;
  EXPECT_TRUE(check.feed("\xed"));
  EXPECT_FALSE(check.is_complete());
  EXPECT_FALSE(check.feed("\xa0"));
}

}  // namespace
}  // namespace gabion::proxy::websocket
