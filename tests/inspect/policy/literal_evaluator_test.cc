// Random policies, decided by the compiled rules and by a slow, literal reading of the guide; both must agree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "config/policy/compile.h"
#include "inspect/policy/decide.h"
#include "tests/inspect/policy/literal.h"
#include "tests/inspect/policy/random_cluster.h"

namespace gabion::inspect::policy {
namespace {

/// GABION_POLICY_DECISIONS sets how many, GABION_POLICY_SEED the first cluster's seed.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr std::uint32_t kQuestionsEach = 100;

/// How often each kind of answer came, so that a run shows it asked something.
struct Seen {
  std::uint64_t decisions = 0;
  std::uint64_t allowed = 0;
  std::uint64_t by_l7_allow = 0;
  std::uint64_t by_l7_deny = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t ambiguous = 0;
  std::uint64_t dry_run_differs = 0;
};

/// Empty when both agree.
std::string difference(const Decider& decider, const Literal& literal, const Question& asked, Seen& seen) {
  const LiteralVerdict expected = literal.request(asked);
  const Verdict got = decider.decide_request(asked.facts(), asked.head(), asked.reading);
  const bool network = decider.decide_network(asked.facts(), asked.protocol).allowed();
  seen.decisions += 1;
  seen.allowed += expected.allowed ? 1 : 0;
  seen.by_l7_allow += got.allowed() && got.policy_kind == "L7Policy" ? 1 : 0;
  seen.by_l7_deny += got.basis == "l7_deny" ? 1 : 0;
  seen.mismatches += expected.mismatch ? 1 : 0;
  seen.ambiguous += got.reason == Reason::kAmbiguousPath ? 1 : 0;
  seen.dry_run_differs += got.dry_run_differs ? 1 : 0;
  if (network != literal.network(asked)) {
    return "layer 4";
  }
  if (got.allowed() != expected.allowed) {
    return "the request's verdict: " + std::string(got.basis) + " " + std::string(got.rule) + " " + got.detail;
  }
  if ((got.reason == Reason::kIdentityMismatch) != expected.mismatch) {
    return "the mismatch";
  }
  if (got.reason == Reason::kAmbiguousPath && !expected.ambiguous) {
    return "ambiguity";
  }
  if (got.allowed() && got.policy_kind == "L7Policy" && !expected.allows.contains(std::string(got.rule))) {
    return "the rule that allows: " + std::string(got.rule);
  }
  if (got.basis == "l7_deny" && !expected.denies.contains(std::string(got.rule))) {
    return "the rule that denies: " + std::string(got.rule);
  }
  const bool judged = !expected.mismatch && got.policy_kind != "NetworkPolicy" && got.basis != "invalid_policy";
  if (got.dry_run_differs != (expected.dry_run_allowed != expected.allowed) && (judged || got.allowed())) {
    return "the dry run";
  }
  return {};
}

TEST(LiteralEvaluator, AgreesWithTheCompiledRules) {
  const std::uint64_t wanted = from_environment("GABION_POLICY_DECISIONS", 60'000);
  Seen seen;
  for (std::uint64_t seed = from_environment("GABION_POLICY_SEED", 1); seen.decisions < wanted; ++seed) {
    Dice dice(seed);
    const config::kube::Objects objects = random_cluster(dice);
    for (const std::size_t number : {1U, 5U}) {
      const auto& own = objects.pods[number];
      const Literal literal(objects, own);
      const auto rules = config::policy::compile(objects, {own.name, std::string(kTrustDomain)});
      const auto decider = Decider::build(rules.value()).value();
      for (std::uint32_t round = 0; round < kQuestionsEach; ++round) {
        const Question asked = random_question(dice);
        const std::string wrong = difference(*decider, literal, asked, seen);
        ASSERT_EQ(wrong, "") << "GABION_POLICY_SEED=" << seed << " pod " << own.name.to_string() << " question "
                             << round << ": " << asked.to_string();
      }
    }
  }
  RecordProperty("decisions", std::to_string(seen.decisions));
  std::printf(
      "%llu decisions agree: %llu allowed, %llu by an L7 Allow, %llu L7 Deny, %llu identity mismatches, "
      "%llu ambiguous paths, %llu dry runs that differ\n",
      static_cast<unsigned long long>(seen.decisions), static_cast<unsigned long long>(seen.allowed),
      static_cast<unsigned long long>(seen.by_l7_allow), static_cast<unsigned long long>(seen.by_l7_deny),
      static_cast<unsigned long long>(seen.mismatches), static_cast<unsigned long long>(seen.ambiguous),
      static_cast<unsigned long long>(seen.dry_run_differs));
  if (seen.decisions >= 10'000) {
    for (const auto often : {seen.allowed, seen.by_l7_allow, seen.by_l7_deny, seen.mismatches, seen.dry_run_differs}) {
      EXPECT_GT(often * 200, seen.decisions);
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
