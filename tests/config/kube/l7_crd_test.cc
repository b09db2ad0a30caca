// deploy/crds/l7policies.yaml and the parser of L7Policy agree: fields, words, bounds, nulls and shapes, in both ways.
#include "tests/config/kube/l7_crd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

namespace gabion::config::kube {
namespace {

TEST(L7Crd, TheUniverseOfWordsHoldsTheParsersFields) {
  const Schema schema;
  const auto words = universe(schema);
  for (const char* known : {"podSelector", "serviceAccount", "template", "functions", "PostgreSQL", "TRUNCATE"}) {
    EXPECT_TRUE(words.contains(known)) << known;
  }
  EXPECT_GE(words.size(), 100U);
}

TEST(L7Crd, TheSmallestPolicyIsAccepted) {
  const Schema schema;
  const auto refused = refusals(sample(schema.spec(), "spec", {"ingress"}));
  EXPECT_TRUE(refused.empty()) << refused.begin()->first << " " << refused.begin()->second;
}

TEST(L7Crd, EveryFieldOfTheOneIsKnownToTheOther) {
  const Schema schema;
  const auto words = universe(schema);
  std::size_t asked = 0;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    if (!is_map_of_fields(node)) {
      return;
    }
    const auto known = names(node, "properties");
    for (const auto& word : words) {
      Steps inner = steps;
      inner.push_back(word);
      const std::string spec = sample(schema.spec(), "spec", steps, 0, "{\"" + word + "\": null}");
      bool unknown = false;
      for (const auto& [where, what] : refusals(spec)) {
        unknown = unknown || (where == path_of(inner) && what.starts_with("unknown field"));
      }
      ASSERT_EQ(unknown, !known.contains(word)) << path_of(inner) << " " << spec;
      ++asked;
    }
  });
  EXPECT_GT(asked, 3000U);
}

TEST(L7Crd, WordsAreTheSame) {
  const Schema schema;
  const auto words = universe(schema);
  std::size_t lists = 0;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    const auto known = names(node, "enum");
    if (known.empty()) {
      return;
    }
    ++lists;
    for (const auto& word : words) {
      const std::string spec = sample(schema.spec(), "spec", steps, 0, "\"" + word + "\"");
      ASSERT_EQ(refused_at(spec, steps), !known.contains(word)) << path_of(steps) << " " << word;
    }
  });
  EXPECT_EQ(lists, 2U + 2 * 16);
}

TEST(L7Crd, RequiredFieldsAreTheSame) {
  const Schema schema;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    const auto required = names(node, "required");
    if (required.empty()) {
      return;
    }
    const auto refused = refusals(sample(schema.spec(), "spec", steps, 0, "{\"name\": \"x\"}"));
    for (const auto& field : names(node, "properties")) {
      Steps inner = steps;
      inner.push_back(field);
      const bool reported =
          refused.contains(path_of(inner)) && !refused.find(path_of(inner))->second.starts_with("unknown field");
      if (field != "name") {
        EXPECT_EQ(reported, required.contains(field)) << path_of(inner);
      }
    }
  });
}

std::string repeated(const std::string& item, std::int64_t times) {
  std::string list;
  for (std::int64_t i = 0; i < times; ++i) {
    list += (i == 0 ? "" : ", ") + item;
  }
  return "[" + list + "]";
}

TEST(L7Crd, ListsHaveTheSameBounds) {
  const Schema schema;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string& name) {
    if (text(node, "type") != "array") {
      return;
    }
    const std::int64_t most = number(node, "maxItems", -1);
    ASSERT_GT(most, 0) << path_of(steps) << " is not bounded";
    const std::string item = sample(*node.find("items"), name);
    const auto refused = [&](const std::string& list, const char* start) {
      const auto all = refusals(sample(schema.spec(), "spec", steps, 0, list));
      const auto [begin, end] = all.equal_range(path_of(steps));
      return std::any_of(begin, end, [start](const auto& one) { return one.second.starts_with(start); });
    };
    EXPECT_FALSE(refused(repeated(item, most), "has more than")) << path_of(steps);
    EXPECT_TRUE(refused(repeated(item, most + 1), "has more than")) << path_of(steps);
    if (!belongs_to_selector(steps)) {
      EXPECT_EQ(number(node, "minItems", 0), 1) << path_of(steps);
      EXPECT_TRUE(refused("[]", "needs at least")) << path_of(steps);
    }
  });
}

TEST(L7Crd, TextsHaveTheSameBounds) {
  const Schema schema;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string& name) {
    const bool has_own_grammar =
        name == "cidr" || name == "except" || name == "key" || name == "values" || name == "learnt";
    if (text(node, "type") != "string" || node.find("enum") != nullptr || has_own_grammar) {
      return;
    }
    const std::int64_t most = number(node, "maxLength", -1);
    ASSERT_GT(most, 0) << path_of(steps) << " is not bounded";
    const std::string start = scalar_sample(node, name).substr(1, 1);
    const auto refused = [&](std::int64_t length) {
      const char more = name == "methods" ? 'A' : 'a';
      const std::string value = start + std::string(static_cast<std::size_t>(length - 1), more);
      return refused_at(sample(schema.spec(), "spec", steps, 0, "\"" + value + "\""), steps);
    };
    EXPECT_FALSE(refused(most)) << path_of(steps);
    EXPECT_TRUE(refused(most + 1)) << path_of(steps);
    const bool empty_refused = refused_at(sample(schema.spec(), "spec", steps, 0, "\"\""), steps);
    const bool has_pattern = node.find("pattern") != nullptr;
    EXPECT_EQ(empty_refused, number(node, "minLength", 0) > 0 || has_pattern) << path_of(steps);
  });
}

