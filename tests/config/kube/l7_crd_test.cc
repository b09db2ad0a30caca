// deploy/crds/l7policies.yaml and the parser of L7Policy agree: fields, words, bounds, nulls and shapes, in both ways.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/kube/parse.h"
#include "config/yaml_value.h"

namespace gabion::config::kube {
namespace {

std::string file_text(const std::string& name) {
  std::ifstream stream(std::string(GABION_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A place in the schema: names of properties, and "[]" for the items of a list.
using Steps = std::vector<std::string>;

class Schema {
 public:
  Schema() {
    auto documents = parse_yaml(file_text("deploy/crds/l7policies.yaml"), "l7policies.yaml");
    EXPECT_TRUE(documents.has_value()) << (documents ? "" : documents.error().front().to_string());
    if (documents && documents->size() == 1) {
      document_ = documents->front();
    }
    const YamlValue* at = document_.find("spec");
    at = at == nullptr ? nullptr : at->find("versions");
    at = at == nullptr || at->items().empty() ? nullptr : &at->items()[0];
    for (const char* key : {"schema", "openAPIV3Schema", "properties", "spec"}) {
      at = at == nullptr ? nullptr : at->find(key);
    }
    EXPECT_NE(at, nullptr);
    spec_ = at == nullptr ? &nothing_ : at;
  }

  [[nodiscard]] const YamlValue& spec() const { return *spec_; }
  [[nodiscard]] const YamlValue& document() const { return document_; }

 private:
  YamlValue document_;
  YamlValue nothing_;
  const YamlValue* spec_ = nullptr;
};

std::int64_t number(const YamlValue& schema, const char* key, std::int64_t otherwise) {
  const auto* value = schema.find(key);
  return value == nullptr ? otherwise : value->as_integer();
}

std::string text(const YamlValue& schema, const char* key) {
  const auto* value = schema.find(key);
  return value == nullptr ? "" : std::string(value->as_string());
}

std::set<std::string> names(const YamlValue& schema, const char* key) {
  std::set<std::string> result;
  if (const auto* value = schema.find(key)) {
    for (const auto& entry : value->entries()) {
      result.insert(entry.key());
    }
    for (const auto& item : value->items()) {
      result.insert(std::string(item.as_string()));
    }
  }
  return result;
}

bool is_map_of_fields(const YamlValue& schema) {
  return text(schema, "type") == "object" && schema.find("properties") != nullptr;
}

/// A value of this name that is fine, as JSON.
std::string scalar_sample(const YamlValue& schema, const std::string& name) {
  static const std::map<std::string, std::string> kTexts{
      {"cidr", "10.0.0.0/8"}, {"except", "10.1.0.0/16"}, {"exact", "/a"}, {"prefix", "/a"},
      {"template", "/a"},     {"methods", "GET"},        {"regex", "/a"}, {"protocol", "HTTP"}};
  if (schema.find("x-kubernetes-int-or-string") != nullptr) {
    return "80";
  }
  const std::string type = text(schema, "type");
  if (type == "integer") {
    return "80";
  }
  if (type == "boolean") {
    return "true";
  }
  if (const auto* words = schema.find("enum"); words != nullptr && !kTexts.contains(name)) {
    return "\"" + std::string(words->items()[0].as_string()) + "\"";
  }
  return "\"" + (kTexts.contains(name) ? kTexts.at(name) : "a") + "\"";
}

/// The smallest value of this schema, with `value` at `steps` from it.
std::string sample(const YamlValue& schema, const std::string& name, const Steps& steps = {}, std::size_t at = 0,
                   const std::string& value = "") {
  if (at == steps.size() && !value.empty()) {
    return value;
  }
  const bool inside = at < steps.size();
  const std::string type = text(schema, "type");
  if (type == "array") {
    return "[" + sample(*schema.find("items"), name, steps, inside ? at + 1 : at, inside ? value : "") + "]";
  }
  if (type != "object" || schema.find("properties") == nullptr) {
    return type == "object" ? "{}" : scalar_sample(schema, name);
  }
  const auto& properties = *schema.find("properties");
  std::set<std::string> wanted = names(schema, "required");
  if (inside) {
    wanted.insert(steps[at]);
  }
  for (const auto& entry : properties.entries()) {
    if (static_cast<std::int64_t>(wanted.size()) >= number(schema, "minProperties", 0)) {
      break;
    }
    wanted.insert(entry.key());
  }
  std::string made;
  for (const auto& member : wanted) {
    const bool chosen = inside && member == steps[at];
    made += (made.empty() ? "" : ", ") + ("\"" + member + "\": ") +
            sample(*properties.find(member), member, steps, chosen ? at + 1 : steps.size(), chosen ? value : "");
  }
  return "{" + made + "}";
}

/// Where the parser reports what is wrong at `steps`.
std::string path_of(const Steps& steps) {
  std::string path = "f:1:spec";
  for (const auto& step : steps) {
    path += step == "[]" ? "[0]" : "." + step;
  }
  return path;
}

/// What the parser has against a spec; `where` -> what.
std::multimap<std::string, std::string> refusals(const std::string& spec) {
  const auto objects = parse_manifests(
      "{apiVersion: gabion.dev/v1alpha1, kind: L7Policy, metadata: {name: l7, namespace: shop}, spec: " + spec + "}",
      "f");
  std::multimap<std::string, std::string> result;
  if (!objects) {
    result.emplace("unreadable", objects.error().front().to_string() + " " + spec);
    return result;
  }
  for (const auto& error : objects->refusals) {
    result.emplace(error.where, error.what);
  }
  return result;
}

bool refused_at(const std::string& spec, const Steps& steps) {
  return refusals(spec).contains(path_of(steps));
}

/// Calls `visit(schema, steps, name)` for every node below the spec, itself included.
void walk(const YamlValue& schema, const Steps& steps, const std::string& name,
          const std::function<void(const YamlValue&, const Steps&, const std::string&)>& visit) {
  visit(schema, steps, name);
  if (const auto* items = schema.find("items")) {
    Steps inner = steps;
    inner.emplace_back("[]");
    walk(*items, inner, name, visit);
  }
  if (const auto* properties = schema.find("properties")) {
    for (const auto& entry : properties->entries()) {
      Steps inner = steps;
      inner.push_back(entry.key());
      walk(entry, inner, entry.key(), visit);
    }
  }
}

/// Every word the parser's sources or the schema know: a field of the parser is among them.
std::set<std::string> universe(const Schema& schema) {
  std::set<std::string> words;
  for (const char* source : {"l7_policy.cc", "l7_conditions.cc", "l7_text.cc", "parts.cc", "fields.cc"}) {
    const std::string code = file_text(std::string("config/kube/") + source);
    const std::regex literal("\"([A-Za-z][A-Za-z0-9]*)\"");
    for (auto at = std::sregex_iterator(code.begin(), code.end(), literal); at != std::sregex_iterator(); ++at) {
      words.insert((*at)[1]);
    }
  }
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps&, const std::string& name) {
    words.insert(name);
    words.merge(names(node, "enum"));
  });
  return words;
}

bool belongs_to_selector(const Steps& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const std::string& step) { return step.ends_with("Selector") || step == "ipBlock"; });
}

TEST(L7Crd, TheUniverseOfWordsHoldsTheParsersFields) {
  const Schema schema;
  const auto words = universe(schema);
  for (const char* known : {"podSelector", "serviceAccount", "template", "functions", "PostgreSQL", "TRUNCATE"}) {
    EXPECT_TRUE(words.contains(known)) << known;
  }
  EXPECT_GT(words.size(), 100U);
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
  EXPECT_EQ(lists, 1U + 2 * 8);
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
    const auto refused = [&](const std::string& list) {
      return refused_at(sample(schema.spec(), "spec", steps, 0, list), steps);
    };
    EXPECT_FALSE(refused(repeated(item, most))) << path_of(steps);
    EXPECT_TRUE(refused(repeated(item, most + 1))) << path_of(steps);
    if (!belongs_to_selector(steps)) {
      EXPECT_EQ(number(node, "minItems", 0), 1) << path_of(steps);
      EXPECT_TRUE(refused("[]")) << path_of(steps);
    }
  });
}

TEST(L7Crd, TextsHaveTheSameBounds) {
  const Schema schema;
  walk(schema.spec(), {}, "spec", [&](const YamlValue& node, const Steps& steps, const std::string& name) {
    const bool has_own_grammar = name == "cidr" || name == "except" || name == "key" || name == "values";
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
  EXPECT_EQ(maps, 2U * 5);
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
  EXPECT_EQ(patterns, 2U * 11);
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
