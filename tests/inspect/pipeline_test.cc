// One exchange through policy and detectors, with a snapshot compiled from plain values.
#include "inspect/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "inspect/scratch.h"

namespace gabion::inspect {
namespace {

using config::FindingAction;

constexpr std::uint32_t kHold = 4096;

config::InspectionProfile profile(std::string name, FindingAction attacks, FindingAction cards) {
  config::InspectionProfile made;
  made.name = std::move(name);
  made.attacks = attacks;
  made.payment_cards = cards;
  return made;
}

class PipelineTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    config::ProxyConfig config;
    config.workload = {"shop", "orders-0"};
    config.profiles = {profile("default", FindingAction::kBlock, FindingAction::kMask),
                       profile("watch", FindingAction::kLog, FindingAction::kBlock),
                       profile("off", FindingAction::kOff, FindingAction::kOff)};
    for (const auto& named : config.profiles) {  // what no listener names is not compiled
      config.inbound.emplace_back().inspect = named.name;
    }
    auto compiled = Snapshot::compile(config, 7);
    ASSERT_TRUE(compiled.has_value()) << compiled.error().front().to_string();
    snapshot_ = *compiled;
  }
  static void TearDownTestSuite() { snapshot_.reset(); }

  PipelineTest() { EXPECT_TRUE(snapshot_->prepare(scratch_).has_value()); }

  void begin(std::string_view profile_name) {
    inspection_.begin(snapshot_, snapshot_->profile_index(profile_name), facts_, scratch_, kHold);
  }

  const Verdict& request(std::string_view target, std::span<const HeaderField> fields = {}) {
    head_ = RequestHead{};
    head_.method = "POST";
    head_.target = target;
    head_.authority = "orders";
    head_.fields = fields;
    return inspection_.on_request_head(head_);
  }

  static std::shared_ptr<const Snapshot> snapshot_;
  ConnectionFacts facts_;
  Scratch scratch_;
  Inspection inspection_;
  RequestHead head_;
};

std::shared_ptr<const Snapshot> PipelineTest::snapshot_;

TEST_F(PipelineTest, TheSnapshotKnowsItsProfiles) {
  EXPECT_EQ(snapshot_->generation(), 7U);
  EXPECT_EQ(snapshot_->profile_index(""), 0U);
  EXPECT_EQ(snapshot_->profile_index("default"), 0U);
  EXPECT_EQ(snapshot_->profile_index("off"), 2U);
  EXPECT_TRUE(snapshot_->profile(2).detectors.empty());
}

TEST_F(PipelineTest, AllowsAndFillsInTheNormalisedTarget) {
  begin("default");
  EXPECT_TRUE(request("/a/./b/../c%41?x=1").allowed());
  EXPECT_EQ(head_.path, "/a/cA");
  EXPECT_EQ(head_.query, "x=1");
  EXPECT_TRUE(head_.has_query);
  EXPECT_TRUE(inspection_.still_allowed(*snapshot_, {}, head_));
  begin("default");
  EXPECT_TRUE(request("*").allowed());
  EXPECT_EQ(head_.path, "*");
}

TEST_F(PipelineTest, RefusesBrokenPaths) {
  for (const std::string_view target : {"/a%zz", "/a%00", "/../x", "x", ""}) {
    begin("default");
    EXPECT_EQ(request(target).reason, Reason::kBadPath) << target;
    EXPECT_FALSE(inspection_.verdict().detail.empty());
  }
}

TEST_F(PipelineTest, ADetectorsStopNamesRuleAndPlaceAndStays) {
  begin("default");
  const Verdict& verdict = request("/?q=%3Cscript%3E");
  EXPECT_EQ(verdict.reason, Reason::kAttackDetected);
  EXPECT_EQ(verdict.rule, "xss.script-tag");
  EXPECT_EQ(verdict.policy_kind, "");
  EXPECT_EQ(verdict.detail, "attack xss.script-tag in query of the request");
  EXPECT_EQ(inspection_.findings().size(), 1U);
  ResponseHead response;
  response.status = 200;
  EXPECT_EQ(inspection_.on_response_head(response).reason, Reason::kAttackDetected);
  std::string body = "x";
  EXPECT_FALSE(inspection_.on_body(Direction::kRequest, {body, 0, 1, true}).ok);
  begin("default");
  EXPECT_TRUE(inspection_.verdict().allowed());
  EXPECT_TRUE(inspection_.findings().empty());
}

