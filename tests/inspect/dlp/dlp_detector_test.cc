// Sensitive values in heads and bodies: found, told, covered or refused, the same wherever a body is cut.
#include "inspect/dlp/dlp_detector.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "inspect/dlp/body_cover.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/dlp/profile.h"
#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::dlp {
namespace {

using config::DlpAction;
using config::DlpDirection;
using config::OnLimit;

constexpr std::size_t kHold = 4096;

config::DlpRule rule(std::vector<std::string> types, DlpAction action, DlpDirection direction = DlpDirection::kBoth) {
  config::DlpRule made;
  for (std::string& type : types) {
    made.types.push_back({std::move(type), "test"});
  }
  made.treatment.action = action;
  made.direction = direction;
  return made;
}

config::DlpProfile profile_with(std::vector<config::DlpRule> rules) {
  config::DlpProfile profile;
  profile.name = "p";
  profile.types.push_back({"default", "test"});
  profile.rules = std::move(rules);
  return profile;
}

std::shared_ptr<const Profile> compiled(const config::DlpProfile& profile) {
  std::shared_ptr<Budget> budget;
  if (profile.budget.records > 0) {
    budget = std::make_shared<Budget>(profile.budget.records, profile.budget.per);
  }
  auto hash = std::make_shared<const KeyedHash>(*KeyedHash::from_key("0123456789abcdef0123456789abcdef"));
  auto made = Profile::compile(profile, std::move(hash), std::move(budget));
  EXPECT_TRUE(made.has_value()) << made.error().front().to_string();
  return *made;
}

/// One connection whose exchanges are looked at by one profile.
class Bed {
 public:
  explicit Bed(const config::DlpProfile& profile, DlpDetector::Asked asked = DlpDetector::Asked::kListeners,
               OnLimit on_limit = OnLimit::kDeny)
      : detector_(compiled(profile), asked, on_limit), driver_(detector_) {}

  Step request(const RequestHead& head) { return driver_.begin().on_request_head(head); }
  DetectorState& state() { return const_cast<DetectorState&>(driver_.state()); }

  Step answer(const std::string& type, std::vector<HeaderField> fields = {}, std::uint16_t status = 200) {
    type_ = type;
    fields_ = std::move(fields);
    fields_.push_back({"Content-Type", type_});
    ResponseHead head;
    head.status = status;
    head.fields = fields_;
    head.has_body = true;
    return state().on_response_head(head);
  }
  BodyOutcome body(std::string_view text, const Cutter& cutter, std::size_t hold = kHold) {
    return driver_.send_body(Direction::kResponse, text, cutter, hold);
  }
  /// A whole exchange.
  BodyOutcome exchange(const std::string& type, std::string_view text, const Cutter& cutter) {
    EXPECT_EQ(request({}), Step::kContinue);
    EXPECT_EQ(answer(type), Step::kContinue);
    return body(text, cutter);
  }
  [[nodiscard]] const FindingList& findings() const { return driver_.findings(); }

