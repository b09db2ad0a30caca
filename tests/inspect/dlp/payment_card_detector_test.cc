// Card numbers in responses: found and covered wherever the stream is cut.
#include "inspect/dlp/payment_card_detector.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "inspect/dlp/card_scanner.h"
#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::dlp {
namespace {

using config::FindingAction;
using config::OnLimit;

constexpr std::size_t kHold = 4096;

using Evidence = std::vector<std::tuple<std::uint64_t, std::uint32_t, std::string>>;

Evidence evidence(const FindingList& findings) {
  Evidence list;
  for (const Finding& finding : findings.items()) {
    list.emplace_back(finding.offset, finding.length, finding.sample);
  }
  return list;
}

class CardBed {
 public:
  explicit CardBed(FindingAction action, std::string type = "text/plain")
      : detector_(action, OnLimit::kDeny), driver_(detector_), type_(std::move(type)) {}

  BodyOutcome send(std::string_view body, const Cutter& cutter) {
    const HeaderField field{"Content-Type", type_};
    ResponseHead head;
    head.status = 200;
    head.fields = {&field, 1};
    DetectorState& state = driver_.begin();
    EXPECT_EQ(state.on_request_head({}), Step::kContinue);
    EXPECT_EQ(state.on_response_head(head), Step::kContinue);
    EXPECT_TRUE(state.wants_body(Direction::kResponse));
    EXPECT_FALSE(state.wants_body(Direction::kRequest));
    return driver_.send_body(Direction::kResponse, body, cutter, kHold);
  }
  [[nodiscard]] const FindingList& findings() const { return driver_.findings(); }
  [[nodiscard]] const DetectorState& state() const { return driver_.state(); }

 private:
  PaymentCardDetector detector_;
  DetectorDriver driver_;
  std::string type_;
};

struct Case {
  std::string_view type;
  std::string_view body;
  std::string_view sent;
};

const Case kCases[] = {
    {"text/plain", "4111111111111111", "************1111"},
    {"text/plain", "card 4111 1111 1111 1111, thanks", "card **** **** **** 1111, thanks"},
    {"text/plain", "4111-1111-1111-1111\n", "****-****-****-1111\n"},
    {"text/plain", "3782 822463 10005", "**** ****** *0005"},
    {"text/plain", "3056-930902-5904", "****-******-5904"},
    {"text/plain", "6205500000000000004 ", "***************0004 "},
    {"text/plain", "paid with 4111111111111111.", "paid with ************1111."},
    {"text/plain", "4111111111111111. Next", "************1111. Next"},
    {"text/plain", "5555555555554444 4111111111111111", "************4444 ************1111"},
    {"text/plain", "12 4111 1111 1111 1111 123", "12 **** **** **** 1111 123"},
    {"text/plain",
     "\xc3\xa9"
     "4111111111111111\xc3\xa9",
     "\xc3\xa9************1111\xc3\xa9"},
    // None of these stands alone, or is one at all.
    {"text/plain", "x4111111111111111 4111111111111111x", "x4111111111111111 4111111111111111x"},
    {"text/plain", "0.4111111111111111 4111111111111111.5", "0.4111111111111111 4111111111111111.5"},
    {"text/plain", "-4111111111111111 4111111111111111-", "-4111111111111111 4111111111111111-"},
    {"text/plain", "4111 1111-1111 1111", "4111 1111-1111 1111"},
    {"text/plain", "4111  1111 1111 1111", "4111  1111 1111 1111"},
    {"text/plain", "41111 11111 11111 1", "41111 11111 11111 1"},
    {"text/plain", "4111 1111 1111 11112", "4111 1111 1111 11112"},
    {"text/plain", "4111111111111112 1700000000000", "4111111111111112 1700000000000"},
    {"text/plain", "44444444444444444444444444444444", "44444444444444444444444444444444"},
    {"text/plain", "00004111111111111111", "00004111111111111111"},
    {"text/plain", "", ""},
    {"application/json", R"({"pan":4111111111111111,"x":1})", R"({"pan":9999999999991111,"x":1})"},
    {"application/json", R"({"pan":"4111111111111111"})", R"({"pan":"************1111"})"},
    {"application/json", R"({"a":"\"","n":[5555555555554444 , 1]})", R"({"a":"\"","n":[9999999999994444 , 1]})"},
    {"application/json", R"({"a":"see: 4111111111111111 , \\"})", R"({"a":"see: ************1111 , \\"})"},
    {"application/json", R"({"a":"one\n4111111111111111\n"})", R"({"a":"one\n************1111\n"})"},
    {"text/plain", R"(one\n4111111111111111)", R"(one\n4111111111111111)"},
    {"application/json", "4111111111111111", "9999999999991111"},
};

