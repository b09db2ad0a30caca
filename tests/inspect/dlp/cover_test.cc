// What stands in a value's place keeps the form of what surrounds it and tells nothing more.
#include "inspect/dlp/cover.h"

#include <gtest/gtest.h>

#include <string>

#include "inspect/dlp/checks/checksums.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using config::DlpTreatment;
using config::TokenLength;

struct MaskCase {
  const char* name;
  std::string raw;
  std::string expected;
  ValueClass value_class = ValueClass::kNumber;
  ValueKind kind = ValueKind::kText;
  Spelling spelling = Spelling::kPlain;
  std::uint8_t keep_first = 0;
  std::uint8_t keep_last = 4;
};

class MaskTest : public ::testing::TestWithParam<MaskCase> {};

TEST_P(MaskTest, KeepsTheLengthAndTheSeparators) {
  const MaskCase& tested = GetParam();
  DlpTreatment treatment;
  treatment.action = DlpAction::kMask;
  treatment.keep_first = tested.keep_first;
  treatment.keep_last = tested.keep_last;
  std::string raw = tested.raw;
  mask(raw, treatment, tested.value_class, tested.kind, tested.spelling);
  EXPECT_EQ(raw, tested.expected);
  EXPECT_EQ(raw.size(), tested.raw.size());
}

INSTANTIATE_TEST_SUITE_P(
    Values, MaskTest,
    ::testing::Values(MaskCase{"Card", "4111 1111 1111 1111", "**** **** **** 1111", ValueClass::kCard},
                      MaskCase{"LongIdShowsNoMoreThanHalf", "11010519491231002X", "11010*********002X",
                               ValueClass::kNumber, ValueKind::kText, Spelling::kPlain, 6, 4},
                      MaskCase{"CardNeverShowsMoreThanSixAndFour", "4111-1111-1111-1111", "4111-11**-****-1111",
                               ValueClass::kCard, ValueKind::kText, Spelling::kPlain, 32, 32},
                      MaskCase{"ShortValueShowsLessThanHalf", "12345", "***45"},
                      MaskCase{"JsonNumberStaysOne", "4111111111111111", "9999999999991111", ValueClass::kNumber,
                               ValueKind::kJsonNumber},
                      MaskCase{"EscapesAreCoveredWhole", "\\u00341111", "**********", ValueClass::kNumber,
                               ValueKind::kString, Spelling::kEscaped},
                      MaskCase{"SecretKeepsNothing", "ghp_abcdef123456", "***_************", ValueClass::kSecret},
                      MaskCase{"EMail", "jo.do@example.org", "**.**@*******.org", ValueClass::kEmail, ValueKind::kText,
                               Spelling::kPlain, 0, 3},
                      MaskCase{"Utf8", "ünïcode1234", "**********234", ValueClass::kOther, ValueKind::kText,
                               Spelling::kPlain, 0, 3},
                      MaskCase{"Empty", "", ""}),
    [](const auto& tested) { return std::string(tested.param.name); });

KeyedHash test_key() {
  return *KeyedHash::from_key("0123456789abcdef0123456789abcdef");
}

TEST(Token, IsTheSameForTheSameValueAndAnotherForAnother) {
  const KeyedHash key = test_key();
  DlpTreatment treatment;
  treatment.action = DlpAction::kToken;
  const auto one = token(treatment, key, key.digest("EMAIL_ADDRESS", "a@b.org"), 7, ValueKind::kText);
  EXPECT_EQ(one, token(treatment, key, key.digest("EMAIL_ADDRESS", "a@b.org"), 7, ValueKind::kText));
  EXPECT_NE(one, token(treatment, key, key.digest("EMAIL_ADDRESS", "b@b.org"), 7, ValueKind::kText));
  EXPECT_NE(one, token(treatment, key, key.digest("OTHER", "a@b.org"), 7, ValueKind::kText));
  EXPECT_EQ(one.substr(0, 4 + 8 + 1), "tok_" + std::string(key.key_id()) + "_");
}

TEST(Token, OfSameLengthHoldsNoDigits) {
  const KeyedHash key = test_key();
  DlpTreatment treatment;
  treatment.action = DlpAction::kToken;
  treatment.token_length = TokenLength::kSame;
  for (std::size_t size = 1; size < 100; ++size) {
    const auto made = token(treatment, key, key.digest("X", std::to_string(size)), size, ValueKind::kString);
    EXPECT_EQ(made.size(), size);
    EXPECT_EQ(made.find_first_of("0123456789"), std::string::npos);
  }
}

TEST(Token, OfAJsonNumberIsANumberAndNoCard) {
  const KeyedHash key = test_key();
  for (int i = 0; i < 10'000; ++i) {
    const auto made = token({}, key, key.digest("CREDIT_CARD", std::to_string(i)), 16, ValueKind::kJsonNumber);
    ASSERT_EQ(made.size(), 16U);
    ASSERT_NE(made.front(), '0');
    ASSERT_EQ(made.find_first_not_of("0123456789"), std::string::npos);
    ASSERT_FALSE(passes_luhn(made)) << made;
  }
}

TEST(Replacement, OfAJsonNumberIsAString) {
  EXPECT_EQ(replacement({}, "US_SSN", ValueKind::kString), "[US_SSN]");
  EXPECT_EQ(replacement({}, "US_SSN", ValueKind::kJsonNumber), "\"[US_SSN]\"");
}

TEST(Sample, ShowsLittle) {
  EXPECT_EQ(sample("4111 1111 1111 1111", ValueClass::kNumber, ""), "**** **** **** 1111");
  EXPECT_EQ(sample("1234567", ValueClass::kNumber, ""), "");
  EXPECT_EQ(sample("someone@example.org", ValueClass::kEmail, ""), "s***@***.org");
  EXPECT_EQ(sample("ghp_0123456789abcdef", ValueClass::kSecret, "ghp_"), "ghp_****");
  EXPECT_EQ(sample("0123456789abcdef", ValueClass::kSecret, ""), "");
  EXPECT_EQ(sample("Main Street 1", ValueClass::kOther, ""), "");
}

TEST(KeyedHash, RefusesAShortKeyAndNamesWithItsKeysId) {
  EXPECT_FALSE(KeyedHash::from_key("short").has_value());
  const KeyedHash key = test_key();
  const std::string name = key.name(key.digest("US_SSN", "536221234"));
  EXPECT_EQ(name.size(), 8U + 1 + 16);
  EXPECT_EQ(name.substr(0, 8), key.key_id());
  EXPECT_NE(name, KeyedHash::random()->name(KeyedHash::random()->digest("US_SSN", "536221234")));
}

TEST(KeyedHash, TypeAndValueDoNotRunIntoEachOther) {
  const KeyedHash key = test_key();
  EXPECT_NE(key.digest("AB", "C"), key.digest("A", "BC"));
}

TEST(Canonical, ForgetsSeparatorsOfNumbersAndTheCaseOfDomains) {
  std::string out;
  make_canonical("(030) 12-34.5/6", ValueClass::kNumber, out);
  EXPECT_EQ(out, "030123456");
  make_canonical("Jo@Example.ORG", ValueClass::kEmail, out);
  EXPECT_EQ(out, "Jo@example.org");
  make_canonical("a-B c", ValueClass::kSecret, out);
  EXPECT_EQ(out, "a-B c");
}

}  // namespace
}  // namespace gabion::inspect::dlp