 private:
  DlpDetector detector_;
  DetectorDriver driver_;
  std::string type_;
  std::vector<HeaderField> fields_;
};

/// What an exchange is charged for; it was counted as nothing.
TEST(DlpDetector, TellsWhatItHoldsOfHeadsAndBodies) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  const std::string value(20'000, 'v');
  RequestHead head;
  const HeaderField field{"x-note", value};
  head.fields = {&field, 1};
  ASSERT_EQ(bed.request(head), Step::kContinue);
  const auto of_head = bed.state().held_bytes();
  EXPECT_GE(of_head, value.size());
  ASSERT_EQ(bed.answer("application/json"), Step::kContinue);
  std::string body = "[";
  for (int i = 0; i < 4'000; ++i) {
    body += R"("\u0041b",)";
  }
  body += "0]";
  (void)bed.body(body, pieces_of(4096));
  EXPECT_GE(bed.state().held_bytes(), of_head + 4096) << "escaped text is a copy";
}

struct BodyCase {
  const char* name;
  DlpAction action;
  std::string type;
  std::string body;
  std::string sent;
};

class CoveredBodyTest : public ::testing::TestWithParam<BodyCase> {};

TEST_P(CoveredBodyTest, IsTheSameWhereverItIsCut) {
  const BodyCase& tested = GetParam();
  Bed bed(profile_with({rule({}, tested.action)}));
  const auto whole = bed.exchange(tested.type, tested.body, pieces_of(tested.body.size()));
  EXPECT_EQ(whole.sent, tested.sent);
  for (std::size_t cut = 1; cut < tested.body.size(); ++cut) {
    EXPECT_EQ(bed.exchange(tested.type, tested.body, cut_at(cut)).sent, tested.sent) << "cut at " << cut;
  }
  for (const std::size_t size : {1, 2, 7}) {
    EXPECT_EQ(bed.exchange(tested.type, tested.body, pieces_of(size)).sent, tested.sent) << "pieces of " << size;
  }
  for (unsigned seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(bed.exchange(tested.type, tested.body, random_pieces(seed)).sent, tested.sent) << "seed " << seed;
  }
}

constexpr const char* kJson = "application/json";

INSTANTIATE_TEST_SUITE_P(
    Actions, CoveredBodyTest,
    ::testing::Values(
        BodyCase{"MaskText", DlpAction::kMask, "text/plain", "card 4111 1111 1111 1111.", "card **** **** **** 1111."},
        BodyCase{"MaskJson", DlpAction::kMask, kJson, R"({"card": "4111111111111111", "n": 4111111111111111})",
                 R"({"card": "************1111", "n": 9999999999991111})"},
        BodyCase{"MaskEscapes", DlpAction::kMask, kJson, R"({"card": "\u0034111111111111111"})",
                 R"({"card": "*********************"})"},
        BodyCase{"Replace", DlpAction::kReplace, kJson, R"({"card": "4111111111111111", "n": 4111111111111111 })",
                 R"({"card": "[CREDIT_CARD]", "n": "[CREDIT_CARD]" })"},
        BodyCase{"ReplaceInAForm", DlpAction::kReplace, "application/x-www-form-urlencoded",
                 "a=1&card=4111111111111111", "a=1&card=%5BCREDIT_CARD%5D"},
        BodyCase{"DropMiddle", DlpAction::kDropField, kJson, R"({"a": 1, "card": "4111111111111111", "b": 2})",
                 R"({"a": 1, "b": 2})"},
        BodyCase{"DropFirst", DlpAction::kDropField, kJson, R"({"card": 4111111111111111, "b": 2})", R"({ "b": 2})"},
        BodyCase{"DropAll", DlpAction::kDropField, kJson,
                 R"({"c": "4111111111111111", "d": "5555555555554444", "e": "378282246310005"})", "{  }"},
        BodyCase{"DropLastTwo", DlpAction::kDropField, kJson,
                 R"({"a": 1, "d": "5555555555554444", "e": "378282246310005"})", R"({"a": 1})"},
        BodyCase{"DropFirstTwo", DlpAction::kDropField, kJson,
                 R"({"d": "5555555555554444", "e": "378282246310005", "a": 1})", R"({  "a": 1})"},
        BodyCase{"DropAStringWithColons", DlpAction::kDropField, kJson, R"({"k,":": 4111111111111111,", "b": 1})",
                 R"({ "b": 1})"},
        BodyCase{"DropKeepsNeighbours", DlpAction::kDropField, kJson, R"({"a,":1,":":[4111111111111111,2],"c":"d"})",
                 R"({"a,":1,":":[9999999999991111,2],"c":"d"})"},
        BodyCase{"AKeysHeadEndsWithItsString", DlpAction::kMask, kJson,
                 R"({"k":"-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhki: x","amount":1234,"ok":true})",
                 R"({"k":"-----***** ******* ***-----*******************: *","amount":1234,"ok":true})"},
        BodyCase{
            "APuttyKeyWithQuotes", DlpAction::kMask, "text/plain",
            "PuTTY-User-Key-File-3: ssh-rsa\nComment: my \"main\" key\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: ab\nrest",
            "*****-****-***-****-*: ***-***\n*******: ** \"****\" ***\n*******-*****: *\n****\n*******-***: **\nrest"},
        BodyCase{"OverlappingCards", DlpAction::kMask, "text/plain", "ref 4111 1202 5500 0055 5555 5559 x",
                 "ref **** **** **** **** **** 5559 x"},
        BodyCase{"DropInAnArrayIsAMask", DlpAction::kDropField, kJson, R"({"a": ["4111111111111111"]})",
                 R"({"a": ["************1111"]})"},
        BodyCase{"DropAForm", DlpAction::kDropField, "application/x-www-form-urlencoded",
                 "card=4111111111111111&a=1&d=5555555555554444", "a=1"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(DlpDetector, AValueLongerThanIsHeldIsToldCountedAndReplacedOnce) {
  auto profile = profile_with({rule({}, DlpAction::kReplace)});
  profile.rules.front().treatment.block_over = 1;
  Bed bed(profile);
  std::string key = "-----BEGIN PRIVATE KEY-----\n";
  for (int line = 0; line < 8; ++line) {
    key += "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n";
  }
  key += "-----END PRIVATE KEY-----";
  const std::string body = "a " + key + " b";
  std::string hash;
  for (const std::size_t size : {body.size(), std::size_t{1}, std::size_t{7}, std::size_t{200}}) {
    const auto outcome = bed.exchange("text/plain", body, pieces_of(size));
    EXPECT_EQ(outcome.sent, "a [PRIVATE_KEY] b") << size;
    ASSERT_EQ(bed.findings().items().size(), 1U) << size;
    const Finding& told = bed.findings().items().front();
    EXPECT_EQ(told.offset, 2U);
    EXPECT_EQ(told.length, key.size());
    hash = hash.empty() ? told.hash : hash;
    EXPECT_EQ(told.hash, hash);
  }
}

TEST(DlpDetector, OfAMessageLongerThanMayBeHeldFieldsAreMaskedInsteadOfDropped) {
  Bed bed(profile_with({rule({}, DlpAction::kDropField)}));
  const std::string body = R"({"card": "4111111111111111", "pad": ")" + std::string(3 * kHold, 'x') + "\"}";
  const auto outcome = bed.exchange(kJson, body, pieces_of(1000));
  EXPECT_EQ(outcome.sent.substr(0, 28), R"({"card": "************1111",)");
  EXPECT_EQ(outcome.sent.size(), body.size());
}

TEST(DlpDetector, ATokenIsTheSameForTheSameValueHoweverItIsWritten) {
  Bed bed(profile_with({rule({}, DlpAction::kToken)}));
  const auto one = bed.exchange("text/plain", "4111 1111 1111 1111", pieces_of(100)).sent;
  EXPECT_EQ(one.substr(0, 4), "tok_");
  EXPECT_EQ(bed.exchange("text/plain", "4111-1111-1111-1111", pieces_of(3)).sent, one);
  EXPECT_NE(bed.exchange("text/plain", "5555-5555-5555-4444", pieces_of(3)).sent, one);
}

TEST(DlpDetector, WhatIsBlockedDoesNotLeave) {
  Bed bed(profile_with({rule({"CREDIT_CARD"}, DlpAction::kBlock)}));
  for (std::size_t cut = 1; cut < 30; ++cut) {
    const auto outcome = bed.exchange("text/plain", "pay with 4111 1111 1111 1111 now", cut_at(cut));
    EXPECT_TRUE(outcome.stopped);
    EXPECT_EQ(outcome.sent.find("4111"), std::string::npos) << "cut at " << cut;
    EXPECT_EQ(bed.state().reason(), Reason::kSensitiveData);
    EXPECT_EQ(bed.state().rule(), "CREDIT_CARD");
  }
}

TEST(DlpDetector, EvidenceHoldsNoValue) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  (void)bed.exchange(kJson, R"({"customer": {"card": "4111111111111111"}})", pieces_of(5));
  ASSERT_EQ(bed.findings().items().size(), 1U);
  const Finding& finding = bed.findings().items().front();
  EXPECT_EQ(finding.detector, "dlp");
  EXPECT_EQ(finding.rule, "CREDIT_CARD");
  EXPECT_EQ(finding.field, "/customer/card");
  EXPECT_EQ(finding.offset, 23U);
  EXPECT_EQ(finding.length, 16U);
  EXPECT_EQ(finding.sample, "************1111");
  EXPECT_EQ(finding.action, "mask");
  EXPECT_EQ(finding.profile, "p");
  EXPECT_TRUE(finding.validated);
  EXPECT_TRUE(finding.covered);
  EXPECT_EQ(finding.hash.size(), 8U + 1 + 16);
  EXPECT_EQ(finding.cue, "card");
}

TEST(DlpDetector, AllowedValuesAndExceptedFieldsAreLeftAlone) {
  config::DlpProfile profile = profile_with({rule({}, DlpAction::kBlock)});
  profile.allow = {"4111 1111 1111 1111"};
  profile.rules.front().except_fields = {"/debug/card"};
  Bed bed(profile);
  EXPECT_FALSE(bed.exchange("text/plain", "4111111111111111", pieces_of(9)).stopped);
  EXPECT_TRUE(bed.findings().items().empty());
  EXPECT_FALSE(bed.exchange(kJson, R"({"debug": {"card": "5555555555554444"}})", pieces_of(9)).stopped);
  EXPECT_EQ(bed.findings().items().size(), 1U);
  EXPECT_TRUE(bed.exchange(kJson, R"({"card": "5555555555554444"})", pieces_of(9)).stopped);
}

std::string mails(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += "user" + std::to_string(i) + "@example.org\n";
  }
  return text;
}

TEST(DlpDetector, ManyDistinctValuesAreOneTooMany) {
  config::DlpProfile profile = profile_with({rule({"EMAIL_ADDRESS"}, DlpAction::kLog)});
  profile.rules.front().treatment.block_over = 20;
  Bed bed(profile);
  EXPECT_FALSE(bed.exchange("text/plain", mails(20), pieces_of(50)).stopped);
  EXPECT_FALSE(bed.exchange("text/plain", mails(10) + mails(20), pieces_of(50)).stopped) << "the same ones again";
  EXPECT_TRUE(bed.exchange("text/plain", mails(21), pieces_of(50)).stopped);
  EXPECT_EQ(bed.state().rule(), "EMAIL_ADDRESS");
}

TEST(DlpDetector, ABudgetIsSpentOverExchanges) {
  config::DlpProfile profile = profile_with({rule({}, DlpAction::kMask)});
  profile.budget.records = 5;
  Bed bed(profile);
  ConnectionFacts facts;
  RequestHead head;
  head.facts = &facts;
  head.time = std::chrono::system_clock::time_point(std::chrono::hours(500'000));
  const auto spend = [&] {
    EXPECT_EQ(bed.request(head), Step::kContinue);
    EXPECT_EQ(bed.answer("text/plain"), Step::kContinue);
    return bed.body("4111111111111111 5555555555554444", pieces_of(99));
  };
  EXPECT_FALSE(spend().stopped);
  EXPECT_FALSE(spend().stopped);
  EXPECT_TRUE(spend().stopped);
  EXPECT_EQ(bed.state().rule(), "budget");
}

TEST(DlpDetector, FieldsOfAnAnswersHeadAreCovered) {
  Bed bed(profile_with({rule({}, DlpAction::kMask, DlpDirection::kResponse)}));
  ASSERT_EQ(bed.request({}), Step::kContinue);
  ASSERT_EQ(bed.answer("text/plain", {{"X-Card", "4111111111111111"},
                                      {"Set-Cookie", "card=4111111111111111"},
                                      {"X-Note", "card=4111%201111%201111%201111"}}),
            Step::kContinue);
  const auto edits = bed.state().field_edits(Direction::kResponse);
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits[0].index, 0U);
  EXPECT_EQ(edits[0].value, "************1111");
  EXPECT_EQ(edits[1].index, 2U);
  EXPECT_EQ(edits[1].value, "card=" + std::string(25, '*'));
  EXPECT_EQ(bed.findings().items().size(), 3U) << "the cookie is told";
}

TEST(DlpDetector, QueryAndPathOfARequestAreLookedAt) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  RequestHead head;
  head.path = "/cards/4111111111111111";
  head.query = "a=1&card=4111+1111+1111+1111";
  head.has_query = true;
  ASSERT_EQ(bed.request(head), Step::kContinue);
  const auto edits = bed.state().field_edits(Direction::kRequest);
  ASSERT_EQ(edits.size(), 2U);
  EXPECT_EQ(edits[0].value, "/cards/************1111");
  EXPECT_EQ(edits[1].index, FieldEdit::kQuery);
  EXPECT_EQ(edits[1].value.find("4111"), std::string::npos);
  Bed blocking(profile_with({rule({}, DlpAction::kBlock)}));
  EXPECT_EQ(blocking.request(head), Step::kStop);
}

// Was: a key's head in one field took the fields behind it, and the process died.
TEST(DlpDetector, AKeysHeadInAFieldEndsWithIt) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  for (const std::string_view head : {"PuTTY-User-Key-File-3: a", "-----BEGIN PRIVATE KEY-----MIIEvQIBADANBgkqhki"}) {
    const HeaderField fields[] = {{"x-note", head}, {"x-next", "nothing of a key"}};
    RequestHead request;
    request.fields = fields;
    ASSERT_EQ(bed.request(request), Step::kContinue);
    const auto edits = bed.state().field_edits(Direction::kRequest);
    ASSERT_EQ(edits.size(), 1U) << head;
    EXPECT_EQ(edits[0].index, 0U);
    EXPECT_EQ(edits[0].value.size(), head.size());
    ASSERT_EQ(bed.answer("text/plain"), Step::kContinue);
    EXPECT_EQ(bed.state().on_trailers(Direction::kResponse, fields), Step::kStop);
  }
}

