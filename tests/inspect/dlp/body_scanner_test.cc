// Findings in bodies of every format: where they are in the raw message, under which name, and the same at every cut.
#include "inspect/dlp/body_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "inspect/dlp/field_path.h"

namespace gabion::inspect::dlp {
namespace {

struct Case {
  std::string_view name;
  std::string_view type;
  std::string_view body;
  std::string_view raw;  ///< of the one card in it
  std::string_view field;
  ValueKind kind;
  RawForm form;
};

std::ostream& operator<<(std::ostream& out, const Case& tested) {
  return out << tested.name;
}

struct Told {
  RawSpan raw;
  std::string field;
  ValueKind kind;
  RawForm form;
  std::string text;
  std::uint8_t score;
  friend bool operator==(const Told&, const Told&) = default;
};

class Findings final : public BodyFindingSink {
 public:
  explicit Findings(TypeIndex type) : type_(type) {}
  void take(const BodyFinding& finding, const FieldReader& reader) override {
    EXPECT_EQ(reader.raw_span(finding.match.begin, finding.match.end), finding.raw);
    if (finding.match.type == type_) {
      told.push_back(
          {finding.raw, finding.field, finding.kind, finding.form, std::string(finding.text), finding.match.score});
    }
  }
  std::vector<Told> told;

 private:
  TypeIndex type_;
};

class BodyScannerBed : public ::testing::Test {
 protected:
  BodyScannerBed() : set_(std::move(TypeSet::compile({}).value())), scanner_(set_) {
    EXPECT_FALSE(set_.prepare(scratch_).has_error());
  }

  template <class Piece>
  std::vector<Told> scan(std::string_view type, std::string_view body, BodyScanner::Hold hold, Piece piece) {
    Findings findings(*set_.find("CREDIT_CARD"));
    EXPECT_TRUE(scanner_.begin(type, hold));
    std::size_t fed = 0;
    std::size_t begin = 0;
    do {
      const std::size_t fresh = std::min<std::size_t>(std::max<std::size_t>(piece(), 1), body.size() - fed);
      begin = hold == BodyScanner::Hold::kNothing ? fed : static_cast<std::size_t>(scanner_.decided());
      fed += fresh;
      const std::string window(body.substr(begin, fed - begin));
      const std::size_t already = findings.told.size();
      const std::uint64_t decided = scanner_.decided();
      EXPECT_TRUE(
          scanner_.read(window, begin, fresh, fed == body.size() ? End::kHere : End::kFollows, scratch_, findings));
      EXPECT_GE(scanner_.decided(), decided);
      for (std::size_t i = already; i < findings.told.size(); ++i) {
        EXPECT_GE(findings.told[i].raw.begin, decided) << "it had left already";
      }
    } while (fed < body.size());
    EXPECT_EQ(scanner_.decided(), body.size());
    return findings.told;
  }

