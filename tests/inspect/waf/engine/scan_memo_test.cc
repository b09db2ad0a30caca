// The memo of scans: bounded, exact, of one plan, without secrets; and the verdicts are the same with and without it.
#include "inspect/waf/engine/scan_memo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "inspect/match/scratch_impl.h"
#include "inspect/waf/engine/memorable.h"
#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::engine {
namespace {

using Rules = std::vector<plan::Index>;

Rules known(ScanMemo& memo, std::uint32_t source, std::string_view value) {
  const auto found = memo.find(source, value);
  EXPECT_TRUE(found) << value;
  return found ? Rules(found->rules.begin(), found->rules.end()) : Rules{};
}

TEST(ScanMemoTest, KnowsAValueBySourceAndAllItsBytes) {
  ScanMemo memo;
  const Rules rules{3, 7};
  memo.keep(1, "curl/8.0", {rules, 40});
  memo.keep(1, std::string_view("curl\0x", 6), {});
  EXPECT_EQ(known(memo, 1, "curl/8.0"), rules);
  EXPECT_EQ(known(memo, 1, std::string_view("curl\0x", 6)), Rules{});
  EXPECT_FALSE(memo.find(2, "curl/8.0"));
  EXPECT_FALSE(memo.find(1, "curl/8.1"));
  EXPECT_FALSE(memo.find(1, "curl"));
  EXPECT_EQ(memo.found(), 2U);
  EXPECT_EQ(memo.find(1, "curl/8.0")->charged, 40U);
}

TEST(ScanMemoTest, IsBoundedAndCountsWhatLeaves) {
  ScanMemo memo;
  constexpr std::size_t kMany = 4 * ScanMemo::kEntries;
  for (std::size_t i = 0; i < kMany; ++i) {
    memo.keep(0, "value " + std::to_string(i), {});
    static_cast<void>(memo.find(0, "value 0"));  // used all the time: it stays
  }
  EXPECT_LE(memo.size(), ScanMemo::kEntries);
  EXPECT_EQ(memo.evicted() + memo.size(), kMany);
  EXPECT_TRUE(memo.find(0, "value 0"));
  EXPECT_FALSE(memo.holds("value 1"));
  EXPECT_FALSE(ScanMemo::fits(std::string(ScanMemo::kMostValueBytes + 1, 'a')));
  memo.keep(9, "many rules", {Rules(ScanMemo::kMostRules + 1), 0});
  EXPECT_FALSE(memo.holds("many rules"));
}

TEST(ScanMemoTest, EveryPlanHasItsOwnAndThoseOfPlansThatAreGoneGoFirst) {
  ScanMemos memos;
  const auto first = std::make_shared<const plan::Plan>();
  memos.of(first).keep(0, "a", {});
  EXPECT_TRUE(memos.of(first).holds("a"));
  auto second = std::make_shared<const plan::Plan>();
  EXPECT_FALSE(memos.of(second).holds("a"));
  for (std::size_t i = 0; i < 3 * ScanMemos::kPlans; ++i) {
    second = std::make_shared<const plan::Plan>();  // may stand where the one before stood
    EXPECT_EQ(memos.of(second).size(), 0U);
    memos.of(second).keep(0, "b", {});
    EXPECT_TRUE(memos.of(first).holds("a"));
    EXPECT_LE(memos.size(), 3U);
  }
  std::vector<std::shared_ptr<const plan::Plan>> alive;
  for (std::size_t i = 0; i < 2 * ScanMemos::kPlans; ++i) {
    alive.push_back(std::make_shared<const plan::Plan>());
    static_cast<void>(memos.of(alive.back()));
  }
  EXPECT_EQ(memos.size(), ScanMemos::kPlans);
  const auto last = std::make_shared<const plan::Plan>();
  for (std::size_t i = 0; i < 2 * ScanMemo::kEntries; ++i) {
    memos.of(last).keep(0, std::to_string(i), {});
  }
  const auto evicted = memos.of(last).evicted();
  EXPECT_GE(evicted, ScanMemo::kEntries);
  EXPECT_EQ(memos.evicted(), evicted);
  for (const auto& plan : alive) {
    static_cast<void>(memos.of(plan));
  }
  EXPECT_EQ(memos.evicted(), evicted);  // those of memos that are gone still count
}

TEST(MemorableTest, OnlyWhatIsFewAndPublic) {
  EXPECT_TRUE(is_memorable_header("User-Agent"));
  EXPECT_TRUE(is_memorable_header("accept"));
  for (const auto* name :
       {"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "X-Request-Id", ""}) {
    EXPECT_FALSE(is_memorable_header(name)) << name;
  }
  EXPECT_TRUE(is_public("https://shop.example/a"));
  EXPECT_TRUE(is_public("?1"));
  for (const auto* value :
       {"https://shop.example/reset?token=a", "/reset?token=a", "https://me:secret@shop.example/", "/#a"}) {
    EXPECT_FALSE(is_public(value)) << value;
  }
  EXPECT_TRUE(is_memorable_name("page", "1"));
  EXPECT_FALSE(is_memorable_name("4f9a1c77d2e84b0fa3c6", ""));
  EXPECT_FALSE(is_memorable_name(std::string(65, 'a'), "1"));
}

constexpr const char* kRules = R"(
SecRuleEngine On
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:User-Agent "@pm sqlmap nikto" "id:1,phase:1,pass,t:none,setvar:tx.a=+1"
SecRule REQUEST_HEADERS "@rx (?i)select.+from" "id:2,phase:2,pass,t:none,t:urlDecodeUni,msg:'%{MATCHED_VAR_NAME} %{tx.a}'"
SecRule ARGS_NAMES|ARGS|REQUEST_COOKIES|REQUEST_COOKIES_NAMES "@rx ^evil\d*$" "id:3,phase:2,pass,t:none,t:lowercase"
SecRule ARGS "@rx first.*last" "id:4,phase:2,pass,t:none"
SecRule ARGS "@rx (?<!x)needle" "id:5,phase:2,pass,t:none"
SecRule ARGS "@rx (?:^|a)\z|\Aanchored" "id:6,phase:2,pass,t:none"
SecRule REQUEST_HEADERS:Accept "@rx never" "id:7,phase:1,pass,t:none"
)";

ScanMemo& memo_of(Scratch& scratch, const std::shared_ptr<const plan::Plan>& plan) {
  return scratch.impl().memos->of(plan);
}

std::vector<Exchange> exchanges() {
  std::vector<Exchange> all;
  for (const auto* agent : {"curl/8.0", "sqlmap/1.0", "SELECT%20a%20FROM b"}) {
    for (const auto* target : {"/?page=1&sort=up", "/?evil1=1&a=b", "/?x=EVIL&y=ok", "/?a=first&b=last",
                               "/?a=first%20last", "/?a=b&c=needle", "/?a=xneedle&b=c", "/?a=ba&b=c",
                               "/?a=anchored&b=c", "/?b=c&a=xanchored", "/?token", "/?a=evil%0a&b=c"}) {
      auto& exchange = all.emplace_back();
      exchange.target = target;
      exchange.headers = {{"Host", "a.example"},
                          {"User-Agent", agent},
                          {"Accept", "*/*"},
                          {"Authorization", "Bearer secret-bearer"},
                          {"Cookie", "session=secret-cookie; theme=evil"},
                          {"X-Token", "secret-token"},
                          {"Referer", "https://a.example/?t=secret-query"}};
    }
  }
  return all;
}

Ids judged(Engine& engine, const Exchange& exchange) {
  return ids_of(engine.run(exchange));
}

TEST(EngineScannerTest, RememberedValuesGiveTheSameVerdictsAsTheReference) {
  auto slow = Engine::quick();
  slow.evaluation = plan::Options::Evaluation::kReference;
  for (const auto databases : {plan::Options::Databases::kQuick, plan::Options::Databases::kComplete}) {
    auto quick = Engine::quick();
    quick.databases = databases;
    Engine planned(kRules, quick);
    Engine reference(kRules, slow);
    std::size_t matched = 0;
    for (int round = 0; round < 3; ++round) {
      for (const auto& exchange : exchanges()) {
        Engine fresh(kRules, quick);
        const auto expected = judged(reference, exchange);
        EXPECT_EQ(judged(planned, exchange), expected) << exchange.target;
        EXPECT_EQ(judged(fresh, exchange), expected) << exchange.target;
        matched += expected.size();
      }
    }
    EXPECT_GT(matched, 100U);
    EXPECT_GT(memo_of(planned.scratch(), planned.shared_plan()).found(), 200U);
  }
}

TEST(EngineScannerTest, NoSecretIsRemembered) {
  Engine engine(kRules);
  for (const auto& exchange : exchanges()) {
    static_cast<void>(engine.run(exchange));
  }
  const auto& memo = memo_of(engine.scratch(), engine.shared_plan());
  EXPECT_TRUE(memo.holds("curl/8.0"));
  EXPECT_TRUE(memo.holds("page"));
  EXPECT_TRUE(memo.holds("session"));
  for (const auto* secret :
       {"Bearer secret-bearer", "session=secret-cookie; theme=evil", "secret-cookie", "secret-token",
        "https://a.example/?t=secret-query", "token", "1", "needle", "/?a=b&c=needle"}) {
    EXPECT_FALSE(memo.holds(secret)) << secret;
  }
}

TEST(EngineScannerTest, AnotherPlanOnTheSameWorkerKnowsNothingOfTheFirst) {
  Engine engine("SecRuleEngine On\nSecRule REQUEST_HEADERS:User-Agent \"@rx curl\" \"id:1,phase:1,pass,t:none\"\n");
  Exchange exchange;
  exchange.headers = {{"User-Agent", "curl/8.0"}};
  EXPECT_EQ(judged(engine, exchange), Ids{1});
  engine.replace("SecRuleEngine On\nSecRule REQUEST_HEADERS:User-Agent \"@rx wget\" \"id:1,phase:1,pass,t:none\"\n");
  EXPECT_EQ(judged(engine, exchange), Ids{});
  exchange.headers = {{"User-Agent", "wget/1.0"}};
  EXPECT_EQ(judged(engine, exchange), Ids{1});
}

/// Transformations leave nothing of the last value: no line begins behind the line feed of the one before it.
TEST(EngineScannerTest, ATextThatIsEmptyIsNoLineOfABatch) {
  const std::string rule = "SecRule ARGS \"@rx ^[a-f]*$\" \"id:1,phase:2,pass,t:none,t:removeWhitespace\"\n";
  Engine engine("SecRuleEngine On\n" + rule, {});
  for (const auto* target : {"/?a=x&c=%20", "/?a=%20&c=x", "/?a=x&c=%20&d=y"}) {
    Exchange exchange;
    exchange.target = target;
    EXPECT_EQ(judged(engine, exchange), Ids{1}) << target;
  }
  Exchange exchange;
  exchange.target = "/?a=x&c=y";
  EXPECT_EQ(judged(engine, exchange), Ids{});
}

/// Whether an exchange is over its limit does not depend on those before it.
TEST(EngineScannerTest, WhatIsRememberedIsChargedAsIfItWereNot) {
  Engine warm(kRules);
  for (int round = 0; round < 2; ++round) {
    for (const auto& exchange : exchanges()) {
      Engine fresh(kRules);
      EXPECT_EQ(warm.run(exchange).scanned_bytes(), fresh.run(exchange).scanned_bytes()) << exchange.target;
    }
  }
  EXPECT_GT(memo_of(warm.scratch(), warm.shared_plan()).found(), 100U);
}

TEST(EngineScannerTest, WhatTheLimitCutShortIsNotRemembered) {
  Engine engine(kRules);
  Exchange exchange;
  exchange.headers = {{"User-Agent", "sqlmap/1.0"}};
  engine.scan_limit = 1;
  EXPECT_TRUE(engine.run(exchange).over_scan_limit());
  EXPECT_FALSE(memo_of(engine.scratch(), engine.shared_plan()).holds("sqlmap/1.0"));
  engine.scan_limit.reset();
  EXPECT_EQ(judged(engine, exchange), Ids{1});
}

/// A transformation may leave nothing of a value: an empty line behind others is not what an empty text is.
TEST(EngineScannerTest, TextsThatBecomeEmptyAreMet) {
  plan::Options complete;
  Engine engine("SecRuleEngine On\nSecRule ARGS \"@rx ^$\" \"id:1,phase:2,pass,t:none,t:removeWhitespace\"\n",
                complete);
  for (const auto* target : {"/?a=b&c=+", "/?a=+&c=d", "/?a=+&b=+", "/?a=b&c=+&d=e"}) {
    Exchange exchange;
    exchange.target = target;
    EXPECT_EQ(judged(engine, exchange), Ids{1}) << target;
  }
  Exchange exchange;
  exchange.target = "/?a=b&c=d";
  EXPECT_EQ(judged(engine, exchange), Ids{});
}

/// More values than a batch takes, and texts too long for one.
TEST(EngineScannerTest, AHitIsFoundWhereverItStandsAmongManyValues) {
  for (const std::size_t at : {0, 1, 600, 998, 999}) {
    Engine engine(kRules);
    Exchange exchange;
    exchange.target = "/?";
    for (std::size_t i = 0; i < 1000; ++i) {
      exchange.target += "n" + std::to_string(i) + "=" +
                         (i == at        ? "Evil7"
                          : i % 100 == 0 ? std::string(1500, 'v')
                                         : "v") +
                         "&";
    }
    EXPECT_EQ(judged(engine, exchange), Ids{3}) << at;
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::engine