TEST(PaymentCardDetectorTest, CoversTheSameBytesAtEveryCut) {
  for (const Case& tested : kCases) {
    CardBed bed(FindingAction::kMask, std::string(tested.type));
    EXPECT_EQ(bed.send(tested.body, pieces_of(kHold)).sent, tested.sent) << tested.body;
    const Evidence whole = evidence(bed.findings());
    EXPECT_EQ(whole.empty(), tested.body == tested.sent) << tested.body;
    for (std::size_t cut = 1; cut < tested.body.size(); ++cut) {
      EXPECT_EQ(bed.send(tested.body, cut_at(cut)).sent, tested.sent) << tested.body << " cut at " << cut;
      EXPECT_EQ(evidence(bed.findings()), whole) << tested.body << " cut at " << cut;
    }
    for (const std::size_t size : {1U, 2U, 7U}) {
      const BodyOutcome outcome = bed.send(tested.body, pieces_of(size));
      EXPECT_EQ(outcome.sent, tested.sent) << tested.body << " in pieces of " << size;
      EXPECT_LE(outcome.most_held, CardScanner::kMaxTail);
      EXPECT_EQ(evidence(bed.findings()), whole) << tested.body;
    }
  }
}

/// Digits, separators, edges and cards in any order.
std::string generated_text(unsigned seed) {
  const std::vector<std::string> parts{"4111111111111111",
                                       "5555 5555 5555 4444",
                                       "3782-822463-10005",
                                       "4111",
                                       " ",
                                       "-",
                                       ".",
                                       "\"",
                                       "\\",
                                       "n",
                                       "1",
                                       "1111",
                                       "x",
                                       ":",
                                       ",",
                                       "411111111111",
                                       "6205500000000000004",
                                       "\n",
                                       "1111 1111 1111",
                                       "30569309025904"};
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < 300) {
    text += parts[random() % parts.size()];
  }
  return text;
}

TEST(PaymentCardDetectorTest, GeneratedTextsAreCutInvariantAndNothingIsFoundTwice) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    const std::string text = generated_text(seed);
    for (const char* type : {"text/plain", "application/json"}) {
      CardBed bed(FindingAction::kMask, type);
      const std::string covered = bed.send(text, pieces_of(kHold)).sent;
      const Evidence whole = evidence(bed.findings());
      EXPECT_EQ(covered.size(), text.size());
      for (unsigned cuts = 0; cuts < 5; ++cuts) {
        const BodyOutcome outcome = bed.send(text, random_pieces(seed * 5 + cuts));
        EXPECT_EQ(outcome.sent, covered) << text;
        EXPECT_LE(outcome.most_held, CardScanner::kMaxTail);
        EXPECT_EQ(evidence(bed.findings()), whole) << text;
      }
      EXPECT_EQ(bed.send(covered, pieces_of(kHold)).sent, covered) << text;
      EXPECT_TRUE(bed.findings().items().empty()) << text << "\n" << covered;
      CardBed logging(FindingAction::kLog, type);
      EXPECT_EQ(logging.send(text, pieces_of(5)).sent, text);
      EXPECT_EQ(evidence(logging.findings()), whole) << text;
    }
  }
}