TEST_F(PipelineTest, ProfilesDifferInWhatTheyDo) {
  begin("watch");
  EXPECT_TRUE(request("/?q=%3Cscript%3E").allowed());
  EXPECT_EQ(inspection_.findings().size(), 1U);
  EXPECT_TRUE(inspection_.wants_body(Direction::kRequest));
  begin("off");
  EXPECT_TRUE(request("/?q=%3Cscript%3E").allowed());
  EXPECT_TRUE(inspection_.findings().empty());
  EXPECT_FALSE(inspection_.wants_body(Direction::kRequest));
}

TEST_F(PipelineTest, HoldsASmallRequestBodyToItsEnd) {
  begin("default");
  ASSERT_TRUE(request("/").allowed());
  std::string window = "id=1%27 union ";
  const auto held = inspection_.on_body(Direction::kRequest, {window, 0, window.size(), false});
  EXPECT_TRUE(held.ok);
  EXPECT_EQ(held.release, 0U);
  window += "and more";
  const auto released = inspection_.on_body(Direction::kRequest, {window, 0, 8, true});
  EXPECT_TRUE(released.ok);
  EXPECT_EQ(released.release, window.size());
}

TEST_F(PipelineTest, MasksAndBlocksCardsInResponses) {
  ResponseHead response;
  response.status = 200;
  for (const std::string_view name : {"default", "watch"}) {
    begin(name);
    ASSERT_TRUE(request("/").allowed());
    ASSERT_TRUE(inspection_.on_response_head(response).allowed());
    ASSERT_TRUE(inspection_.wants_body(Direction::kResponse));
    std::string window = "card 4111111111111111";
    const auto first = inspection_.on_body(Direction::kResponse, {window, 0, window.size(), false});
    EXPECT_TRUE(first.ok);
    EXPECT_EQ(first.release, 5U) << "the number may go on";
    const auto last = inspection_.on_body(Direction::kResponse, {window, 0, 0, true});
    EXPECT_EQ(last.ok, name == "default");
    if (name == "default") {
      EXPECT_EQ(window, "card ************1111");
      EXPECT_EQ(last.release, window.size());
    } else {
      EXPECT_EQ(inspection_.verdict().reason, Reason::kSensitiveData);
      EXPECT_EQ(inspection_.verdict().rule, "CREDIT_CARD");
      EXPECT_EQ(inspection_.verdict().detail, "payment_card CREDIT_CARD in body of the response");
    }
    EXPECT_EQ(inspection_.findings().size(), 1U);
    EXPECT_EQ(inspection_.findings_dropped(), 0U);
  }
}

// Only a hold limit smaller than a card number gets here.
TEST_F(PipelineTest, DoesNotCompileWhatNoListenerNames) {
  config::ProxyConfig config;
  config.workload = {"shop", "orders-0"};
  config.profiles = {profile("default", FindingAction::kBlock, FindingAction::kMask),
                     profile("unused", FindingAction::kBlock, FindingAction::kBlock)};
  config.inbound.emplace_back();  // "default"
  const auto compiled = Snapshot::compile(config, 8, {.snapshot = snapshot_.get(), .rules = nullptr});
  ASSERT_TRUE(compiled.has_value());
  EXPECT_EQ((*compiled)->profile((*compiled)->profile_index("")).detectors.size(), 2U);
  EXPECT_TRUE((*compiled)->profile((*compiled)->profile_index("unused")).detectors.empty());
}

TEST_F(PipelineTest, RefusesWhatMustBeHeldBeyondTheLimit) {
  inspection_.begin(snapshot_, 0, facts_, scratch_, 8);
  ASSERT_TRUE(request("/").allowed());
  ResponseHead response;
  response.status = 200;
  ASSERT_TRUE(inspection_.on_response_head(response).allowed());
  std::string window = "41111111";
  EXPECT_FALSE(inspection_.on_body(Direction::kResponse, {window, 0, window.size(), false}).ok);
  EXPECT_EQ(inspection_.verdict().reason, Reason::kHoldLimit);
}

