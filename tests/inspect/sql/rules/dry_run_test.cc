// DryRun policies are judged beside the Enforce ones and change nothing.
#include "tests/inspect/sql/rules/sql_desk.h"

namespace gabion::inspect::sql {
namespace {

using config::kube::PolicyMode;
using config::kube::RuleAction;
using config::kube::SqlMatch;

std::shared_ptr<const SqlRule> rule(const char* name, RuleAction action, PolicyMode mode, const char* word) {
  SqlMatch match;
  match.statements = {word};
  return std::make_shared<const SqlRule>(SqlRule::compile(name, action, mode, {match}));
}

SqlSubject subject(std::vector<std::shared_ptr<const SqlRule>> rules, PortClosed closed) {
  return {std::make_shared<const SqlRules>(std::move(rules), closed), app_context()};
}

TEST(SqlDryRun, AnAllowThatWouldClose) {
  const auto asked =
      subject({rule("shop/try/reads", RuleAction::kAllow, PolicyMode::kDryRun, "SELECT")}, {false, true});
  const auto write = shared_judge().judge("DELETE FROM a", asked);
  EXPECT_TRUE(write.allow);
  EXPECT_TRUE(write.dry_run_differs);
  EXPECT_FALSE(write.dry_run_allows());
  EXPECT_EQ(write.dry_run_reason, SqlReason::kKind);
  const auto read = shared_judge().judge("SELECT 1 FROM a", asked);
  EXPECT_TRUE(read.allow);
  EXPECT_FALSE(read.dry_run_differs);
}

TEST(SqlDryRun, ADenyThatWouldFire) {
  const auto asked = subject({rule("shop/now/all", RuleAction::kAllow, PolicyMode::kEnforce, "SELECT"),
                              rule("shop/try/none", RuleAction::kDeny, PolicyMode::kDryRun, "SELECT")},
                             {true, true});
  for (int i = 0; i < 3; ++i) {  // from the cache too
    const auto verdict = shared_judge().judge("SELECT dry FROM a", asked);
    EXPECT_TRUE(verdict.allow);
    EXPECT_EQ(verdict.rule, "shop/now/all");
    EXPECT_TRUE(verdict.dry_run_differs);
    EXPECT_EQ(verdict.dry_run_reason, SqlReason::kDenyRule);
    EXPECT_EQ(verdict.dry_run_rule, "shop/try/none");
  }
}

TEST(SqlDryRun, AnAllowThatWouldLetThrough) {
  const auto asked = subject({rule("shop/now/reads", RuleAction::kAllow, PolicyMode::kEnforce, "SELECT"),
                              rule("shop/try/writes", RuleAction::kAllow, PolicyMode::kDryRun, "DELETE")},
                             {true, true});
  const auto verdict = shared_judge().judge("DELETE FROM a", asked);
  EXPECT_FALSE(verdict.allow);
  EXPECT_TRUE(verdict.dry_run_differs);
  EXPECT_TRUE(verdict.dry_run_allows());
}

TEST(SqlDryRun, WhatCannotBeReadIsRefusedAllTheSame) {
  const auto asked = subject({rule("shop/try/all", RuleAction::kAllow, PolicyMode::kDryRun, "SELECT")}, {false, true});
  const auto verdict = shared_judge().judge("SELEC", asked);
  EXPECT_FALSE(verdict.allow);
  EXPECT_FALSE(verdict.dry_run_differs);
}

TEST(SqlDryRun, AFingerprintIsMadeOnceForBothViews) {
  SqlMatch match;
  match.fingerprints.mode = config::kube::SqlFingerprints::Mode::kLearn;
  const auto learning = [&match](const char* name, PolicyMode mode) {
    return std::make_shared<const SqlRule>(SqlRule::compile(name, RuleAction::kAllow, mode, {match}));
  };
  const auto asked =
      subject({learning("shop/now/learn", PolicyMode::kEnforce), learning("shop/try/learn", PolicyMode::kDryRun)},
              {true, true});
  const auto before = shared_judge().fingerprints_made();
  const auto verdict = shared_judge().judge("SELECT once, twice FROM a; ", asked);
  const std::string print(verdict.unlearnt);  // the verdict's views end with the next
  EXPECT_FALSE(print.empty());
  EXPECT_EQ(shared_judge().fingerprints_made(), before + 1);
  const auto other = shared_judge().judge("SELECT thrice FROM a", asked);
  EXPECT_NE(other.unlearnt, print) << "of its own text";
}

}  // namespace
}  // namespace gabion::inspect::sql
