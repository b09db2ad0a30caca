// The index leaves out no rule that matches: compared with asking every rule, in order, for random rules and requests.
#include "inspect/policy/http_index.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/inspect/policy/literal.h"
#include "tests/inspect/policy/random_cluster.h"

namespace gabion::inspect::policy {
namespace {

namespace kube = config::kube;
using config::policy::kNoRule;
using config::policy::Rule;
using config::policy::RuleId;
using config::policy::SharedList;

/// Rules with what decides about them.
struct Rules {
  SharedList<Rule> list;
  std::vector<RuleId> ids;
  RuleConditions conditions;

  explicit Rules(std::vector<std::vector<kube::HttpMatch>> items) {
    std::vector<Rule> made(items.size());
    for (RuleId id = 0; id < items.size(); ++id) {
      for (const auto& item : items[id]) {
        conditions.add(HttpCondition::compile(item).value());
      }
      conditions.end_rule();
      made[id].http = std::move(items[id]);
      ids.push_back(id);
    }
    list = SharedList<Rule>(std::move(made));
  }

  [[nodiscard]] bool matches(const HttpIndex::Candidate& candidate, const RequestView& view, Reading reading) const {
    return candidate.item == HttpIndex::kEveryRequest ||
           conditions.item(candidate.item).first_miss(view, reading).field == HttpField::kNone;
  }

  [[nodiscard]] RuleId one_by_one(const RequestView& view, Reading reading) const {
    for (const RuleId id : ids) {
      for (std::uint32_t item = 0; item < conditions[id].size(); ++item) {
        if (matches({id, conditions.place_of(id) + item}, view, reading)) {
          return id;
        }
      }
      if (conditions[id].empty()) {
        return id;
      }
    }
    return kNoRule;
  }
};

struct Found {
  RuleId rule = kNoRule;
  std::size_t asked = 0;
};

Found find(const HttpIndex& index, const Rules& rules, const RequestView& view, Reading reading) {
  Found found;
  PathKeys keys(view.path.text());
  found.rule = index.first(view, keys, reading, kNoRule, [&](const HttpIndex::Candidate& candidate) {
    ++found.asked;
    return rules.matches(candidate, view, reading);
  });
  return found;
}

TEST(HttpIndex, FindsTheSameRuleAsAskingAll) {
  std::size_t matched = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Dice dice(seed);
    std::vector<std::vector<kube::HttpMatch>> items(1 + dice.below(24));
    for (auto& list : items) {
      for (std::uint32_t i = dice.once_in(40) ? 0 : 1 + dice.below(2); i > 0; --i) {
        list.push_back(random_http(dice));
      }
    }
    const Rules rules(std::move(items));
    const HttpIndex index(rules.ids, rules.list, rules.conditions);
    for (int round = 0; round < 200; ++round) {
      const Question asked = random_question(dice);
      const RequestHead head = asked.head();
      const PathView path(head.path, asked.reading);
      const RequestView view(head, path);
      if (path.is_ambiguous()) {
        continue;  // such a request is refused before rules on paths are asked
      }
      for (const auto reading : {Reading::kCertain, Reading::kPossible}) {
        const RuleId expected = rules.one_by_one(view, reading);
        ASSERT_EQ(find(index, rules, view, reading).rule, expected) << "seed " << seed << " " << asked.to_string();
        matched += expected == kNoRule ? 0 : 1;
      }
    }
  }
  EXPECT_GT(matched, 50'000U);
}

kube::HttpMatch with_path(kube::PathMatch::Kind kind, const std::string& text) {
  kube::HttpMatch item;
  item.paths = {{kind, text}};
  return item;
}

/// What makes the index worth having: of a thousand rules few are asked.
TEST(HttpIndex, AsksFewOfManyRules) {
  using Kind = kube::PathMatch::Kind;
  std::vector<std::vector<kube::HttpMatch>> items;
  for (int i = 0; i < 250; ++i) {
    const std::string name = "/api/service-" + std::to_string(i);
    items.push_back({with_path(Kind::kPrefix, name)});
    items.push_back({with_path(Kind::kExact, name + "/health")});
    items.push_back({with_path(Kind::kTemplate, name + "/v1/{*}/items/{**}")});
    items.push_back({with_path(Kind::kRegex, name + "/v[0-9]+/.*")});
  }
  const Rules rules(std::move(items));
  const HttpIndex index(rules.ids, rules.list, rules.conditions);
  RequestHead head;
  head.method = "GET";
  for (const auto& [text, rule] :
       {std::pair{"/api/service-7/v1/x/items/1", 28U}, std::pair{"/api/service-7/health", 28U},
        std::pair{"/api/service-249", 996U}, std::pair{"/api/service-77x", kNoRule}}) {
    head.path = text;
    const PathView path(head.path);
    const Found found = find(index, rules, RequestView(head, path), Reading::kCertain);
    EXPECT_EQ(found.rule, rule) << text;
    EXPECT_LE(found.asked, 4U) << text;
  }
}

TEST(HttpIndex, FindsHostsAndMethodsWithoutPaths) {
  std::vector<std::vector<kube::HttpMatch>> items;
  for (int i = 0; i < 500; ++i) {
    items.emplace_back(1).front().hosts = {"h" + std::to_string(i) + ".example"};
    items.emplace_back(1).front().hosts = {"*.w" + std::to_string(i) + ".example:8080"};
    items.emplace_back(1).front().methods = {"M" + std::to_string(i)};
  }
  const Rules rules(std::move(items));
  const HttpIndex index(rules.ids, rules.list, rules.conditions);
  RequestHead head;
  head.path = "/";
  const auto ask = [&](std::string_view method, std::string_view authority) {
    head.method = method;
    head.authority = authority;
    const PathView path(head.path);
    return find(index, rules, RequestView(head, path), Reading::kCertain);
  };
  EXPECT_EQ(ask("GET", "H30.Example.").rule, 90U);
  EXPECT_EQ(ask("GET", "a.b.w30.example:8080").rule, 91U);
  EXPECT_EQ(ask("GET", "a.b.w30.example:8081").rule, kNoRule);
  EXPECT_EQ(ask("GET", "w30.example:8080").rule, kNoRule);
  EXPECT_EQ(ask("M30", "nobody").rule, 92U);
  EXPECT_LE(ask("M30", "h499.example").asked, 3U);
}

}  // namespace
}  // namespace gabion::inspect::policy
