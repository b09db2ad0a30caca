// How often attacks are hit and ordinary values are not, over templates of statements and the HttpParams data set.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "inspect/sql/taint/collector.h"
#include "inspect/sql/taint/taint_judge.h"
#include "tests/inspect/sql/taint/sentence.h"

namespace gabion::inspect::sql::taint {
namespace {

const std::filesystem::path kCases = GABION_SOURCE_DIR "/../shared/cases/payloads_httpparams.jsonl.gz";
constexpr auto kNow = CandidateStore::Clock::time_point(std::chrono::hours(1));

/// What an application glues its values into.
constexpr std::string_view kLiterals[] = {
    "SELECT id, name FROM items WHERE name = '{}' AND price < 1000",
    "SELECT id, name FROM items WHERE (name = '{}') ORDER BY id LIMIT 20",
    "SELECT count(*) FROM items i JOIN tags t ON t.item = i.id WHERE lower(t.name) LIKE '%{}%' GROUP BY i.id",
    "INSERT INTO visits (page, agent) VALUES ('{}', 'x')",
    "UPDATE users SET note = '{}' WHERE id = 7",
};
constexpr std::string_view kBare[] = {
    "SELECT id, name FROM items WHERE id = {} AND price < 1000",
    "SELECT id, name FROM items WHERE id IN ({}) ORDER BY id",
    "SELECT id, name FROM items ORDER BY {} LIMIT 20",
};

/// The judge as the data path uses it: one query parameter of one request.
class OneRequest {
 public:
  explicit OneRequest(std::uint32_t least) {
    config_.min_length = least;
    store_ = std::make_unique<CandidateStore>(config_);
    collector_ = std::make_unique<Collector>(config_);
  }
  ~OneRequest() { store_->close(request_, kNow); }

  void takes(std::string_view value) {
    store_->close(request_, kNow);
    now_ += std::chrono::seconds(10);  // what came before is forgotten
    collector_->reset();
    collector_->add({"query", "q"}, value);
    store_->add(request_, nullptr, collector_->fresh(), now_);
    if (collector_->fresh().empty()) {
      CandidateStore::Request nothing;  // so that the store is asked at all
      const Candidate other{"'''", "query:q"};
      store_->add(nothing, nullptr, {&other, 1}, now_);
      store_->close(nothing, now_);
    }
  }
  bool taints(std::string_view statement) { return judge_.check(*store_, statement, now_).is_tainted(); }

