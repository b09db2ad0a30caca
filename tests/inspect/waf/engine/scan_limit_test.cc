// What a transaction may make its rules look at: counted the same whichever way they are run, and refused beyond.
#include <gtest/gtest.h>

#include <string>

#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::engine {
namespace {

const std::string kRules =
    "SecRequestBodyAccess On\n"
    "SecRule ARGS|ARGS_NAMES \"@rx attack\" \"id:1,phase:2,deny,t:urlDecodeUni,t:lowercase\"\n"
    "SecRule REQUEST_COOKIES \"@contains bad\" \"id:2,phase:1,deny\"\n"
    "SecRule ARGS \"@rx ^zz\" \"id:3,phase:2,deny,t:hexEncode\"\n"
    "SecAction \"id:4,phase:5,pass\"\n";

Exchange with_arguments(std::size_t number, const std::string& value) {
  Exchange exchange;
  exchange.target = "/?a=" + value;
  for (std::size_t i = 1; i < number; ++i) {
    exchange.target += "&a" + std::to_string(i) + "=" + value;
  }
  return exchange;
}

class ScanLimitTest : public ::testing::TestWithParam<plan::Options::Evaluation> {
 protected:
  static plan::Options options() {
    plan::Options options;
    options.evaluation = GetParam();
    return options;
  }
};

TEST_P(ScanLimitTest, BitesBeyondAndNotBefore) {
  Engine judge("SecRuleEngine On\n" + kRules, options());
  const auto exchange = with_arguments(20, "Some%20Value");
  const auto all = judge.run(exchange).scanned_bytes();
  EXPECT_GT(all, exchange.target.size());
  judge.scan_limit = all;
  EXPECT_EQ(judge.run(exchange).decision().action, Action::kPass);
  EXPECT_FALSE(judge.run(exchange).over_scan_limit());
  judge.scan_limit = all - 1;
  const auto& judged = judge.run(exchange);
  EXPECT_TRUE(judged.over_scan_limit());
  EXPECT_EQ(judged.decision().action, Action::kDeny);
  EXPECT_EQ(judged.decision().status, 413);
  EXPECT_EQ(judged.decision().rule_id, 0U);
}

TEST_P(ScanLimitTest, WhatStandsBehindItDoesNotPass) {
  Engine judge("SecRuleEngine On\n" + kRules, options());
  judge.scan_limit = 2000;
  auto exchange = with_arguments(200, "harmless");
  exchange.target += "&z=attack";
  EXPECT_EQ(judge.run(exchange).decision().action, Action::kDeny);
  EXPECT_EQ(ids_of(judge.run(exchange)), Ids{});
  EXPECT_LT(judge.run(exchange).scanned_bytes(), 2200U);
  EXPECT_EQ(ids_of(judge.run({})), Ids{4}) << "the next exchange begins anew";
}

TEST_P(ScanLimitTest, IsOnlyToldWhereNothingIsRefused) {
  Engine judge("SecRuleEngine DetectionOnly\n" + kRules, options());
  judge.scan_limit = 2000;
  const auto& judged = judge.run(with_arguments(200, "harmless"));
  EXPECT_EQ(judged.decision().action, Action::kPass);
  EXPECT_TRUE(judged.over_scan_limit());
  EXPECT_EQ(judged.would_decide().action, Action::kDeny);
}

TEST_P(ScanLimitTest, CountsValuesHoweverShort) {
  Engine judge("SecRuleEngine On\n" + kRules, options());
  Exchange exchange;
  exchange.headers = {{"Cookie", ""}};
  for (int i = 0; i < 10'000; ++i) {
    exchange.headers.front().second += "a;";
  }
  EXPECT_GE(judge.run(exchange).scanned_bytes(), 16U * 10'000U);
}

INSTANTIATE_TEST_SUITE_P(Evaluations, ScanLimitTest,
                         ::testing::Values(plan::Options::Evaluation::kPlan, plan::Options::Evaluation::kReference),
                         [](const auto& tested) {
                           return tested.param == plan::Options::Evaluation::kPlan ? "Plan" : "Reference";
                         });

}  // namespace
}  // namespace gabion::inspect::waf::engine