// Was: what the text as it stands does not show was thought to be seen in it.
TEST(DlpDetector, EscapesBesideAValueHideNothing) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  for (const std::string_view query :
       {"q=%224111111111111111%22", "f=%7B%22card%22%3A%224111111111111111%22%7D", "card%5Fsin=130692544"}) {
    RequestHead head;
    head.query = query;
    ASSERT_EQ(bed.request(head), Step::kContinue);
    ASSERT_EQ(bed.state().field_edits(Direction::kRequest).size(), 1U) << query;
    const std::string& value = bed.state().field_edits(Direction::kRequest)[0].value;
    EXPECT_EQ(value.size(), query.size());
    EXPECT_EQ(value.find("41111111"), std::string::npos) << value;
    EXPECT_EQ(value.find("130692544"), std::string::npos) << value;
    EXPECT_EQ(bed.findings().items().size(), 1U) << query;
  }
}

TEST(DlpDetector, AHeadersNameThatIsAValueIsNotTold) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  const HeaderField field{"4111111111111111", "4111111111111111"};
  RequestHead head;
  head.fields = {&field, 1};
  ASSERT_EQ(bed.request(head), Step::kContinue);
  ASSERT_EQ(bed.findings().items().size(), 1U);
  EXPECT_EQ(bed.findings().items()[0].field, "header:9999999999999999");
}

