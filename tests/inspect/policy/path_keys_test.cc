// The state after some segments is that of the text they are, whatever follows and wherever words of eight bytes begin.
#include "inspect/policy/path_keys.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gabion::inspect::policy {
namespace {

std::uint64_t whole(const std::string& path) {
  const std::vector<char> exact(path.begin(), path.end());  // a read beyond the end is beyond the allocation
  return PathKeys(std::string_view(exact.data(), exact.size())).whole();
}

/// The texts of the first 1, 2, … segments.
std::vector<std::string> leading(const std::string& path) {
  std::vector<std::string> result;
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at == path.size() || path[at] == '/') {
      result.push_back(path.substr(0, at));
    }
  }
  return result;
}

const std::vector<std::string>& paths() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made{"/", "//", "/a//b/", "/..../.", "/a/b/c", "/\xC3\xA4/\xAF/\x2E\x30"};
    for (std::size_t length = 0; length < 40; ++length) {
      made.push_back("/" + std::string(length, 'x') + "/y");
      made.push_back("/y/" + std::string(length, 'x'));
    }
    return made;
  }();
  return all;
}

TEST(PathKeys, AfterSomeSegmentsIsTheStateOfTheirText) {
  for (const auto& path : paths()) {
    PathKeys keys(path);
    const auto texts = leading(path);
    for (std::size_t count = texts.size(); count > 0; --count) {
      const auto* state = keys.after(count);
      ASSERT_NE(state, nullptr) << path << " " << count;
      EXPECT_EQ(*state, whole(texts[count - 1])) << path << " " << count;
    }
    EXPECT_EQ(keys.after(texts.size() + 1), nullptr) << path;
    EXPECT_EQ(keys.whole(), whole(path)) << path;
  }
}

TEST(PathKeys, DeepPathsGoOnBeyondWhatIsKept) {
  std::string path;
  for (std::size_t i = 0; i < PathKeys::kKept + 8; ++i) {
    path += "/" + std::to_string(i);
    PathKeys keys(path);
    std::vector<std::uint64_t> beyond;
    EXPECT_EQ(keys.each_after_kept([&](std::uint64_t state) { beyond.push_back(state); }), whole(path));
    const auto texts = leading(path);
    ASSERT_EQ(beyond.size(), texts.size() - std::min(texts.size(), PathKeys::kKept));
    for (std::size_t at = 0; at < beyond.size(); ++at) {
      EXPECT_EQ(beyond[at], whole(texts[PathKeys::kKept + at]));
    }
  }
}

TEST(PathKeys, OnlyTheCaseOfAsciiLettersIsTheSame) {
  for (int byte = 0; byte < 256; ++byte) {
    for (int other = 0; other < byte; ++other) {
      const bool same = byte >= 'a' && byte <= 'z' && other == byte - 'a' + 'A';
      for (const std::string before : {"/", "/1234567", "/123456"}) {
        if (byte == '/' || other == '/') {
          continue;
        }
        EXPECT_EQ(whole(before + static_cast<char>(byte) + "/Z") == whole(before + static_cast<char>(other) + "/z"),
                  same)
            << byte << " " << other;
      }
    }
  }
}

TEST(PathKeys, DifferentTextsDiffer) {
  std::map<std::uint64_t, std::string> seen;
  for (const auto& path : paths()) {
    const auto [known, added] = seen.emplace(whole(path), path);
    EXPECT_TRUE(added || known->second == path) << path << " and " << known->second;
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
