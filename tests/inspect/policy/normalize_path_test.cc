// The published vectors of path normalisation at all four levels, and the properties every path has.
#include "inspect/policy/normalize_path.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::policy {
namespace {

using config::PathLevel;

constexpr std::array kLevels{PathLevel::kNone, PathLevel::kBase, PathLevel::kMergeSlashes,
                             PathLevel::kDecodeAndMergeSlashes};

std::string normalized(std::string_view target, PathLevel level) {
  std::string buffer;
  const auto result = normalize_target(target, level, buffer);
  return result.status == PathStatus::kOk ? std::string(result.path) : "bad";
}

/// mesh.md §5 (Istio's published vectors). An empty text means "as it came in".
struct Vector {
  std::string_view in;
  std::array<std::string_view, 4> out;
};

constexpr Vector kVectors[] = {
    {"/app#foo", {"/app", "/app", "/app", "/app"}},
    {"/app/../admin", {"", "/admin", "/admin", "/admin"}},
    {"/app//", {"", "/app//", "/app/", "/app/"}},
    {"/app/%2f", {"", "", "", "/app/"}},
    {"/app%2f/", {"", "", "", "/app/"}},
    {"/xyz%30..//abc", {"", "/xyz0..//abc", "/xyz0../abc", "/xyz0../abc"}},
    {"/app/%2E./admin", {"", "/admin", "/admin", "/admin"}},
    {"/app\\admin", {"", "/app/admin", "/app/admin", "/app/admin"}},
    {"/app/\\/\\/\\admin", {"", "/app//////admin", "/app/admin", "/app/admin"}},
    {"/%2Fapp%5cadmin%5Cabc", {"", "", "", "/app/admin/abc"}},
    {"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\\abc",
     {"", "/%5Capp%2f%5c%2F..%2fadmin%5c/abc", "/%5Capp%2f%5c%2F..%2fadmin%5c/abc", "/app/admin/abc"}},
    {"/app//../admin", {"", "/app/admin", "/app/admin", "/app/admin"}},
    {"/app//../../admin", {"", "/admin", "/admin", "/admin"}},
    {"/%c0%2e%c0%2e/admin", {"", "/%c0.%c0./admin", "/%c0.%c0./admin", "/%c0.%c0./admin"}},
    {"/%c0%2fadmin", {"", "", "", "/%c0/admin"}},
    {"/", {"", "", "", ""}},
    {"/a/.", {"", "/a/", "/a/", "/a/"}},
    {"/a/..", {"", "/", "/", "/"}},
    {"/a/b/..", {"", "/a/", "/a/", "/a/"}},
    {"/./a", {"", "/a", "/a", "/a"}},
    {"//", {"", "//", "/", "/"}},
    {"/.//", {"", "//", "/", "/"}},
    {"/a%2e", {"", "/a.", "/a.", "/a."}},
    {"/%7Euser/%41", {"", "/~user/A", "/~user/A", "/~user/A"}},
    // Not changed at any level.
    {"/0x2e0x2e/admin", {"", "", "", ""}},
    {"/%252e%252e/admin", {"", "", "", ""}},
    {"/%25c0%25ae%25c0%25ae/admin", {"", "", "", ""}},
    {"/%c0%ae%c0%ae/admin", {"", "", "", ""}},
    {"/%c1%9cadmin", {"", "", "", ""}},
    {"/.../admin", {"", "", "", ""}},
    {"/..;/admin", {"", "", "", ""}},
    {"/;/admin", {"", "", "", ""}},
    {"/admin;a=b", {"", "", "", ""}},
    {"/admin,a=b/xyz", {"", "", "", ""}},
    {"/Admin", {"", "", "", ""}},
    {"/a%20b", {"", "", "", ""}},
    {"/a.b/..c/d..", {"", "", "", ""}},
};

TEST(NormalizePath, PublishedVectorsComeOutExactly) {
  for (const auto& vector : kVectors) {
    for (std::size_t level = 0; level < kLevels.size(); ++level) {
      const auto expected = vector.out[level].empty() ? vector.in : vector.out[level];
      EXPECT_EQ(normalized(vector.in, kLevels[level]), expected) << vector.in << " at level " << level;
    }
  }
}

TEST(NormalizePath, MalformedPathsAreBadAtEveryLevel) {
  for (const std::string_view target :
       {std::string_view("/%zz"), std::string_view("/%%32e"), std::string_view("/%"), std::string_view("/%4"),
        std::string_view("/%00"), std::string_view("/a%00b"), std::string_view("/a b"), std::string_view("/a\tb"),
        std::string_view("/\x7f"), std::string_view("/\xc3\xa4"), std::string_view("/a\0b", 4), std::string_view(""),
        std::string_view("*"), std::string_view("?a"), std::string_view("#a"), std::string_view("a/b"),
        std::string_view("http://x/"), std::string_view("/a?b\nc"), std::string_view("/a?b c")}) {
    for (const auto level : kLevels) {
      EXPECT_EQ(normalized(target, level), "bad") << testing::PrintToString(target);
    }
  }
}

TEST(NormalizePath, NothingGoesAboveTheRoot) {
  for (const std::string_view target :
       {"/..", "/../x", "/a/../..", "/a/../../b", "/./..", "/%2e%2e/x", "/.%2e", "/\\.."}) {
    const bool empty_segment = target == "/\\..";  // "//..": the ".." takes the empty segment away
    for (const auto level : {PathLevel::kBase, PathLevel::kMergeSlashes, PathLevel::kDecodeAndMergeSlashes}) {
      EXPECT_EQ(normalized(target, level), empty_segment ? "/" : "bad") << target;
    }
    EXPECT_EQ(normalized(target, PathLevel::kNone), target);
  }
  EXPECT_EQ(normalized("/a%2f..%2f..%2f..", PathLevel::kDecodeAndMergeSlashes), "bad");
}

/// mesh.md §5: only unreserved characters are decoded, in the last level also %2f and %5c.
TEST(NormalizePath, SweepOfAllEscapesDecodesUnreservedOnly) {
  constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (unsigned byte = 1; byte < 256; ++byte) {
    const std::string target = std::string("/admin%") + kHex[byte >> 4U] + kHex[byte & 15U];
    const char c = static_cast<char>(byte);
    const bool unreserved = kUnreserved.find(c) != std::string_view::npos;
    EXPECT_EQ(normalized(target, PathLevel::kNone), target);
    EXPECT_EQ(normalized(target, PathLevel::kBase), unreserved ? std::string("/admin") + c : target);
    const std::string last = c == '/' || c == '\\' ? "/admin/" : unreserved ? std::string("/admin") + c : target;
    EXPECT_EQ(normalized(target, PathLevel::kDecodeAndMergeSlashes), last);
  }
}

TEST(NormalizePath, QueryIsKeptAndFragmentDropped) {
  struct Row {
    std::string_view in, path, query;
    bool has_query;
  };
  for (const auto& row : {Row{"/a?b=%2e&c=/../d", "/a", "b=%2e&c=/../d", true}, Row{"/a?", "/a", "", true},
                          Row{"/a", "/a", "", false}, Row{"/a?b#c?d", "/a", "b", true}, Row{"/a#b?c", "/a", "", false},
                          Row{"/x/../a?b?c", "/a", "b?c", true}, Row{"/a?\xc3\xa4", "/a", "\xc3\xa4", true}}) {
    std::string buffer;
    const auto result = normalize_target(row.in, PathLevel::kBase, buffer);
    EXPECT_EQ(result.status, PathStatus::kOk) << row.in;
    EXPECT_EQ(result.path, row.path) << row.in;
    EXPECT_EQ(result.query, row.query) << row.in;
    EXPECT_EQ(result.has_query, row.has_query) << row.in;
  }
}

TEST(NormalizePath, ANormalPathIsAViewOfTheTargetAndTheBufferIsUntouched) {
  for (const std::string_view target : {"/", "/api/orders/17?x=/../%2e", "/a%20b/%C3%A4", "/a.b/...", "/a/b/"}) {
    for (const auto level : kLevels) {
      std::string buffer = "untouched";
      const auto result = normalize_target(target, level, buffer);
      EXPECT_EQ(result.path.data(), target.data()) << target;
      EXPECT_EQ(buffer, "untouched");
      EXPECT_EQ(buffer.capacity(), std::string("untouched").capacity());
    }
  }
}

/// Paths from an alphabet of everything that means something, by a fixed linear congruential sequence.
TEST(NormalizePath, NormalisingAgainChangesNothing) {
  constexpr std::string_view kParts[] = {"/",   "/",   ".",    "..",  "\\",  "%2f", "%2F", "%5c", "%2e", "%25",
                                         "%32", "%61", "%252", "%c0", "abc", ";",   "//",  "/.",  "~",   "%"};
  std::uint64_t state = 7;
  std::size_t good = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string target = "/";
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    std::uint64_t bits = state >> 11U;
    for (std::size_t parts = bits % 9; parts > 0; --parts) {
      bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
      target += kParts[(bits >> 33U) % std::size(kParts)];
    }
    for (const auto level : kLevels) {
      const std::string once = normalized(target, level);
      if (once == "bad") {
        continue;
      }
      ++good;
      ASSERT_EQ(normalized(once, level), once) << target;
      ASSERT_EQ(once.front(), '/') << target;
    }
  }
  EXPECT_GT(good, 100'000U);
}

}  // namespace
}  // namespace gabion::inspect::policy