// Was: an offset below the window; the process died.
TEST(DlpDetector, AValueWhoseBeginningHadToLeaveIsCoveredFromThereOn) {
  const auto profile = compiled(profile_with({rule({}, DlpAction::kMask)}));
  BodyCover cover(*profile);
  cover.begin(Format::kText);
  BodyFinding finding;
  finding.match.type = *profile->types().find("CREDIT_CARD");
  finding.raw = {10, 26};
  Ruling ruling;
  ruling.treatment.action = DlpAction::kMask;
  std::string rest = "1111111111 and more";
  EditList edits;
  for (const std::uint64_t offset : {16U, 26U, 40U}) {
    cover.add(finding, ruling);
    edits.begin_window(offset, offset + rest.size());
    ASSERT_TRUE(cover.apply({.bytes = rest, .offset = offset, .end = true, .edits = &edits}, BodyCover::Window::kPart));
  }
  EXPECT_FALSE(edits.failed());
}

TEST(DlpDetector, WithoutADemandOfARuleAnotherProfileDoesNothing) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}), DlpDetector::Asked::kOnDemand);
  ASSERT_EQ(bed.request({}), Step::kContinue);
  ASSERT_EQ(bed.answer("text/plain"), Step::kContinue);
  EXPECT_FALSE(bed.state().wants_body(Direction::kResponse));
  Demands demands;
  demands.dlp.push_back({"p", DlpAction::kBlock, DlpDirection::kResponse});
  RequestHead head;
  head.demands = &demands;
  ASSERT_EQ(bed.request(head), Step::kContinue);
  EXPECT_FALSE(bed.state().wants_body(Direction::kRequest));
  ASSERT_EQ(bed.answer("text/plain"), Step::kContinue);
  EXPECT_TRUE(bed.body("4111111111111111", pieces_of(4)).stopped);
}