TEST(L7Crd, NullsReachTheParserAndAreRefused) {
  const Schema schema;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    const auto* nullable = node.find("nullable");
    if (nullable != nullptr && nullable->as_bool()) {
      EXPECT_TRUE(refused_at(sample(schema.spec(), "spec", steps, 0, "null"), steps)) << path_of(steps);
    }
    const bool optional_list = text(node, "type") == "array" && steps.back() != "ports";
    if (optional_list && !belongs_to_selector(steps)) {
      EXPECT_NE(nullable, nullptr) << path_of(steps) << ": a null would be pruned, and mean any";
    }
  });
}

TEST(L7Crd, MapsThatNeedAMemberNeedItInTheParserToo) {
  const Schema schema;
  std::size_t maps = 0;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    if (number(node, "minProperties", 0) > 0) {
      ++maps;
      const auto refused = refusals(sample(schema.spec(), "spec", steps, 0, "{}"));
      EXPECT_TRUE(std::any_of(refused.begin(), refused.end(), [&](const auto& one) {
        return one.first.starts_with(path_of(steps));
      })) << path_of(steps);
    }
  });
  EXPECT_EQ(maps, 2U * 6);
}

/// Texts on both sides of every pattern: the schema's expression and the parser must say the same.
TEST(L7Crd, PatternsAndTheParserSayTheSame) {
  const Schema schema;
  const std::vector<std::string> texts{"a",
                                       "A",
                                       "GET",
                                       "get",
                                       "M-SEARCH",
                                       "G T",
                                       "1GET",
                                       "/",
                                       "/a",
                                       "/a/",
                                       "/a/b",
                                       "//",
                                       "/a//b",
                                       "/.",
                                       "/..",
                                       "/a/./b",
                                       "/a/..",
                                       "/...",
                                       "/a%20",
                                       "/a?b",
                                       "/a#b",
                                       "/a;b",
                                       "/a b",
                                       "/{*}",
                                       "/a/{*}/b",
                                       "/{**}",
                                       "/{**}/",
                                       "/a/{**}/b/c",
                                       "/{**}/{*}",
                                       "/{**}/{**}",
                                       "/a{*}",
                                       "/{x}",
                                       "*",
                                       "a*",
                                       "*a",
                                       "a.b",
                                       "a.*",
                                       "*.b",
                                       "a*.b*",
                                       "a.b.c",
                                       "a b",
                                       "a.",
                                       ".a",
                                       "*.a",
                                       "a:80",
                                       "a:",
                                       "a:123456",
                                       "[::1]",
                                       "[::1]:443",
                                       "[::1",
                                       "[]",
                                       "-a",
                                       "a-",
                                       "x-tenant",
                                       "host",
                                       "content-length",
                                       "te",
                                       "tee",
                                       "a_b",
                                       "http",
                                       "http-2",
                                       "a--b",
                                       "80",
                                       "8a",
                                       "spiffe.example",
                                       "a..b"};
  std::size_t patterns = 0;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string& name) {
    if (node.find("pattern") == nullptr) {
      return;
    }
    ++patterns;
    const std::regex wanted(text(node, "pattern"), std::regex::ECMAScript);
    const auto* unwanted = node.find("not");
    const std::regex refused_text(unwanted == nullptr ? "$^" : text(*unwanted, "pattern"), std::regex::ECMAScript);
    for (const auto& one : texts) {
      const bool fits = std::regex_search(one, wanted) && !std::regex_search(one, refused_text);
      const bool accepted = !refused_at(sample(schema.spec(), "spec", steps, 0, "\"" + one + "\""), steps);
      const bool parser_only = name == "name" && one == "a..b";  // no DNS subdomain: the API server takes it, we do not
      if (!parser_only) {
        EXPECT_EQ(accepted, fits) << path_of(steps) << " \"" << one << "\"";
      }
    }
  });
  EXPECT_EQ(patterns, 2U * 15);
}

/// What the API server demands of a structural schema, as far as one file shows it.
void expect_structural(const YamlValue& node, const std::string& path) {
  const bool either = node.find("x-kubernetes-int-or-string") != nullptr;
  EXPECT_TRUE(either || node.find("type") != nullptr) << path << " has no type";
  if (const auto* negated = node.find("not")) {
    for (const auto& entry : negated->entries()) {
      EXPECT_EQ(entry.key(), "pattern") << path << ": only value checks may stand below not";
    }
  }
  const bool fields = node.find("properties") != nullptr;
  EXPECT_FALSE(fields && node.find("additionalProperties") != nullptr) << path << " has both kinds of properties";
  if (const auto* properties = node.find("properties")) {
    for (const auto& entry : properties->entries()) {
      expect_structural(entry, path + "." + entry.key());
    }
    for (const auto& name : names(node, "required")) {
      EXPECT_NE(properties->find(name), nullptr) << path << " requires what it does not have: " << name;
    }
  }
  if (const auto* items = node.find("items")) {
    expect_structural(*items, path + "[]");
  }
  if (const auto* values = node.find("additionalProperties")) {
    expect_structural(*values, path + ".*");
  }
}

TEST(L7Crd, TheSchemaIsStructuralAndKeepsUnknownFieldsOfTheSpec) {
  const Schema schema;
  const auto* version = &schema.document().find("spec")->find("versions")->items()[0];
  expect_structural(*version->find("schema")->find("openAPIV3Schema"), "");
  EXPECT_EQ(text(*version, "name"), "v1alpha1");
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string&) {
    if (is_map_of_fields(node)) {
      const auto* keeps = node.find("x-kubernetes-preserve-unknown-fields");
      EXPECT_TRUE(keeps != nullptr && keeps->as_bool()) << path_of(steps) << ": a typo would be pruned";
    }
  });
}

}  // namespace
}  // namespace gabion::config::kube
