// Sensitive values in rows of a database: found by value and column, covered as JSON in JSON, or refused.
#include "inspect/dlp/row_scanner.h"

#include <gtest/gtest.h>

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using Kind = RowText::Kind;

std::shared_ptr<const Profile> profile(DlpAction action) {
  config::DlpProfile made;
  made.name = "p";
  made.types.push_back({"default", "test"});
  config::DlpRule rule;
  rule.treatment.action = action;
  made.rules.push_back(rule);
  auto hash = std::make_shared<const KeyedHash>(*KeyedHash::from_key("0123456789abcdef0123456789abcdef"));
  auto compiled = Profile::compile(made, std::move(hash), nullptr);
  EXPECT_TRUE(compiled.has_value());
  return *compiled;
}

class Bed {
 public:
  explicit Bed(DlpAction action) : profile_(profile(action)) {
    EXPECT_TRUE(profile_->types().prepare(scratch_));
    scanner_ = std::make_unique<RowScanner>(profile_, scratch_, findings_);
    scanner_->begin_answer(Demand::kAsWritten, "peer", {});
  }
  /// What the texts leave as; nothing when refused.
  std::optional<std::vector<std::string>> judge(const std::vector<RowText>& texts) {
    std::vector<RowCover> covers;
    if (!scanner_->judge(texts, covers)) {
      return std::nullopt;
    }
    std::vector<std::string> leave;
    for (const RowText& text : texts) {
      leave.emplace_back(text.text);
    }
    for (const RowCover& cover : covers) {
      leave[cover.index] = cover.text;
    }
    return leave;
  }
  RowScanner& scanner() { return *scanner_; }
  FindingList& findings() { return findings_; }

 private:
  Scratch scratch_;
  FindingList findings_;
  std::shared_ptr<const Profile> profile_;
  std::unique_ptr<RowScanner> scanner_;
};

using Texts = std::vector<std::string>;

TEST(RowScanner, CoversValuesWhereTheyStand) {
  Bed bed(DlpAction::kMask);
  EXPECT_EQ(bed.judge({{"note", "pay 4111 1111 1111 1111 now"}, {"id", "7"}, {"card", "4111111111111111"}}),
            (Texts{"pay **** **** **** 1111 now", "7", "************1111"}));
  EXPECT_EQ(bed.judge({{"id", "7"}, {"name", "Ada"}, {"when", "2026-11-26"}}), (Texts{"7", "Ada", "2026-11-26"}));
  ASSERT_EQ(bed.findings().items().size(), 2U);
  EXPECT_EQ(bed.findings().items()[1].field, "/card");
}

TEST(RowScanner, LeavesJsonJson) {
  Bed bed(DlpAction::kMask);
  EXPECT_EQ(bed.judge({{"body", R"({"card": "4111111111111111", "n": 4111111111111111})", Kind::kJson},
                       {"card", "4111111111111111"},
                       {"more", "[1, 2]", Kind::kJson}}),
            (Texts{R"({"card": "************1111", "n": 9999999999991111})", "************1111", "[1, 2]"}));
}

TEST(RowScanner, FindsNothingAcrossTwoValues) {
  Bed bed(DlpAction::kMask);
  EXPECT_EQ(bed.judge({{"a", "41111111"}, {"b", "11111111"}}), (Texts{"41111111", "11111111"}));
}

TEST(RowScanner, ReplacesAndKeepsTheRest) {
  Bed bed(DlpAction::kReplace);
  EXPECT_EQ(bed.judge({{"a", "x 4111111111111111 y 5555555555554444 z"}, {"b", "4111111111111111"}}),
            (Texts{"x [CREDIT_CARD] y [CREDIT_CARD] z", "[CREDIT_CARD]"}));
}

TEST(RowScanner, RefusesTheAnswer) {
  Bed bed(DlpAction::kBlock);
  EXPECT_EQ(bed.judge({{"a", "4111111111111111"}}), std::nullopt);
  EXPECT_EQ(bed.scanner().refusal(), RowScanner::Refusal::kSensitive);
  EXPECT_EQ(bed.scanner().rule(), "CREDIT_CARD");
  EXPECT_TRUE(bed.findings().items()[0].blocked);
}

TEST(RowScanner, TellsAndTouchesNothing) {
  Bed bed(DlpAction::kLog);
  EXPECT_EQ(bed.judge({{"a", "4111111111111111"}}), (Texts{"4111111111111111"}));
  EXPECT_EQ(bed.findings().items().size(), 1U);
}

TEST(RowScanner, AKeyThatDoesNotEndStaysInItsValue) {
  for (const DlpAction action : {DlpAction::kMask, DlpAction::kReplace}) {
    Bed bed(action);
    const auto leaves = bed.judge({{"key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7"}, {"b", "MIIEowIB"}});
    ASSERT_TRUE(leaves.has_value());
    EXPECT_EQ((*leaves)[0].find("MIIEpAIB"), std::string::npos);
    EXPECT_LT((*leaves)[1].size(), 40U);
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
