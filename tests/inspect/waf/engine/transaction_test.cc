// What a transaction says beside the ids: decisions, evidence, scores, limits, responses, what outlives it.
#include "inspect/waf/engine/transaction.h"

#include <gtest/gtest.h>

#include "tests/inspect/waf/engine/exchange.h"

namespace gabion::inspect::waf::engine {
namespace {

const std::string kOn = "SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\n";

Exchange get(const char* target) {
  Exchange exchange;
  exchange.target = target;
  return exchange;
}

TEST(TransactionTest, TellsTheEvidenceOfAHit) {
  Engine engine(kOn +
                "SecRule ARGS \"@rx b(c+)\" \"id:1,phase:2,deny,status:406,t:lowercase,capture,severity:CRITICAL,"
                "msg:'found %{TX.1}',logdata:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}',"
                "setvar:tx.anomaly_score_pl1=+5,setvar:tx.anomaly_score=+5\"\n");
  const auto& judged = engine.run(get("/?q=aBCCd"));
  ASSERT_EQ(judged.hits().size(), 1U);
  const auto& hit = judged.hits().front();
  EXPECT_EQ(hit.message, "found cc");
  EXPECT_EQ(hit.log_data, "ARGS:q=abccd");
  EXPECT_EQ(hit.variable, "ARGS:q");
  EXPECT_EQ(hit.original, "aBCCd");
  EXPECT_EQ(hit.value, "abccd");
  EXPECT_EQ(hit.matched, "bcc");
  EXPECT_EQ(hit.score, 5);
  EXPECT_EQ(hit.severity, seclang::Severity::kCritical);
  EXPECT_TRUE(hit.decided);
  EXPECT_EQ(judged.scores().inbound, 5);
  EXPECT_EQ(judged.decision().action, Action::kDeny);
  EXPECT_EQ(judged.decision().status, 406);
  EXPECT_EQ(judged.decision().rule_id, 1U);
}

TEST(TransactionTest, DetectionOnlyTellsWhatItWouldHaveDone) {
  Engine engine("SecRuleEngine DetectionOnly\nSecAction \"id:1,phase:1,deny,status:404\"\n");
  const auto& judged = engine.run(get("/"));
  EXPECT_EQ(judged.decision().action, Action::kPass);
  EXPECT_EQ(judged.would_decide().action, Action::kDeny);
  EXPECT_EQ(judged.would_decide().status, 404);
}

TEST(TransactionTest, RedirectsWithItsLocation) {
  Engine engine(kOn + "SecAction \"id:1,phase:1,redirect:'https://a.example/%{REQUEST_METHOD}'\"\n");
  const auto decision = engine.run(get("/")).decision();
  EXPECT_EQ(decision.action, Action::kRedirect);
  EXPECT_EQ(decision.status, 302);
  EXPECT_EQ(decision.redirect, "https://a.example/GET");
}

TEST(TransactionTest, NothingIsLeftOfTheExchangeBefore) {
  Engine engine(kOn +
                "SecRule ARGS:a \"@rx 1\" \"id:1,phase:1,pass,setvar:tx.seen=1,ctl:ruleRemoveById=3\"\n"
                "SecRule TX:seen \"@eq 1\" \"id:2,phase:1,pass\"\nSecAction \"id:3,phase:1,pass\"\n");
  EXPECT_EQ(ids_of(engine.run(get("/?a=1"))), (Ids{1, 2}));
  EXPECT_EQ(ids_of(engine.run(get("/"))), (Ids{3}));
}

struct BodyLimit {
  const char* name;
  const char* action;
  Action decision;
  Ids fired;
};

class BodyLimitTest : public ::testing::TestWithParam<BodyLimit> {};

TEST_P(BodyLimitTest, ActsAsConfigured) {
  Engine engine(kOn + "SecRequestBodyLimit 4\nSecRequestBodyNoFilesLimit 4\nSecRequestBodyLimitAction " +
                GetParam().action +
                "\nSecRule INBOUND_DATA_ERROR \"@eq 1\" \"id:1,phase:2,pass\"\n"
                "SecRule REQUEST_BODY \"@streq 1234\" \"id:2,phase:2,pass\"\n");
  Exchange exchange;
  exchange.method = "POST";
  exchange.body = "123456";
  const auto& judged = engine.run(exchange);
  EXPECT_EQ(judged.decision().action, GetParam().decision);
  EXPECT_EQ(ids_of(judged), GetParam().fired);
}

INSTANTIATE_TEST_SUITE_P(Actions, BodyLimitTest,
                         ::testing::Values(BodyLimit{"Reject", "Reject", Action::kDeny, {}},
                                           BodyLimit{"Partial", "ProcessPartial", Action::kPass, {1, 2}}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(TransactionTest, ResponseBodiesOfTheListedTypesOnly) {
  Engine engine(kOn +
                "SecResponseBodyMimeType text/html\nSecRule RESPONSE_STATUS \"@eq 500\" \"id:3,phase:3,pass\"\n"
                "SecRule RESPONSE_BODY \"@rx secret\" \"id:4,phase:4,pass\"\n");
  Exchange exchange;
  exchange.status = 500;
  exchange.response_headers = {{"Content-Type", "text/html; charset=utf-8"}};
  exchange.response_body = "a secret";
  EXPECT_EQ(ids_of(engine.run(exchange)), (Ids{3, 4}));
  exchange.response_headers = {{"Content-Type", "image/png"}};
  EXPECT_EQ(ids_of(engine.run(exchange)), (Ids{3}));
}

TEST(TransactionTest, RequestBodyVariableOfVersion2IsOfFormsOnly) {
  const std::string rules =
      kOn +
      "SecRule REQUEST_BODY \"@rx x\" \"id:1,phase:2,pass\"\n"
      "SecRule ARGS:force \"@eq 1\" \"id:2,phase:1,pass,nolog,ctl:forceRequestBodyVariable=On\"\n";
  auto options = Engine::quick();
  options.request_body = plan::Options::RequestBody::kForms;
  Engine engine(rules, options);
  Exchange exchange;
  exchange.method = "POST";
  exchange.headers = {{"Content-Type", "text/plain"}};
  exchange.body = "x";
  EXPECT_EQ(ids_of(engine.run(exchange)), Ids{});
  exchange.target = "/?force=1";
  EXPECT_EQ(ids_of(engine.run(exchange)), Ids{1});
  EXPECT_EQ(ids_of(Engine(rules).run(exchange)), Ids{1});
}

TEST(TransactionTest, RecordsCountAcrossExchangesUntilTheyExpire) {
  Engine engine(kOn +
                "SecAction \"id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}\"\n"
                "SecAction \"id:2,phase:1,pass,nolog,setvar:ip.seen=+1,expirevar:ip.seen=60\"\n"
                "SecRule IP:seen \"@gt 1\" \"id:3,phase:2,pass\"\n");
  EXPECT_EQ(ids_of(engine.run(get("/"))), Ids{});
  EXPECT_EQ(ids_of(engine.run(get("/"))), Ids{3});
  engine.now += std::chrono::seconds{61};
  EXPECT_EQ(ids_of(engine.run(get("/"))), Ids{});
}

TEST(TransactionTest, PresetsGiveWayToTheRules) {
  const std::string rules = kOn +
                            "SecRule TX:paranoia_level \"@eq 3\" \"id:1,phase:1,pass\"\n"
                            "SecRule TX:inbound_anomaly_score_threshold \"@eq 7\" \"id:2,phase:1,pass\"\n";
  auto options = Engine::quick();
  options.paranoia = 3;
  options.inbound_threshold = 7;
  EXPECT_EQ(ids_of(Engine(rules, options).run(get("/"))), (Ids{1, 2}));
  EXPECT_EQ(
      ids_of(
          Engine("SecAction \"id:9,phase:1,pass,nolog,setvar:tx.paranoia_level=1\"\n" + rules, options).run(get("/"))),
      Ids{2});
}

TEST(TransactionTest, AWrongExpressionIsRefusedWithItsPlace) {
  const auto loaded = seclang::load_text("\nSecRule ARGS \"@rx (\" \"id:1,phase:2,pass\"\n", "test.conf");
  ASSERT_TRUE(loaded);
  const auto compiled = plan::compile(*loaded);
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().front().where, "test.conf:2");
}

}  // namespace
}  // namespace gabion::inspect::waf::engine