TEST(DlpDetector, TheStricterOfProfileAndRuleCounts) {
  Bed bed(profile_with({rule({"CREDIT_CARD"}, DlpAction::kBlock), rule({}, DlpAction::kLog)}));
  Demands demands;
  demands.dlp.push_back({"p", DlpAction::kMask, DlpDirection::kBoth});
  RequestHead head;
  head.demands = &demands;
  const auto send = [&](std::string_view text) {
    EXPECT_EQ(bed.request(head), Step::kContinue);
    EXPECT_EQ(bed.answer("text/plain"), Step::kContinue);
    return bed.body(text, pieces_of(5));
  };
  EXPECT_TRUE(send("4111111111111111").stopped) << "a rule's Mask does not weaken the profile's block";
  EXPECT_EQ(send("078-05-1121").sent, "***-**-1121");
}

TEST(DlpDetector, WhatCannotBeReadIsOnLimits) {
  const auto profile = profile_with({rule({}, DlpAction::kMask)});
  Bed denying(profile);
  ASSERT_EQ(denying.request({}), Step::kContinue);
  EXPECT_EQ(denying.answer("text/plain", {}, 206), Step::kStop);
  EXPECT_EQ(denying.state().reason(), Reason::kNotInspectable);
  Bed allowing(profile, DlpDetector::Asked::kListeners, OnLimit::kAllow);
  ASSERT_EQ(allowing.request({}), Step::kContinue);
  EXPECT_EQ(allowing.answer("text/plain", {}, 206), Step::kContinue);
  EXPECT_FALSE(allowing.state().wants_body(Direction::kResponse));
  EXPECT_EQ(allowing.findings().items().size(), 1U);
  Bed logging(profile_with({rule({}, DlpAction::kLog)}));
  ASSERT_EQ(logging.request({}), Step::kContinue);
  EXPECT_EQ(logging.answer("text/plain; charset=utf-7"), Step::kContinue);
}

TEST(DlpDetector, TrailersThatWouldBeCoveredAreRefused) {
  Bed bed(profile_with({rule({}, DlpAction::kMask)}));
  (void)bed.exchange("text/plain", "nothing", pieces_of(3));
  const HeaderField field{"X-Card", "4111111111111111"};
  EXPECT_EQ(bed.state().on_trailers(Direction::kResponse, {&field, 1}), Step::kStop);
}

TEST(DlpDetector, UnknownTypesOfARuleAreRefusedWithTheirPlace) {
  const auto made = Profile::compile(profile_with({rule({"NO_SUCH"}, DlpAction::kMask)}),
                                     std::make_shared<const KeyedHash>(*KeyedHash::random()), nullptr);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().front().to_string(),
            "test: \"NO_SUCH\" is neither a type nor a group; `gabion dlp types` lists them");
}

}  // namespace
}  // namespace gabion::inspect::dlp
