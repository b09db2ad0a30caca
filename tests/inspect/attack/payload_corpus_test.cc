// Recall and false positives on the HttpParams data set: each value as one query parameter.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "inspect/attack/attack_detector.h"
#include "tests/inspect/detector_driver.h"

namespace gabion::inspect::attack {
namespace {

const std::filesystem::path kCases = GABION_SOURCE_DIR "/../shared/cases/payloads_httpparams.jsonl.gz";

struct Share {
  std::size_t total = 0;
  std::size_t found = 0;

  [[nodiscard]] double percent() const {
    return total == 0 ? 0 : 100.0 * static_cast<double>(found) / static_cast<double>(total);
  }
};

std::string percent_encoded(std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded = "q=";
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return encoded;
}

class PipeCloser {
 public:
  void operator()(std::FILE* pipe) const { pclose(pipe); }
};

/// Lines of a gzip file, read through gzip(1).
template <class OnLine>
void for_each_line(const std::filesystem::path& file, OnLine on_line) {
  const std::unique_ptr<std::FILE, PipeCloser> pipe(popen(("gzip -dc '" + file.string() + "'").c_str(), "r"));
  std::string line;
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    on_line(line);
    line.clear();
  }
}

TEST(PayloadCorpusTest, FindsAttacksAndLeavesOrdinaryValuesAlone) {
  if (!std::filesystem::exists(kCases)) {
    GTEST_SKIP() << "the shared cases are not present";
  }
  const auto sets = SignatureSets::compile();
  ASSERT_TRUE(sets.has_value()) << sets.error().to_string();
  const AttackDetector detector(*sets, config::FindingAction::kBlock, config::OnLimit::kDeny);
  DetectorDriver driver(detector);
  std::map<std::string, Share> shares;
  for_each_line(kCases, [&](const std::string& line) {
    const auto row = boost::json::parse(line).as_object();
    const std::string query = percent_encoded(row.at("payload").as_string());
    RequestHead head;
    head.path = "/";
    head.query = query;
    const bool found = driver.begin().on_request_head(head) == Step::kStop;
    Share& share = shares[std::string(row.at("cat").as_string())];
    ++share.total;
    share.found += found ? 1 : 0;
  });
  for (const auto& [category, share] : shares) {
    std::cout << category << ": " << share.found << " of " << share.total << " (" << share.percent() << " %)\n";
  }
  EXPECT_LT(shares["norm"].percent(), 0.1);
  EXPECT_GT(shares["norm"].total, 10'000U);
  EXPECT_GT(shares["sqli"].percent(), 98.0);
  EXPECT_GT(shares["xss"].percent(), 90.0);
  EXPECT_GT(shares["path-traversal"].percent(), 65.0);
  EXPECT_GT(shares["cmdi"].percent(), 55.0);
}

}  // namespace
}  // namespace gabion::inspect::attack
