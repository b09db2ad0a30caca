// Luhn and issuer table against published numbers, and how much chance passes.
#include "inspect/dlp/checks/payment_card.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "inspect/dlp/checks/checksums.h"

namespace gabion::inspect::dlp {
namespace {

// Published test numbers of the networks and of payment gateways.
constexpr std::string_view kGood[] = {"4111111111111111", "4012888888881881", "4222222222222",      "4000056655665556",
                                      "5555555555554444", "5105105105105100", "2223003122003222",   "2720990000000007",
                                      "378282246310005",  "371449635398431",  "30569309025904",     "38520000023237",
                                      "36227206271667",   "6011111111111117", "6011000990139424",   "3530111333300000",
                                      "3566002020360505", "6200000000000005", "6205500000000000004"};

TEST(PaymentCardNumberTest, AcceptsPublishedNumbers) {
  for (const std::string_view number : kGood) {
    EXPECT_TRUE(is_payment_card(number)) << number;
  }
}

TEST(PaymentCardNumberTest, RefusesWhatOnlyLooksLikeOne) {
  for (const std::string_view number :
       {"", "4111111111111112", "0000000000000000", "4444444444444444", "1234567812345670", "411111111111",
        "41111111111111111111", "122000000000003", "9999999999991111", "1700000000000", "20231124123456"}) {
    EXPECT_FALSE(is_payment_card(number)) << number;
  }
}

TEST(PaymentCardNumberTest, NoticesEveryChangeOfOneDigit) {
  for (const std::string_view number : kGood) {
    for (std::size_t at = 0; at < number.size(); ++at) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        std::string changed(number);
        changed[at] = digit;
        EXPECT_EQ(passes_luhn(changed), digit == number[at]) << changed;
      }
    }
  }
}

// A number in JSON is covered with nines: the result must be none.
TEST(PaymentCardNumberTest, NoNetworkIssuesNumbersFrom9999) {
  for (std::size_t length = 13; length <= 19; ++length) {
    EXPECT_FALSE(has_card_issuer(std::string(length, '9'))) << length;
  }
}

// Shares of random digits, measured when the catalogue was made, 20 % either way.
TEST(PaymentCardNumberTest, ChancePassesAsOftenAsMeasured) {
  const struct {
    std::size_t length;
    double percent;
  } cases[] = {{13, 0.99}, {14, 0.36}, {15, 0.19}, {16, 2.3}, {19, 1.3}};
  std::mt19937 random(7);
  std::uniform_int_distribution<int> digit('0', '9');
  constexpr int kTries = 300'000;
  for (const auto& tested : cases) {
    int passed = 0;
    for (int i = 0; i < kTries; ++i) {
      std::string number(tested.length, '0');
      for (char& c : number) {
        c = static_cast<char>(digit(random));
      }
      passed += is_payment_card(number) ? 1 : 0;
    }
    const double percent = 100.0 * passed / kTries;
    EXPECT_NEAR(percent, tested.percent, tested.percent * 0.2) << tested.length << " digits";
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
