// What of inbound exchanges is in the store when their bytes leave, and until when.
#include "inspect/sql/taint/taint_detector.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::sql::taint {
namespace {

class TaintDetectorTest : public ::testing::Test {
 protected:
  TaintDetectorTest() {
    facts_.side = Side::kIngress;
    renew();
  }

  Step begin(std::string_view target, std::vector<HeaderField> fields = {}) {
    fields_ = std::move(fields);
    RequestHead head;
    head.method = "POST";
    head.target = target;
    head.fields = fields_;
    head.has_body = true;
    head.body_unit = unit_;
    head.body_form = form_;
    head.facts = &facts_;
    state_ = &driver_->begin();
    return state_->on_request_head(head);
  }

  BodyOutcome send(std::string_view body, const Cutter& cutter) {
    return driver_->send_body(Direction::kRequest, body, cutter, std::size_t{1} << 20U);
  }

  /// Sources of the values that stand in `statement`, one behind the other.
  std::string sources(std::string_view statement) {
    Found found;
    (void)store_->find(statement, nullptr, CandidateStore::Clock::now(), found);
    std::string all;
    for (const auto& value : found.values) {
      all += (all.empty() ? "" : " ") + value.source;
    }
    return all;
  }

  /// An empty store.
  void renew() {
    driver_.reset();
    store_ = std::make_shared<CandidateStore>(config::SqlTaintConfig());
    detector_ = std::make_unique<TaintDetector>(store_, config::SqlTaintConfig());
    driver_ = std::make_unique<DetectorDriver>(*detector_);
  }

  ConnectionFacts facts_;
  BodyUnit unit_ = BodyUnit::kBody;
  BodyForm form_ = BodyForm::kPlain;
  std::vector<HeaderField> fields_;
  std::shared_ptr<CandidateStore> store_;
  std::unique_ptr<TaintDetector> detector_;
  std::unique_ptr<DetectorDriver> driver_;
  DetectorState* state_ = nullptr;
};

TEST_F(TaintDetectorTest, TakesTheHeadOfARequest) {
  EXPECT_EQ(begin("/users/1%20or%201?q=2'--x",
                  {{"Cookie", "id=3'--x"}, {"User-Agent", "4'--x"}, {"X-Other", "5'--x"}, {"Referer", "6'--x"}}),
            Step::kContinue);
  EXPECT_EQ(sources("x = '1 or 1'"), "path");
  EXPECT_EQ(sources("x = '2'--x'"), "query:q");
  EXPECT_EQ(sources("x = '3'--x'"), "cookie:id");
  EXPECT_EQ(sources("x = '4'--x'"), "header:User-Agent");
  EXPECT_EQ(sources("x = '5'--x'"), "");
  EXPECT_EQ(sources("x = '6'--x'"), "header:Referer");
}

TEST_F(TaintDetectorTest, TakesNothingOfWhatTheApplicationAsksOthers) {
  facts_.side = Side::kEgress;
  EXPECT_EQ(begin("/?q=2'--x", {{"Content-Type", "application/json"}}), Step::kContinue);
  EXPECT_FALSE(driver_->state().wants_body(Direction::kRequest));
  EXPECT_TRUE(store_->empty());
}

TEST_F(TaintDetectorTest, TakesBodiesWhereverTheyAreCut) {
  struct Row {
    std::string_view type;
    std::string_view body;
  };
  constexpr Row kRows[] = {
      {"application/x-www-form-urlencoded", "a=b&q=1%27+or+1=1"},
      {"application/json; charset=utf-8", R"({"q": "1\u0027 or 1=1"})"},
      {"multipart/form-data; boundary=b",
       "--b\r\nContent-Disposition: form-data; name=q\r\n\r\n1' or 1=1\r\n--b--\r\n"},
      {"text/plain", "1' or 1=1"},
  };
  for (const Row& row : kRows) {
    for (std::size_t first = 0; first < row.body.size(); ++first) {
      (void)begin("/", {{"Content-Type", row.type}});
      ASSERT_TRUE(driver_->state().wants_body(Direction::kRequest)) << row.type;
      EXPECT_EQ(sources("x = '1' or 1=1'"), "") << row.type;
      const BodyOutcome outcome = send(row.body, cut_at(first));
      EXPECT_EQ(outcome.sent, row.body);
      EXPECT_EQ(outcome.most_held, 0U);
      EXPECT_EQ(sources("x = '1' or 1=1'"), row.type == "text/plain" ? "body" : "body:q") << row.type << first;
      renew();
    }
  }
}

TEST_F(TaintDetectorTest, ReadsAsMuchOfABodyAsItMay) {
  (void)begin("/", {{"Content-Type", "application/x-www-form-urlencoded"}});
  const std::string body = "q=1%27+or+1=1&r=" + std::string(200'000, 'x') + "&s=2%27+or+1=1";
  EXPECT_EQ(send(body, pieces_of(4096)).sent, body);
  EXPECT_EQ(sources("x = '1' or 1=1'"), "body:q");
  EXPECT_EQ(sources("x = '2' or 1=1'"), "");
  EXPECT_LT(driver_->state().held_bytes(), 512U * 1024);
}

TEST_F(TaintDetectorTest, LeavesBodiesThatNobodyCanRead) {
  form_ = BodyForm::kUnreadable;
  (void)begin("/", {{"Content-Type", "application/json"}});
  EXPECT_FALSE(driver_->state().wants_body(Direction::kRequest));
  form_ = BodyForm::kPlain;
  (void)begin("/", {{"Content-Type", "image/png"}});
  EXPECT_FALSE(driver_->state().wants_body(Direction::kRequest));
  (void)begin("/", {{"Content-Type", "application/json"}});
  EXPECT_FALSE(driver_->state().wants_body(Direction::kResponse));
}

TEST_F(TaintDetectorTest, AMessageOfAWebSocketIsAValueOrADocument) {
  unit_ = BodyUnit::kTextMessage;
  (void)begin("/");
  (void)send(R"({"q": "1' or 1=1"})", pieces_of(7));
  EXPECT_EQ(sources("x = '1' or 1=1'"), "body");
}

TEST_F(TaintDetectorTest, WhatAnExchangeLeftGoesAfterItsEnd) {
  (void)begin("/?q=2'--x");
  EXPECT_EQ(store_->counts().values, 1U);
  state_->on_end();
  Found found;
  EXPECT_EQ(sources("x = '2'--x'"), "query:q");
  (void)store_->find("x = '2'--x'", nullptr, CandidateStore::Clock::now() + std::chrono::seconds(3), found);
  EXPECT_TRUE(found.hits.empty());
  EXPECT_TRUE(store_->empty());
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
