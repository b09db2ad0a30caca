// Which types a selection names, and which patterns of the user's own are refused, with the reason.
#include "inspect/dlp/type_set.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

std::string errors_of(const Selection& selection) {
  const auto set = TypeSet::compile(selection);
  std::string text;
  for (const auto& error : set ? config::Errors{} : set.error()) {
    text += error.to_string() + "\n";
  }
  return text;
}

CustomType custom(std::string pattern, std::vector<std::string> match, std::vector<std::string> no_match = {}) {
  CustomType type;
  type.name = "MINE";
  type.pattern = std::move(pattern);
  type.match = std::move(match);
  type.no_match = std::move(no_match);
  type.where = "gabion.yaml:7";
  return type;
}

TEST(TypeSetTest, NamesAreUniqueAndEveryTypeHasForms) {
  std::set<std::string_view> names;
  for (const Type& type : catalogue()) {
    EXPECT_TRUE(names.insert(type.id).second) << type.id;
    EXPECT_FALSE(type.forms.empty()) << type.id;
    EXPECT_FALSE(type.title.empty()) << type.id;
  }
}

TEST(TypeSetTest, AllOfTheCatalogueCompiles) {
  Selection selection;
  selection.entities = {"all"};
  EXPECT_EQ(errors_of(selection), "");
}

TEST(TypeSetTest, AScannerOfEveryTypeHoldsLittle) {
  Selection selection;
  selection.entities = {"all"};
  const auto set = TypeSet::compile(selection);
  ASSERT_TRUE(set.has_value());
  RecordProperty("scanner_bytes", static_cast<int>(set->scanner_bytes()));
  EXPECT_LE(set->scanner_bytes(), TypeSet::kMaxScannerBytes);
}

TEST(TypeSetTest, ASelectionIsReadFromLeftToRight) {
  Selection selection;
  selection.entities = {"default", "-EMAIL_ADDRESS", "+IMEI", "-secrets", "JWT"};
  const auto set = TypeSet::compile(selection);
  ASSERT_TRUE(set.has_value());
  const auto is_selected = [&](std::string_view name) { return set->is_selected(*set->find(name)); };
  EXPECT_TRUE(is_selected("CREDIT_CARD"));
  EXPECT_TRUE(is_selected("IMEI"));
  EXPECT_TRUE(is_selected("JWT"));
  EXPECT_FALSE(is_selected("EMAIL_ADDRESS"));
  EXPECT_FALSE(is_selected("STRIPE_KEY"));
  EXPECT_FALSE(is_selected("IP_ADDRESS"));
}

TEST(TypeSetTest, UnknownNamesAreRefused) {
  Selection selection;
  selection.entities = {"default", "CREDIT_CRAD"};
  EXPECT_EQ(errors_of(selection), "there is no type or set \"CREDIT_CRAD\"\n");
}

struct Refusal {
  std::string pattern;
  std::vector<std::string> match;
  std::vector<std::string> no_match;
  std::string why;
};

TEST(TypeSetTest, PatternsThatCannotBeScannedAreRefused) {
  const std::vector<Refusal> refusals{
      {"a*", {"aaaa"}, {}, "can match the empty string"},
      {"[0-9]{3,5}", {"12345"}, {}, "can match fewer than 4 characters"},
      {"IDX[0-9]+", {"IDX12345"}, {}, "has no longest match"},
      {"secret.*", {"secret x"}, {}, "has no longest match"},
      {"ID[0-9]{4,200}", {"ID12345"}, {}, "can match more than 110 characters"},
      {"(?<=x)ID[0-9]{4}", {"xID1234"}, {}, "look-around"},
      {"ID[0-9]{4}(?!x)", {"ID1234"}, {}, "look-around"},
      {"^ID[0-9]{4}", {"ID1234"}, {}, "no ^, $"},
      {"ID[0-9]{4}\\z", {"ID1234"}, {}, "no ^, $"},
      {"(ID[0-9]{4}", {"ID1234"}, {}, "arenthes"},
      {"(a|b)\\1cdef", {"aacdef"}, {}, "ack"},
      {std::string(1025, 'a'), {"a"}, {}, "at most 1024 bytes"},
      {"ID[0-9]{4}", {}, {}, "examples.match is empty"},
      {"ID[0-9]{4}", {"ID12"}, {}, "examples.match[0] is not found"},
      {"ID[0-9]{4}", {"ID1234"}, {"x ID1234"}, "examples.no_match[0] is found"},
      {"", {"a"}, {}, "has no pattern"},
  };
  for (const Refusal& refusal : refusals) {
    Selection selection;
    selection.entities = {"pci"};
    selection.custom = {custom(refusal.pattern, refusal.match, refusal.no_match)};
    const std::string errors = errors_of(selection);
    EXPECT_NE(errors.find(refusal.why), std::string::npos) << refusal.pattern << ": " << errors;
    EXPECT_NE(errors.find("gabion.yaml:7"), std::string::npos) << errors;
  }
}

TEST(TypeSetTest, SignsInClassesAreNoAnchors) {
  Selection selection;
  selection.custom = {custom("[$^]ID[^a-z$]{4}\\$", {"a $ID1234$"})};
  EXPECT_EQ(errors_of(selection), "");
}

TEST(TypeSetTest, TooManyPatternsAreRefused) {
  Selection selection;
  selection.custom.assign(TypeSet::kMaxCustom + 1, custom("ID[0-9]{4}", {"ID1234"}));
  EXPECT_NE(errors_of(selection).find("at most 256"), std::string::npos);
}

TEST(TypeSetTest, NamesThatAreTakenOrMisspelledAreRefused) {
  Selection selection;
  selection.custom = {custom("ID[0-9]{4}", {"ID1234"}), custom("ID[0-9]{4}", {"ID1234"})};
  EXPECT_NE(errors_of(selection).find("the name is taken"), std::string::npos);
  selection.custom.resize(1);
  selection.custom[0].name = "CREDIT_CARD";
  EXPECT_NE(errors_of(selection).find("the name is taken"), std::string::npos);
  selection.custom[0].name = "mine";
  EXPECT_NE(errors_of(selection).find("a name is capitals"), std::string::npos);
}

TEST(TypeSetTest, ValidatorsAreThoseOfTheChecks) {
  Selection selection;
  selection.custom = {custom("ID[0-9]{4}", {"ID1234"})};
  selection.custom[0].validator = "nonsense";
  EXPECT_NE(errors_of(selection).find("there is no validator"), std::string::npos);
  selection.custom[0] = custom("\\b[0-9]{8}\\b", {"no 79927398713", "79927398"}, {});
  selection.custom[0].validator = "luhn";
  EXPECT_NE(errors_of(selection).find("examples.match[0]"), std::string::npos);
  selection.custom[0] = custom("\\bK-[0-9a-zA-Z]{16}\\b", {"K-a8Gk2Lq9Zx7Bn4Tw"}, {"K-aaaaaaaaaaaaaaaa"});
  selection.custom[0].validator = "entropy>=3.5";
  EXPECT_EQ(errors_of(selection), "");
}

}  // namespace
}  // namespace gabion::inspect::dlp
