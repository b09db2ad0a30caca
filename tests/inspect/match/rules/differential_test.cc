// Every pattern of the Core Rule Set on its engine against PCRE2 and a naive search, however the group was made.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <boost/json.hpp>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "inspect/match/rules/engine_choice.h"
#include "inspect/match/rules/exact_trial.h"
#include "inspect/match/rules/joinable.h"
#include "inspect/match/rules/pattern_group.h"
#include "inspect/match/rules/rule_regex.h"
#include "tests/inspect/match/rules/crs_patterns.h"

namespace gabion::inspect::match {
namespace {

using namespace std::string_literals;

constexpr std::size_t kGroupSize = 40;
const std::filesystem::path kPayloads = GABION_SOURCE_DIR "/../shared/cases/payloads_httpparams.jsonl.gz";

std::vector<std::string> payloads(std::size_t step) {
  std::vector<std::string> values;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      popen(("gzip -dc '" + kPayloads.string() + "'").c_str(), "r"), pclose);
  std::string line;
  std::size_t lines = 0;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    if (lines++ % step == 0) {
      values.emplace_back(boost::json::parse(line).as_object().at("payload").as_string());
    }
    line.clear();
  }
  return values;
}

/// Any bytes, but mostly those that expressions speak of.
std::string random_value(std::mt19937& random) {
  static const std::string kLikely = "\n\v\r\t \0\xa0\x85\xff'\"<>=/\\();:&|%$#-_.,*aAbeiorstxX019"s;
  std::string value(random() % 48, '\0');
  for (char& c : value) {
    c = random() % 8 == 0 ? static_cast<char>(random()) : kLikely[random() % kLikely.size()];
  }
  return value;
}

/// The expressions' own words in their own order: near misses and hits that no corpus has.
std::string from_pattern(const RulePattern& pattern, std::mt19937& random) {
  std::string text = pattern.kind == RulePattern::Kind::kRegex
                         ? pattern.expression
                         : (pattern.phrases.empty() ? "" : pattern.phrases[random() % pattern.phrases.size()]);
  static const std::string kSyntax = "()[]{}?*+|^$";
  std::string value;
  const std::size_t begin = text.empty() ? 0 : random() % text.size();
  for (std::size_t i = begin; i < text.size() && value.size() < 60; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      value += text[i] == 's' ? " \v\n\t"[random() % 4] : text[i] == 'b' ? ' ' : text[i];
    } else if (kSyntax.find(text[i]) == std::string::npos || random() % 16 == 0) {
      value += random() % 8 == 0 ? static_cast<char>(std::toupper(static_cast<unsigned char>(text[i]))) : text[i];
    }
  }
  return value;
}

/// Endings and neighbours on which engines are known to differ.
std::string varied(std::string value, std::mt19937& random) {
  static const std::vector<std::string> kPieces{"\n", "\n\n", "\r\n", "\v", "\0"s, "\xa0", "\xe9", " ", "\x85", "a"};
  const std::string& piece = kPieces[random() % kPieces.size()];
  switch (random() % 4) {
    case 0:
      return value + piece;
    case 1:
      return piece + value;
    case 2:
      return value.insert(random() % (value.size() + 1), piece);
    default:
      return value;
  }
}

std::vector<std::string> values_for(const std::vector<RulePattern>& patterns) {
  std::mt19937 random(20240229);  // NOLINT(bugprone-random-generator-seed): the same every time
  std::vector<std::string> values(probe_values().begin(), probe_values().end());
  for (int i = 0; i < 1000; ++i) {
    values.push_back(random_value(random));
  }
  for (const RulePattern& pattern : patterns) {
    for (int i = 0; i < 8; ++i) {
      values.push_back(varied(from_pattern(pattern, random), random));
    }
  }
  if (std::filesystem::exists(kPayloads)) {
    for (const std::string& payload : payloads(29)) {
      values.push_back(varied(payload, random));
    }
  } else {
    std::cout << "the shared payloads are not present: made-up values only\n";
  }
  return values;
}

bool holds_phrase(const RulePattern& pattern, const std::string& value) {
  const auto same = [](char a, char b) {
    const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return low(a) == low(b);
  };
  return std::any_of(pattern.phrases.begin(), pattern.phrases.end(), [&](const std::string& phrase) {
    return std::search(value.begin(), value.end(), phrase.begin(), phrase.end(), same) != value.end();
  });
}

/// What PCRE2 and the naive search say: for each value the bits of the group's patterns.
class Truth {
 public:
  explicit Truth(std::span<const RulePattern> patterns) : patterns_(patterns) {
    for (const RulePattern& pattern : patterns) {
      if (pattern.kind == RulePattern::Kind::kRegex) {
        regexes_.emplace(pattern.id, RuleRegex::compile(pattern.expression).value());
      }
    }
  }

  bool of(const RulePattern& pattern, const std::string& value) {
    if (pattern.kind == RulePattern::Kind::kPhrases) {
      return holds_phrase(pattern, value);
    }
    const RegexVerdict verdict = regexes_.at(pattern.id).match(value, scratch_);
    EXPECT_NE(verdict, RegexVerdict::kUndecided) << pattern.name;
    return verdict == RegexVerdict::kMatch;
  }

  /// Counts the hits; every difference fails the test.
  std::size_t compare(const PatternGroup& group, const std::vector<std::string>& values) {
    Scratch scratch;
    EXPECT_TRUE(group.prepare(scratch).has_value());
    HitSet hits;
    std::size_t found = 0;
    for (const std::string& value : values) {
      hits.clear();
      group.scan(value, scratch, hits);
      EXPECT_FALSE(hits.any_undecided());
      for (const RulePattern& pattern : patterns_) {
        EXPECT_EQ(hits.test(pattern.id), of(pattern, value))
            << pattern.name << ": " << pattern.expression << "\non " << ::testing::PrintToString(value);
        found += hits.test(pattern.id) ? 1 : 0;
      }
    }
    return found;
  }