TEST(SnapshotTest, SaysWhatIsWrongWithThePolicyDirectory) {
  config::ProxyConfig config;
  config.workload = {"shop", "orders-0"};
  config.policy_directory = GABION_SOURCE_DIR "/tests/inspect/no-such-directory";
  const auto compiled = Snapshot::compile(config, 1);
  ASSERT_TRUE(compiled.has_error());
  EXPECT_FALSE(compiled.error().empty());
}

TEST(ReasonTest, EveryReasonHasItsOwnCode) {
  std::vector<std::string_view> codes;
  for (unsigned value = 0; value <= static_cast<unsigned>(Reason::kMessageLimit); ++value) {
    const std::string_view code = to_string(static_cast<Reason>(value));
    EXPECT_EQ(std::count(codes.begin(), codes.end(), code), 0) << code;
    codes.push_back(code);
  }
  EXPECT_EQ(codes.front(), "none");
  EXPECT_EQ(codes.back(), "message_limit");
}

TEST_F(PipelineTest, SaysWhatMustBeUndoneOfABody) {
  struct Row {
    std::string_view coding;
    std::uint16_t status;
    BodyForm form;
    Reason reason;
  };
  const Row rows[] = {{"identity", 200, BodyForm::kPlain, Reason::kNone},
                      {"gzip, br", 200, BodyForm::kDecoded, Reason::kNone},
                      {"compress", 200, BodyForm::kUnreadable, Reason::kNotInspectable},
                      {"gzip", 206, BodyForm::kUnreadable, Reason::kNotInspectable}};
  for (const Row& row : rows) {
    const HeaderField field{"Content-Encoding", row.coding};
    begin("default");
    ASSERT_TRUE(request("/").allowed());
    ResponseHead response;
    response.status = row.status;
    response.fields = {&field, 1};
    response.has_body = true;
    EXPECT_EQ(inspection_.on_response_head(response).reason, row.reason) << row.coding;
    EXPECT_EQ(response.body_form, row.form) << row.coding;
    if (row.form == BodyForm::kDecoded) {
      EXPECT_EQ(inspection_.codings(Direction::kResponse).count, 2U);
      EXPECT_TRUE(inspection_.rules_body(Direction::kResponse));
      EXPECT_EQ(inspection_.body_change(Direction::kResponse), BodyChange::kSameLength);
    }
  }
}

TEST_F(PipelineTest, ABodyThatCannotBeDecodedIsRefusedWhereBodiesAreRuled) {
  const std::pair<coding::DecodeError, Reason> rows[] = {
      {coding::DecodeError::kBroken, Reason::kBadCoding},      {coding::DecodeError::kTrailing, Reason::kBadCoding},
      {coding::DecodeError::kTruncated, Reason::kBadCoding},   {coding::DecodeError::kWindow, Reason::kNotInspectable},
      {coding::DecodeError::kMemory, Reason::kNotInspectable}, {coding::DecodeError::kBytes, Reason::kDecodedBytes},
      {coding::DecodeError::kRatio, Reason::kDecodedRatio}};
  const HeaderField field{"Content-Encoding", "gzip"};
  for (const auto& [error, reason] : rows) {
    for (const std::string_view name : {"default", "watch"}) {  // the second only logs attacks
      begin(name);
      head_ = RequestHead{};
      head_.method = "POST";
      head_.target = "/";
      head_.received = head_.fields = {&field, 1};
      head_.has_body = true;
      ASSERT_TRUE(inspection_.on_request_head(head_).allowed());
      EXPECT_EQ(head_.body_form, BodyForm::kDecoded);
      const bool refused = name == "default";
      EXPECT_EQ(inspection_.on_coding_failure(Direction::kRequest, error), !refused);
      EXPECT_EQ(inspection_.verdict().reason, refused ? reason : Reason::kNone);
      ASSERT_EQ(inspection_.findings().size(), 1U);
      EXPECT_EQ(inspection_.findings()[0].detector, "content_coding");
      EXPECT_EQ(inspection_.findings()[0].rule, coding::to_string(error));
      EXPECT_EQ(inspection_.findings()[0].blocked, refused);
    }
  }
}

}  // namespace
}  // namespace gabion::inspect
