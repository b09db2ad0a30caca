// What the SQL and HTML detectors find, and leave alone, in the HttpParams data set.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include "inspect/sqli/detect.h"
#include "inspect/xss/detect.h"

namespace gabion::inspect {
namespace {

const std::filesystem::path kCases = GABION_SOURCE_DIR "/../shared/cases/payloads_httpparams.jsonl.gz";

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

struct Share {
  std::size_t total = 0;
  std::size_t sqli = 0;
  std::size_t xss = 0;
};

// libinjection on the same rows: 10,509 of 10,852 SQL injections, 417 of 532 scripts, no legitimate value.
TEST(DetectCorpusTest, FindsAttacksAndLeavesOrdinaryValuesAlone) {
  if (!std::filesystem::exists(kCases)) {
    GTEST_SKIP() << "the shared cases are not present";
  }
  std::map<std::string, Share> shares;
  for_each_line(kCases, [&](const std::string& line) {
    const auto row = boost::json::parse(line).as_object();
    const std::string_view value = row.at("payload").as_string();
    Share& share = shares[std::string(row.at("cat").as_string())];
    ++share.total;
    share.sqli += sqli::detect(value).found ? 1 : 0;
    share.xss += xss::detect(value).found ? 1 : 0;
  });
  for (const auto& [category, share] : shares) {
    std::cout << category << ": " << share.total << " values, SQL in " << share.sqli << ", script in " << share.xss
              << '\n';
  }
  EXPECT_EQ(shares["norm"].total, 19'304U);
  EXPECT_EQ(shares["norm"].sqli, 0U);
  EXPECT_EQ(shares["norm"].xss, 0U);
  EXPECT_GE(shares["sqli"].sqli, 10'840U);
  EXPECT_GE(shares["xss"].xss, 460U);
  EXPECT_EQ(shares["path-traversal"].sqli + shares["path-traversal"].xss, 0U);
}

}  // namespace
}  // namespace gabion::inspect