 private:
  config::SqlTaintConfig config_;
  std::unique_ptr<CandidateStore> store_;
  std::unique_ptr<Collector> collector_;
  CandidateStore::Request request_;
  CandidateStore::Clock::time_point now_ = kNow;
  TaintJudge judge_;
};

/// Whether the statement is another than with a plain word in the value's place: its tokens differ in kind or number.
bool changes_structure(std::string_view statement, std::string_view plain, std::string_view value) {
  std::vector<Token> expected;
  std::vector<Token> found;
  if (!scan_tokens(fill(statement, plain), expected)) {
    return true;
  }
  const std::string text = fill(statement, value);
  return text.find('\0') != std::string::npos || !scan_tokens(text, found) ||
         !std::equal(expected.begin(), expected.end(), found.begin(), found.end(),
                     [](const Token& a, const Token& b) { return a.kind == b.kind; });
}

struct Counts {
  std::size_t structural = 0;  ///< attacks that change a template
  std::size_t hit = 0;
  std::size_t contained = 0;  ///< attacks that stay within the literal
  std::size_t contained_hit = 0;
  std::size_t benign = 0;  ///< ordinary values, quoted as they must be
  std::size_t benign_hit = 0;
  std::map<std::string_view, std::size_t> missed;  ///< by cause
};

/// Why a value that changed the tokens was not told, by what it is made of.
std::string_view cause_of(std::string_view value, std::string_view statement) {
  const auto made_of = [value](std::string_view others) {
    return std::all_of(value.begin(), value.end(),
                       [others](char c) { return is_word_byte(c) || others.find(c) != std::string_view::npos; });
  };
  const std::string_view trimmed = trim(value);
  if (std::all_of(trimmed.begin(), trimmed.end(), &is_word_byte)) {
    return "one word: not looked for";
  }
  if (trimmed.size() < config::SqlTaintConfig().min_length) {
    return "shorter than minLength";
  }
  if (trimmed.find_first_not_of("0123456789+-., ") == std::string_view::npos) {
    return "numbers, signs and commas";
  }
  if (made_of(" \t\n")) {
    return "words side by side";
  }
  if (made_of(" .,") && statement.find("ORDER BY {}") != std::string_view::npos) {
    return "names and commas after ORDER BY";
  }
  return "another";
}

class PipeCloser {
 public:
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

struct Payload {
  std::string text;
  bool is_sql = false;     ///< an injection
  bool is_normal = false;  ///< what users send
};

std::vector<Payload> read_payloads() {
  std::vector<Payload> payloads;
  const std::unique_ptr<std::FILE, PipeCloser> pipe(popen(("gzip -dc '" + kCases.string() + "'").c_str(), "r"));
  std::string line;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    const auto row = boost::json::parse(line).as_object();
    const std::string category(row.at("cat").as_string());
    payloads.push_back({std::string(row.at("payload").as_string()), category == "sqli", category == "norm"});
    line.clear();
  }
  return payloads;
}

void count_attack(OneRequest& request, const Payload& payload, Counts& counts) {
  request.takes(payload.text);
  const auto count = [&](std::string_view statement, std::string_view plain) {
    const bool changes = changes_structure(statement, plain, payload.text);
    const bool hit = request.taints(fill(statement, payload.text));
    (changes ? counts.structural : counts.contained) += 1;
    (changes ? counts.hit : counts.contained_hit) += hit ? 1 : 0;
    if (changes && !hit) {
      ++counts.missed[cause_of(payload.text, statement)];
    }
  };
  for (const std::string_view statement : kLiterals) {
    count(statement, "word");
  }
  for (const std::string_view statement : kBare) {
    count(statement, "17");
  }
}

void count_benign(OneRequest& request, const Payload& payload, Counts& counts) {
  request.takes(payload.text);
  for (const std::string_view statement : kLiterals) {
    for (const std::string& literal : {plain_literal(payload.text), escape_literal(payload.text)}) {
      std::string whole(statement);
      whole.replace(whole.find('\''), whole.rfind('\'', whole.find("{}") + 4) - whole.find('\'') + 1, literal);
      ++counts.benign;
      counts.benign_hit += request.taints(whole) ? 1 : 0;
    }
  }
}

TEST(TaintRatesTest, HitsAttacksAndLeavesOrdinaryValuesAlone) {
  if (!std::filesystem::exists(kCases)) {
    GTEST_SKIP() << "the shared cases are not present";
  }
  const auto payloads = read_payloads();
  std::cout
      << "| N | structural | hit | contained | flagged | ordinary values | flagged |\n|---|---|---|---|---|---|---|\n";
  for (const std::uint32_t least : {3U, 4U, 5U, 6U, 7U, 8U}) {
    Counts counts;
    OneRequest request(least);
    for (const Payload& payload : payloads) {
      if (payload.is_sql) {
        count_attack(request, payload, counts);
      } else {
        count_benign(request, payload, counts);
      }
    }
    std::printf("| %u | %zu | %zu (%.2f %%) | %zu | %zu | %zu | %zu |\n", least, counts.structural, counts.hit,
                100.0 * static_cast<double>(counts.hit) / static_cast<double>(counts.structural), counts.contained,
                counts.contained_hit, counts.benign, counts.benign_hit);
    EXPECT_GT(counts.structural, 10'000U);
    EXPECT_GE(counts.hit * 1000, counts.structural * 985) << least;
    EXPECT_EQ(counts.contained_hit, 0U) << least;
    EXPECT_EQ(counts.benign_hit, 0U) << least;
    if (least == config::SqlTaintConfig().min_length) {
      for (const auto& [cause, count] : counts.missed) {
        std::printf("  missed: %zu, %s\n", count, std::string(cause).c_str());
      }
      EXPECT_EQ(counts.missed["another"], 0U);
    }
  }
}

/// Values made of what troubles SQL, written as an application must write them.
TEST(TaintPropertyTest, AValueThatIsQuotedOrBoundIsNeverTainted) {
  constexpr std::string_view kPieces[] = {"'",  "''", "\"",     "\\",   "--",  "/*",    "*/", ";", "$$", "$1",
                                          " ",  "or", "SELECT", "from", "1=1", "union", "(",  ")", ",",  "%",
                                          "\n", "é",  "drop",   "O'",   "AND", "null",  "::", "x", "1",  "_"};
  std::mt19937 random(4711);
  OneRequest request(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string value;
    const auto pieces = 1 + random() % 12;
    for (unsigned i = 0; i < pieces; ++i) {
      value += kPieces[random() % std::size(kPieces)];
    }
    request.takes(value);
    constexpr std::string_view kStatements[] = {
        "SELECT id FROM t WHERE a = {}",
        "INSERT INTO t VALUES (7, {}, {})",
        "UPDATE t SET a = {} WHERE b LIKE {} AND c = $1",
    };
    const std::string_view statement = kStatements[random() % std::size(kStatements)];
    for (const std::string& literal : {plain_literal(value), escape_literal(value)}) {
      ASSERT_FALSE(request.taints(fill(statement, literal))) << fill(statement, literal) << " with " << value;
    }
    ASSERT_FALSE(request.taints(fill(statement, "$2"))) << value;
  }
}

}  // namespace
}  // namespace gabion::inspect::sql::taint