TEST(PaymentCardDetectorTest, BlocksBeforeAnyDigitOfTheCardLeft) {
  const std::string text = "id 7, card 4111111111111111 and more";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    CardBed bed(FindingAction::kBlock);
    const BodyOutcome outcome = bed.send(text, cut_at(cut));
    EXPECT_TRUE(outcome.stopped);
    EXPECT_EQ(outcome.sent.find("4111"), std::string::npos) << cut;
    EXPECT_EQ(bed.state().reason(), Reason::kSensitiveData);
    EXPECT_EQ(bed.state().rule(), "CREDIT_CARD");
    ASSERT_EQ(bed.findings().items().size(), 1U);
    EXPECT_TRUE(bed.findings().items()[0].blocked);
  }
}

TEST(PaymentCardDetectorTest, FindingsTellWithoutRepeating) {
  CardBed bed(FindingAction::kMask);
  ASSERT_FALSE(bed.send("pan=4111111111111111;", pieces_of(3)).stopped);
  ASSERT_EQ(bed.findings().items().size(), 1U);
  const Finding& finding = bed.findings().items()[0];
  EXPECT_EQ(finding.detector, "payment_card");
  EXPECT_EQ(finding.rule, "CREDIT_CARD");
  EXPECT_EQ(finding.direction, Direction::kResponse);
  EXPECT_EQ(finding.field, "body");
  EXPECT_EQ(finding.offset, 4U);
  EXPECT_EQ(finding.length, 16U);
  EXPECT_EQ(finding.sample, "************1111");
  EXPECT_TRUE(finding.covered);
  EXPECT_FALSE(finding.blocked);
}

TEST(PaymentCardDetectorTest, KeepsAtMost64Findings) {
  CardBed bed(FindingAction::kMask);
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += "4111111111111111,";
  }
  EXPECT_EQ(bed.send(text, pieces_of(100)).sent.find("4111111111111111"), std::string::npos);
  EXPECT_EQ(bed.findings().items().size(), FindingList::kMaxFindings);
  EXPECT_EQ(bed.findings().dropped(), 36U);
}

struct HeadCase {
  std::string_view what;
  std::string_view method;
  std::uint16_t status;
  HeaderField field;
  bool wants_body;
  bool unreadable;
};

TEST(PaymentCardDetectorTest, RefusesOrPassesWhatCannotBeRead) {
  const HeadCase cases[] = {{"ordinary", "GET", 200, {"X", "y"}, true, false},
                            {"error page", "GET", 500, {"X", "y"}, true, false},
                            {"HEAD", "HEAD", 200, {"Content-Encoding", "gzip"}, false, false},
                            {"no content", "GET", 204, {"X", "y"}, false, false},
                            {"not modified", "GET", 304, {"Content-Encoding", "gzip"}, false, false},
                            {"interim", "GET", 103, {"X", "y"}, false, false},
                            {"coded", "GET", 200, {"Content-Encoding", "gzip"}, true, false},
                            {"coded by nobody we know", "GET", 200, {"Content-Encoding", "compress"}, false, true},
                            {"partial", "GET", 206, {"X", "y"}, false, true},
                            {"UTF-16", "GET", 200, {"Content-Type", "text/plain; charset=utf-16"}, false, true}};
  for (const HeadCase& tested : cases) {
    for (const OnLimit on_limit : {OnLimit::kDeny, OnLimit::kAllow}) {
      const PaymentCardDetector detector(FindingAction::kMask, on_limit);
      DetectorDriver driver(detector);
      RequestHead request;
      request.method = tested.method;
      ResponseHead response;
      response.status = tested.status;
      response.fields = {&tested.field, 1};
      if (tested.field.name == "Content-Encoding") {
        response.body_form = tested.field.value == "gzip" ? BodyForm::kDecoded : BodyForm::kUnreadable;
      }
      DetectorState& state = driver.begin();
      ASSERT_EQ(state.on_request_head(request), Step::kContinue);
      const bool refused = tested.unreadable && on_limit == OnLimit::kDeny;
      EXPECT_EQ(state.on_response_head(response), refused ? Step::kStop : Step::kContinue) << tested.what;
      EXPECT_EQ(state.reason(), refused ? Reason::kNotInspectable : Reason::kNone) << tested.what;
      EXPECT_EQ(state.wants_body(Direction::kResponse), tested.wants_body) << tested.what;
      EXPECT_EQ(driver.findings().items().size(), tested.unreadable ? 1U : 0U) << tested.what;
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
