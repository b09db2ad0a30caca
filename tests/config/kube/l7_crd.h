// Walks deploy/crds/l7policies.yaml and asks the parser about every place in it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/kube/parse.h"
#include "config/yaml_value.h"

namespace gabion::config::kube {

inline std::string file_text(const std::string& name) {
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

inline std::int64_t number(const YamlValue& schema, const char* key, std::int64_t otherwise) {
  const auto* value = schema.find(key);
  return value == nullptr ? otherwise : value->as_integer();
}

inline std::string text(const YamlValue& schema, const char* key) {
  const auto* value = schema.find(key);
  return value == nullptr ? "" : std::string(value->as_string());
}

inline std::set<std::string> names(const YamlValue& schema, const char* key) {
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

inline bool is_map_of_fields(const YamlValue& schema) {
  return text(schema, "type") == "object" && schema.find("properties") != nullptr;
}

/// A value of this name that is fine, as JSON.
inline std::string scalar_sample(const YamlValue& schema, const std::string& name) {
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
inline std::string sample(const YamlValue& schema, const std::string& name, const Steps& steps = {}, std::size_t at = 0,
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
inline std::string path_of(const Steps& steps) {
  std::string path = "f:1:spec";
  for (const auto& step : steps) {
    path += step == "[]" ? "[0]" : "." + step;
  }
  return path;
}

/// What the parser has against a spec; `where` -> what.
inline std::multimap<std::string, std::string> refusals(const std::string& spec) {
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

inline bool refused_at(const std::string& spec, const Steps& steps) {
  return refusals(spec).contains(path_of(steps));
}

/// Calls `visit(schema, steps, name)` for every node below the spec, itself included.
inline void walk(const YamlValue& schema, const Steps& steps, const std::string& name,
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
inline std::set<std::string> universe(const Schema& schema) {
  std::set<std::string> words;
  for (const char* source : {"l7_policy.cc", "l7_conditions.cc", "l7_sql.cc", "l7_text.cc", "parts.cc", "fields.cc"}) {
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

inline bool belongs_to_selector(const Steps& steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const std::string& step) { return step.ends_with("Selector") || step == "ipBlock"; });
}

}  // namespace gabion::config::kube
