// Text on its way to a log.
#include "inspect/dlp/redact.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::inspect::dlp {
namespace {

TEST(RedactTest, CoversCardNumbersHoweverTheyAreWritten) {
  const struct {
    std::string_view text;
    std::string_view expected;
  } cases[] = {{"/pay?card=4111111111111111&x=1", "/pay?card=************1111&x=1"},
               {"card=4111+1111+1111+1111", "card=****+****+****+1111"},
               {"card=4111%201111%201111%201111", "card=****%20****%20****%201111"},
               {"card=%34111111111111111", "card=**************1111"},
               {"/4111-1111-1111-1111/", "/****-****-****-1111/"},
               {"two 378282246310005, 30569309025904", "two ***********0005, **********5904"},
               {"/orders/1700000000000?ts=20231124123456", "/orders/1700000000000?ts=20231124123456"},
               {"%20%2", "%20%2"},
               {"", ""}};
  for (const auto& tested : cases) {
    EXPECT_EQ(redact_text(tested.text), tested.expected);
    EXPECT_EQ(redact_text(redact_text(tested.text)), tested.expected) << "covering twice changes nothing";
  }
}

TEST(RedactTest, KeepsTheLastFourDigitsAndTheSeparators) {
  std::string card = "4111 1111-1111 1111";
  cover_card(card, Cover::kStars);
  EXPECT_EQ(card, "**** ****-**** 1111");
  card = "30569309025904";
  cover_card(card, Cover::kNines);
  EXPECT_EQ(card, "99999999995904");
  card = "123";
  cover_card(card, Cover::kStars);
  EXPECT_EQ(card, "123");
}

TEST(RedactTest, SamplesShowFourDigits) {
  EXPECT_EQ(masked_sample("4111 1111 1111 1111"), "************1111");
}

}  // namespace
}  // namespace gabion::inspect::dlp