 private:
  std::span<const RulePattern> patterns_;
  std::map<std::uint32_t, RuleRegex> regexes_;
  Scratch scratch_;
};

bool same_hits(const PatternGroup& one, const PatternGroup& other, const std::vector<std::string>& values) {
  Scratch scratch;
  EXPECT_TRUE(one.prepare(scratch).has_value());
  EXPECT_TRUE(other.prepare(scratch).has_value());
  HitSet first;
  HitSet second;
  return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
    first.clear();
    second.clear();
    one.scan(value, scratch, first);
    other.scan(value, scratch, second);
    return std::ranges::equal(first.words(), second.words()) && !second.any_undecided();
  });
}

/// Values joined as lines, a few at a time: what any of them meets alone, the whole meets too. Counts hits of lines.
std::size_t compare_lines(const PatternGroup& group, std::vector<std::string> values) {
  std::erase(values, "");
  constexpr std::size_t kLines = 7;
  Scratch scratch;
  EXPECT_TRUE(group.prepare(scratch).has_value());
  HitSet joined;
  HitSet alone;
  std::size_t found = 0;
  for (std::size_t at = 0; at < values.size(); at += kLines) {
    std::vector<std::string> part(values.begin() + static_cast<std::ptrdiff_t>(at),
                                  values.begin() + static_cast<std::ptrdiff_t>(std::min(at + kLines, values.size())));
    std::erase(part, "");
    std::string lines;
    joined.clear();
    for (const std::string& value : part) {
      lines += (lines.empty() ? "" : "\n") + value;
      group.scan_rest(value, scratch, joined);
    }
    group.scan_lines(lines, scratch, joined);
    for (const std::string& value : part) {
      alone.clear();
      group.scan(value, scratch, alone);
      for (std::size_t word = 0; word < alone.words().size(); ++word) {
        EXPECT_EQ(alone.words()[word] & ~joined.words()[word], 0U) << ::testing::PrintToString(value);
        found += static_cast<std::size_t>(std::popcount(alone.words()[word]));
      }
    }
  }
  return found;
}

TEST(PatternsOfTheCoreRuleSet, MissNothingInValuesJoinedAsLines) {
  std::vector<RulePattern> patterns = crs_patterns([](const auto&, const auto&) { return true; });
  if (patterns.empty()) {
    GTEST_SKIP() << "modsecurity-crs is not installed: " << kCrsRules;
  }
  const std::vector<std::string> values = values_for(patterns);
  std::size_t joinable = 0;
  std::size_t groups = 0;
  std::size_t found = 0;
  for (auto& pattern : patterns) {
    pattern.expression = loosen_ends(pattern.expression);
  }
  for (std::size_t at = 0; at < patterns.size(); at += kGroupSize) {
    const auto part = std::span(patterns).subspan(at, std::min(kGroupSize, patterns.size() - at));
    const auto group = PatternGroup::compile(part);
    ASSERT_TRUE(group.has_value()) << group.error().front().to_string();
    ++groups;
    if (group->can_scan_lines()) {
      ++joinable;
      found += compare_lines(*group, values);
    }
  }
  std::cout << joinable << " of " << groups << " groups scan lines, " << found << " hits\n";
  EXPECT_EQ(joinable, groups);
  EXPECT_GT(found, values.size());
}

TEST(PatternsOfTheCoreRuleSet, AreJudgedAsByPcre2OnEveryEngine) {
  const std::vector<RulePattern> patterns = crs_patterns([](const auto&, const auto&) { return true; });
  if (patterns.empty()) {
    GTEST_SKIP() << "modsecurity-crs is not installed: " << kCrsRules;
  }
  const std::vector<std::string> values = values_for(patterns);
  std::string folder = ::testing::TempDir() + "gabion-crs-XXXXXX";
  GroupOptions options;
  options.cache_directory = ::mkdtemp(folder.data());
  GroupContents total;
  std::size_t found = 0;
  for (std::size_t at = 0; at < patterns.size(); at += kGroupSize) {
    const auto part = std::span(patterns).subspan(at, std::min(kGroupSize, patterns.size() - at));
    const auto group = PatternGroup::compile(part, options);
    ASSERT_TRUE(group.has_value()) << group.error().front().to_string();
    found += Truth(part).compare(*group, values);
    const auto loaded = PatternGroup::load(part, options);
    ASSERT_TRUE(loaded.has_value()) << group->contents().cache_error;
    EXPECT_TRUE(same_hits(*group, *loaded, values));
    const auto fast = PatternGroup::compile_fast(part, options);
    ASSERT_TRUE(fast.has_value());
    EXPECT_TRUE(same_hits(*group, *fast, values));
    total.exact += group->contents().exact;
    total.linear += group->contents().linear;
    total.single += group->contents().single;
    total.phrases += group->contents().phrases;
  }
  std::filesystem::remove_all(folder);
  std::cout << patterns.size() << " patterns, " << values.size() << " values, " << found << " hits; Hyperscan "
            << total.exact << ", RE2 " << total.linear << ", PCRE2 " << total.single << ", phrases " << total.phrases
            << '\n';
  EXPECT_GT(found, values.size());
  EXPECT_GT(total.exact, 10 * (total.linear + total.single));
}

}  // namespace
}  // namespace gabion::inspect::match
