// From text to tree: places, documents, and everything that is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "config/yaml_value.h"

namespace gabion::config {
namespace {

YamlValue one(std::string_view text) {
  auto documents = parse_yaml(text, "f.yaml").value();
  EXPECT_EQ(documents.size(), 1U);
  return documents.empty() ? YamlValue() : std::move(documents.front());
}

std::string refusal(std::string_view text) {
  const auto documents = parse_yaml(text, "f.yaml");
  std::string all;
  for (const Error& error : documents ? Errors{} : documents.error()) {
    all += (all.empty() ? "" : "\n") + error.to_string();
  }
  return all;
}

TEST(YamlParse, KeepsKindsKeysAndPlaces) {
  const YamlValue root = one("name: orders\nports:\n  - 80\n  - \"80\"\nopen: yes\nnone: ~\nratio: 1.5\n");
  ASSERT_TRUE(root.is_map());
  EXPECT_EQ(root.line(), 1);
  EXPECT_EQ(root.entries().size(), 5U);
  EXPECT_EQ(root.entries()[1].key(), "ports");
  EXPECT_EQ(root.entries()[1].key_line(), 2);
  EXPECT_EQ(root.find("name")->as_string(), "orders");
  EXPECT_EQ(root.find("name")->column(), 7);
  const auto ports = root.find("ports")->items();
  ASSERT_EQ(ports.size(), 2U);
  EXPECT_EQ(ports[0].as_integer(), 80);
  EXPECT_EQ(ports[0].line(), 3);
  EXPECT_EQ(ports[0].column(), 5);
  EXPECT_EQ(ports[1].kind(), YamlKind::kString);
  EXPECT_EQ(ports[1].as_string(), "80");
  EXPECT_TRUE(root.find("open")->as_bool());
  EXPECT_EQ(root.find("open")->text(), "yes");
  EXPECT_TRUE(root.find("none")->is_null());
  EXPECT_EQ(root.find("ratio")->kind(), YamlKind::kNumber);
  EXPECT_EQ(root.find("missing"), nullptr);
}

TEST(YamlParse, AccessorsOfAnotherKindAnswerNothing) {
  const YamlValue root = one("a: 1");
  EXPECT_TRUE(root.items().empty());
  EXPECT_EQ(root.as_string(), "");
  EXPECT_FALSE(root.as_bool());
  const YamlValue& integer = *root.find("a");
  EXPECT_EQ(integer.as_string(), "");
  EXPECT_FALSE(integer.as_bool());
  EXPECT_TRUE(integer.entries().empty());
  EXPECT_EQ(integer.find("b"), nullptr);
}

TEST(YamlParse, QuotedBlockAndTaggedScalarsAreStrings) {
  for (const char* text : {"'1'", "\"true\"", "|-\n  1", ">-\n  null", "! 1", "!!str 1", "!!str", "''"}) {
    EXPECT_TRUE(one("a: " + std::string(text)).find("a")->is_string()) << text;
  }
  EXPECT_TRUE(one("a: !!int 5").find("a")->is_integer());
  EXPECT_TRUE(one("a: !!seq [1]").find("a")->is_list());
}

TEST(YamlParse, EmptyDocumentsCount) {
  const auto documents = parse_yaml("---\n---\na: 1\n---\n# nothing\n---\nb: 2\n", "f").value();
  ASSERT_EQ(documents.size(), 4U);
  EXPECT_TRUE(documents[0].is_null());
  EXPECT_TRUE(documents[1].is_map());
  EXPECT_TRUE(documents[2].is_null());
  EXPECT_EQ(documents[3].find("b")->line(), 7);
}

TEST(YamlParse, TextOfBlanksHasNoDocument) {
  EXPECT_TRUE(parse_yaml("", "f").value().empty());
  EXPECT_TRUE(parse_yaml("# a\n\n  # b\n", "f").value().empty());
}

TEST(YamlParse, JsonIsYaml) {
  const YamlValue root = one("{\"a\": [1, null, true, \"x\\u00e9\"],\r\n \"b\": {}}");
  ASSERT_EQ(root.find("a")->items().size(), 4U);
  EXPECT_TRUE(root.find("a")->items()[1].is_null());
  EXPECT_EQ(root.find("a")->items()[3].as_string(), "x\xc3\xa9");
  EXPECT_TRUE(root.find("b")->is_map());
  EXPECT_TRUE(root.find("b")->entries().empty());
}

TEST(YamlParse, AByteOrderMarkIsNoText) {
  EXPECT_NE(one("\xef\xbb\xbf"
                "a: 1")
                .find("a"),
            nullptr);
}

TEST(YamlParse, AliasesAreCopies) {
  const YamlValue root = one("a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]\n");
  EXPECT_EQ(root.find("b")->find("k")->items().size(), 2U);
  EXPECT_EQ(root.find("b")->key(), "b");
  EXPECT_EQ(root.find("c")->items()[1].find("k")->items()[1].as_integer(), 2);
}

TEST(YamlParse, IntegersAndPlainWordsAreKeys) {
  const YamlValue root = one("80: a\ny: b\n'true': c\n");
  EXPECT_EQ(root.find("80")->as_string(), "a");
  EXPECT_EQ(root.find("y")->as_string(), "b");
  EXPECT_EQ(root.find("true")->as_string(), "c");
}

TEST(YamlParse, NullsHaveThePlaceOfTheirKey) {
  const YamlValue root = one("a:\n\n\nb: 1\n");
  EXPECT_TRUE(root.find("a")->is_null());
  EXPECT_EQ(root.find("a")->line(), 1);
}

struct RefusedYaml {
  const char* name;
  std::string text;
  std::string expected;
};

class RefusedYamlTest : public ::testing::TestWithParam<RefusedYaml> {};

TEST_P(RefusedYamlTest, SaysWhatAndWhere) {
  EXPECT_EQ(refusal(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Text, RefusedYamlTest,
    ::testing::Values(
        RefusedYaml{"DuplicateKey", "a: 1\nb: 2\na: 3\n", "f.yaml:3: key \"a\" is already on line 1"},
        RefusedYaml{"DuplicateQuotedKey", "1: x\n\"1\": y\n", "f.yaml:2: key \"1\" is already on line 1"},
        RefusedYaml{"TwoDuplicates", "a: {b: 1,\n b: 2}\na: 3\n",
                    "f.yaml:2: key \"b\" is already on line 1\nf.yaml:3: key \"a\" is already on line 1"},
        RefusedYaml{"MergeKey", "a: &x {b: 1}\nc:\n  <<: *x\n",
                    "f.yaml:3: \"<<\" is not supported: write the members out"},
        RefusedYaml{"UnknownTag", "a: 1\nb: !secret x\n", "f.yaml:2: unknown or unfitting tag \"!secret\""},
        RefusedYaml{"BinaryTag", "a: !!binary eA==\n",
                    "f.yaml:1: unknown or unfitting tag \"tag:yaml.org,2002:binary\""},
        RefusedYaml{"UnfittingTag", "a: !!int x\n", "f.yaml:1: unknown or unfitting tag \"tag:yaml.org,2002:int\""},
        RefusedYaml{"ListTag", "a: !x [1]\n", "f.yaml:1: unknown or unfitting tag \"!x\""},
        RefusedYaml{"MapTag", "a: !!set {b}\n", "f.yaml:1: unknown or unfitting tag \"tag:yaml.org,2002:set\""},
        RefusedYaml{"Cycle", "a: &x\n  - *x\n",
                    "f.yaml:2: an alias needs a complete value: not a key, and not what encloses it"},
        RefusedYaml{"AliasWithoutAnchor", "a: *x\n", "f.yaml:1: not YAML: the referenced anchor is not defined"},
        RefusedYaml{"AliasOfAnotherDocument", "a: &x 1\n---\nb: *x\n",
                    "f.yaml:3: not YAML: the referenced anchor is not defined"},
        RefusedYaml{"AliasAsKey", "a: &x y\n*x : 1\n", "f.yaml:2: an alias is no key"},
        RefusedYaml{"BoolKey", "on: 1\n", "f.yaml:1: a key must be a word, not true or false: quote it"},
        RefusedYaml{"NumberKey", "1.5: 1\n", "f.yaml:1: a key must be a word, not a number: quote it"},
        RefusedYaml{"NullKey", "~: 1\n", "f.yaml:1: a key must be a word, not null"},
        RefusedYaml{"ListKey", "? [a]\n: 1\n", "f.yaml:1: a key must be a word, not a list"},
        RefusedYaml{"MapKey", "{a: 1}: 1\n", "f.yaml:1: a key must be a word, not a map"},
        RefusedYaml{"KeyWithoutColon", "a: 1\npodSelector\n", "f.yaml:2: \"podSelector\" without ':'"},
        RefusedYaml{"CommaOutside", ",", "f.yaml:1: text after the end of the document"},
        RefusedYaml{"TwoRootsOnALine", "[],[]", "f.yaml:1: text after the end of the document"},
        RefusedYaml{"TwoRoots", "'a'\n'b'\n", "f.yaml:2: text after the end of the document"},
        RefusedYaml{"CommaAfterMarker", "a: 1\n---\n,\n", "f.yaml:3: text after the end of the document"},
        RefusedYaml{"Unclosed", "a: [1, 2\n", "f.yaml:2: not YAML: end of sequence flow not found"},
        RefusedYaml{"UnclosedNested", "a: [[1, 2]\nb: 1\n", "f.yaml:2: not YAML: end of sequence flow not found"},
        RefusedYaml{"Tab", "a:\n\t- b\n", "f.yaml:2: not YAML: illegal block entry"},
        RefusedYaml{"ControlCharacter", "a: 1\nb: \x04\nc: 2\n", "f.yaml:2: control character 0x04"},
        RefusedYaml{"Nul", std::string("a: \0", 4), "f.yaml:1: control character 0x00"},
        RefusedYaml{"LoneCarriageReturn", "a: 1\rb: 2\n", "f.yaml:1: control character 0x0d"},
        RefusedYaml{"Latin1", "a: \xe9\n", "f.yaml:1: not UTF-8"},
        RefusedYaml{"Overlong", "a: \xc0\xaf\n", "f.yaml:1: not UTF-8"},
        RefusedYaml{"Surrogate", "a: \xed\xa0\x80\n", "f.yaml:1: not UTF-8"},
        RefusedYaml{"BeyondUnicode", "a: \xf4\x90\x80\x80\n", "f.yaml:1: not UTF-8"},
        RefusedYaml{"CutSequence", "a: \xe2\x82", "f.yaml:1: not UTF-8"},
        RefusedYaml{"Utf16",
                    std::string("\xff\xfe"
                                "a\0",
                                4),
                    "f.yaml:1: not UTF-8"}),
    [](const auto& tested) { return std::string(tested.param.name); });

std::string repeat(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += piece;
  }
  return text;
}

/// A chain of anchors each holding two of the one before: 2^30 values if they were all made.
std::string billion_laughs() {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    text += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  }
  return text;
}

std::string long_text_many_times() {
  return "a: &a " + std::string(1U << 20U, 'x') + "\nb: [" + repeat("*a,", 100'000) + "1]\n";
}

INSTANTIATE_TEST_SUITE_P(
    Bounds, RefusedYamlTest,
    ::testing::Values(
        RefusedYaml{"Depth", repeat("[", 65) + repeat("]", 65), "f.yaml:1: nested more than 64 deep"},
        RefusedYaml{"BlockDepth", repeat("- ", 65) + "a", "f.yaml:1: nested more than 64 deep"},
        RefusedYaml{"DepthWithoutEnd", repeat("[", 500'000), "f.yaml:1: nested more than 64 deep"},
        RefusedYaml{"MapDepthWithoutEnd", repeat("{a: ", 400'000), "f.yaml:1: nested more than 64 deep"},
        RefusedYaml{"DepthByAlias",
                    "a: &a " + repeat("[", 40) + repeat("]", 40) + "\nb: " + repeat("[", 30) + "*a" + repeat("]", 30),
                    "f.yaml:1: nested more than 64 deep"},
        RefusedYaml{"BillionLaughs", billion_laughs(),
                    "f.yaml:1: more than 1000000 values, copies for aliases included"},
        RefusedYaml{"TextByAlias", long_text_many_times(),
                    "f.yaml:1: more than 1000000 values, copies for aliases included"},
        RefusedYaml{"DocumentBytes", "a: " + std::string(4U << 20U, 'x'),
                    "f.yaml:1: document of more than 4194304 bytes"},
        RefusedYaml{"Brackets", repeat("[],", 700'000),
                    "f.yaml:1: document with too many brackets, commas, colons and quotes"},
        RefusedYaml{"Documents", repeat("---\n", 100'001), "f.yaml:100001: more than 100000 documents"},
        RefusedYaml{"TextBytes", std::string((64U << 20U) + 1, '\n'), "f.yaml: text of more than 67108864 bytes"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(YamlParse, TheBoundsThemselvesAreFine) {
  EXPECT_TRUE(one(repeat("[", 64) + repeat("]", 64)).is_list());
  EXPECT_EQ(one("a: " + std::string((4U << 20U) - 8, 'x')).find("a")->as_string().size(), (4U << 20U) - 8);
  EXPECT_EQ(parse_yaml(repeat("---\n" + repeat("# comment\n", 50'000), 20), "f").value().size(), 20U);
}

TEST(YamlParse, StopsCollectingErrorsAtAHundred) {
  const auto documents = parse_yaml(repeat("- !x y\n", 1000), "f");
  ASSERT_FALSE(documents.has_value());
  EXPECT_EQ(documents.error().size(), 100U);
}

}  // namespace
}  // namespace gabion::config