  TypeSet set_;
  Scratch scratch_;
  BodyScanner scanner_;
};

class BodyScannerTest : public BodyScannerBed, public ::testing::WithParamInterface<Case> {};

TEST_P(BodyScannerTest, TellsWhereTheCardIs) {
  const Case& tested = GetParam();
  const auto told = scan(tested.type, tested.body, BodyScanner::Hold::kUndecided, [] { return ~std::size_t{0}; });
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(tested.body.substr(told[0].raw.begin, told[0].raw.end - told[0].raw.begin), tested.raw);
  EXPECT_EQ(told[0].field, tested.field);
  EXPECT_EQ(told[0].kind, tested.kind);
  EXPECT_EQ(told[0].form, tested.form);
}

TEST_P(BodyScannerTest, TellsTheSameAtEveryCut) {
  const Case& tested = GetParam();
  for (const auto hold : {BodyScanner::Hold::kUndecided, BodyScanner::Hold::kNothing}) {
    const auto expected = scan(tested.type, tested.body, hold, [] { return ~std::size_t{0}; });
    for (const std::size_t size : {1, 7}) {
      EXPECT_EQ(scan(tested.type, tested.body, hold, [size] { return size; }), expected) << size;
    }
    for (std::size_t cut = 1; cut < tested.body.size(); ++cut) {
      bool is_first = true;
      EXPECT_EQ(
          scan(tested.type, tested.body, hold, [&] { return std::exchange(is_first, false) ? cut : ~std::size_t{0}; }),
          expected)
          << cut;
    }
    std::mt19937 random(1);
    EXPECT_EQ(scan(tested.type, tested.body, hold, [&random] { return random() % 11; }), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, BodyScannerTest,
    ::testing::Values(Case{"JsonNumber", "application/json", R"({"a":{"card":4111111111111111}})", "4111111111111111",
                           "/a/card", ValueKind::kJsonNumber, RawForm::kSame},
                      Case{"JsonEscapes", "application/json", R"({"card":"\u0034111 1111\u00201111 1111"})",
                           R"(\u0034111 1111\u00201111 1111)", "/card", ValueKind::kString, RawForm::kEscapes},
                      Case{"JsonInAString", "application/json", R"({"m":"{\"card\":\"\\u0034111111111111111\"}"})",
                           R"(\\u0034111111111111111)", "/m/card", ValueKind::kString, RawForm::kEscapes},
                      Case{"Form", "application/x-www-form-urlencoded", "a=1&card=4111+1111+1111+%31111&b=2",
                           "4111+1111+1111+%31111", "/card", ValueKind::kText, RawForm::kEscapes},
                      Case{"Text", "text/plain", "my card 4111-1111-1111-1111.", "4111-1111-1111-1111", "",
                           ValueKind::kText, RawForm::kSame},
                      Case{"Xml", "text/xml", "<p><card no=\"x\">&#52;111111111111111</card></p>",
                           "&#52;111111111111111", "/p/card", ValueKind::kText, RawForm::kEscapes},
                      Case{"Csv", "text/csv", "id,card\n1,4111111111111111\n", "4111111111111111", "/card",
                           ValueKind::kText, RawForm::kSame},
                      Case{"Event", "text/event-stream", "data: {\"card\":\ndata: \"4111111111111111\"}\n\ndata: 1\n\n",
                           "4111111111111111", "/card", ValueKind::kString, RawForm::kSame},
                      Case{"Lines", "application/x-ndjson", "{\"n\":{\"a\n{\"card\":\"4111111111111111\"}\n{\"n\":1}\n",
                           "4111111111111111", "/card", ValueKind::kString, RawForm::kSame},
                      Case{"LinesOfOneText", "application/json-seq",
                           "\x1e{\"a\":{\n\"card\":\n\"4111111111111111\"\n}}\n", "4111111111111111", "/a/card",
                           ValueKind::kString, RawForm::kSame},
                      Case{"Base64Part", "multipart/form-data; boundary=b",
                           "--b\nContent-Disposition: form-data; name=card\nContent-Transfer-Encoding: base64\n\n"
                           "IDQxMTExMTExMTExMTExMTEg\n--b--",
                           "IDQxMTExMTExMTExMTExMTEg", "/card", ValueKind::kText, RawForm::kBase64},
                      Case{"ANumberAsKey", "application/json", R"({"4012888888881881x":{"n":"4111111111111111"}})",
                           "4111111111111111", "/9999999999999999x/n", ValueKind::kString, RawForm::kSame}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(BodyScannerBed, AnEventOrALineWaitsForNothing) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"text/event-stream", "data: tokens and 4111111111111111\n\n"},
      {"application/x-ndjson; charset=utf-8", "{\"a\":\"tokens and 4111111111111111\"}\n"},
      {"application/jsonl", "{\"a\":1}\n[4111111111111111]\n"},
      {"application/geo+json-seq", "\x1e{\"a\":4111111111111111}\n"}};
  for (const auto& [type, text] : cases) {
    Findings findings(*set_.find("CREDIT_CARD"));
    ASSERT_TRUE(scanner_.begin(type, BodyScanner::Hold::kUndecided));
    ASSERT_TRUE(scanner_.read(text, 0, text.size(), End::kFollows, scratch_, findings));
    EXPECT_EQ(scanner_.decided(), text.size()) << type;
    EXPECT_EQ(findings.told.size(), 1U) << type;
  }
}

TEST_F(BodyScannerBed, JsonOfOneTextHoldsWhatMayGoOn) {
  Findings findings(*set_.find("CREDIT_CARD"));
  const std::string_view text = "{\"a\":1,\n\"b\":2}\n";
  ASSERT_TRUE(scanner_.begin("application/json", BodyScanner::Hold::kUndecided));
  ASSERT_TRUE(scanner_.read(text, 0, text.size(), End::kFollows, scratch_, findings));
  EXPECT_LT(scanner_.decided(), text.size());
}

TEST(FieldPathTest, ShowsWordsAndTheShapeOfEverythingElse) {
  const auto path = [](std::vector<std::string_view> names) { return field_path(names); };
  EXPECT_EQ(path({}), "");
  EXPECT_EQ(path({"customer", "card_2"}), "/customer/card_2");
  EXPECT_EQ(path({"4111111111111111"}), "/9999999999999999");
  EXPECT_EQ(path({"a@b.example"}), "/x?x?xxxxxxx");
  EXPECT_EQ(path({"a/b~"}), "/x?x?");
  EXPECT_EQ(path({std::string_view("0123456789012345678901234567890123456789")}).size(), 41U);
  EXPECT_EQ(path({"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz"}).size(),
            kMaxFieldBytes);
}

}  // namespace
}  // namespace gabion::inspect::dlp
