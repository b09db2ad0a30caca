// Path templates, prefixes and normalisation together, as the guide and Istio's published cases have them.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "config/kube/l7_text.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/normalize_path.h"
#include "inspect/policy/path_view.h"

namespace gabion::inspect::policy {
namespace {

using config::PathLevel;
using config::kube::PathMatch;

struct Template {
  std::string_view pattern;
  std::string_view path;
  bool matches;
};

constexpr Template kTemplates[] = {
    // {*}: exactly one segment, not empty.
    {"/foo/{*}", "/foo/bar", true},
    {"/foo/{*}", "/foo/bar/baz", false},
    {"/foo/{*}", "/foo/", false},
    {"/foo/{*}", "/foo", false},
    {"/foo/{*}", "/foo//", false},
    {"/foo/{*}", "/foo/bar/", false},
    {"/foo/{*}/", "/foo/bar/", true},
    {"/foo/{*}/", "/foo/bar", false},
    {"/{*}", "/a", true},
    {"/{*}", "/", false},
    {"/{*}/b", "/a/b", true},
    {"/{*}/b", "//b", false},
    {"/{*}/{*}", "/a/b", true},
    {"/{*}/{*}", "/a", false},
    {"/{*}/{*}", "/a/b/c", false},
    {"/v1/{*}/items/{*}", "/v1/shop/items/7", true},
    {"/v1/{*}/items/{*}", "/v1/shop/items", false},
    {"/foo/{*}", "/foo/*", true},
    {"/foo/{*}", "/foo/..a", true},
    {"/foo/{*}", "/FOO/bar", false},
    // {**}: any rest, possibly empty, but the '/' before it is there.
    {"/{**}", "/", true},
    {"/{**}", "/a", true},
    {"/{**}", "/a/b/c", true},
    {"/foo/{**}", "/foo/", true},
    {"/foo/{**}", "/foo/bar", true},
    {"/foo/{**}", "/foo/bar/baz", true},
    {"/foo/{**}", "/foo/bar/", true},
    {"/foo/{**}", "/foo", false},
    {"/foo/{**}", "/foobar", false},
    {"/foo/{**}", "/foo//", true},
    // After {**} only literal segments.
    {"/foo/{**}/", "/foo/bar/", true},
    {"/foo/{**}/", "/foo/bar/baz.txt/", true},
    {"/foo/{**}/", "/foo//", true},
    {"/foo/{**}/", "/foo/", false},
    {"/foo/{**}/bar", "/foo/x/bar", true},
    {"/foo/{**}/bar", "/foo/x/y/bar", true},
    {"/foo/{**}/bar", "/foo/bar", false},
    {"/foo/{**}/bar", "/foo//bar", true},
    {"/foo/{**}/bar", "/foo/x/foobar", false},
    {"/foo/{**}/bar", "/foo/bar/bar", true},
    {"/foo/{**}/bar", "/foo/x/bar/y", false},
    {"/foo/{**}/a/b", "/foo/x/a/b", true},
    {"/foo/{**}/a/b", "/foo/a/b", false},
    {"/{**}/c", "/a/b/c", true},
    {"/{**}/c", "/c", false},
    {"/{**}/c", "//c", true},
    {"/store/{**}/cart", "/store//cart", true},
    {"/store/{**}/cart", "/store/books/cart", true},
    // Both.
    {"/{*}/x/{**}", "/a/x/", true},
    {"/{*}/x/{**}", "/a/x/b/c", true},
    {"/{*}/x/{**}", "/a/x", false},
    {"/{*}/x/{**}", "/a/b/x/c", false},
    {"/img/{*}/thumb/{**}", "/img/7/thumb/a/b", true},
    {"/img/{*}/thumb/{**}", "/img//thumb/a", false},
    {"/{*}/{**}/end", "/a/b/end", true},
    {"/{*}/{**}/end", "/a/end", false},
    // Literal only.
    {"/a/b", "/a/b", true},
    {"/a/b", "/a/b/", false},
};

TEST(PathTemplates, MatchAsTheTableSays) {
  for (const auto& row : kTemplates) {
    EXPECT_TRUE(config::kube::is_path_template(row.pattern)) << row.pattern;
    EXPECT_EQ(matches_template(row.pattern, row.path), row.matches) << row.pattern << " " << row.path;
  }
}

TEST(PathTemplates, OthersAreRefused) {
  for (const std::string_view text :
       {"",   "a",  "{*}",   "/{**}/{**}", "/{**}/{*}", "/a{*}", "/{*}b", "/{a}", "/{a=*}", "/{***}", "/{",
        "/}", "/*", "/a//b", "/a/../b",    "/a/./b",    "/a%20", "/a?b",  "/a#b", "/a;b",   "/a\\b"}) {
    EXPECT_FALSE(config::kube::is_path_template(text)) << text;
  }
}

/// What becomes of a target at a level: refused as malformed, ambiguous where rules look at paths, or seen as a path.
std::string seen(std::string_view target, PathLevel level) {
  std::string buffer;
  const auto normal = normalize_target(target, level, buffer);
  if (normal.status == PathStatus::kBad) {
    return "bad";
  }
  const PathView view(normal.path);
  return view.is_ambiguous() ? "ambiguous" : std::string(view.text());
}

struct Seen {
  std::string_view target;
  std::string_view none;
  std::string_view base;
  std::string_view merge;
  std::string_view decode;
};

/// mesh.md §5 and the guide's §3.3 as one: Istio's vectors, and whether a rule on paths may trust them.
constexpr Seen kSeen[] = {
    {"/app#foo", "/app", "/app", "/app", "/app"},
    {"/app/../admin", "ambiguous", "/admin", "/admin", "/admin"},
    {"/app//", "ambiguous", "ambiguous", "/app/", "/app/"},
    {"/app/%2f", "ambiguous", "ambiguous", "ambiguous", "/app/"},
    {"/app%2f/", "ambiguous", "ambiguous", "ambiguous", "/app/"},
    {"/xyz%30..//abc", "ambiguous", "ambiguous", "/xyz0../abc", "/xyz0../abc"},
    {"/app/%2E./admin", "ambiguous", "/admin", "/admin", "/admin"},
    {"/app\\admin", "ambiguous", "/app/admin", "/app/admin", "/app/admin"},
    {"/app/\\/\\/\\admin", "ambiguous", "ambiguous", "/app/admin", "/app/admin"},
    {"/%2Fapp%5cadmin%5Cabc", "ambiguous", "ambiguous", "ambiguous", "/app/admin/abc"},
    {"/app//../admin", "ambiguous", "/app/admin", "/app/admin", "/app/admin"},
    {"/app//../../admin", "ambiguous", "/admin", "/admin", "/admin"},
    {"/%c0%2e%c0%2e/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/%c0%2fadmin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/0x2e0x2e/admin", "/0x2e0x2e/admin", "/0x2e0x2e/admin", "/0x2e0x2e/admin", "/0x2e0x2e/admin"},
    {"/%252e%252e/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/%25c0%25ae/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/%c0%ae%c0%ae/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/%c1%9cadmin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/.../admin", "/.../admin", "/.../admin", "/.../admin", "/.../admin"},
    {"/..;/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/;/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/admin;a=b", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
    {"/admin,a=b/xyz", "/admin,a=b/xyz", "/admin,a=b/xyz", "/admin,a=b/xyz", "/admin,a=b/xyz"},
    {"/Admin", "/Admin", "/Admin", "/Admin", "/Admin"},
    {"/a%21b", "/a!b", "/a!b", "/a!b", "/a!b"},
    {"/a%20b", "/a b", "/a b", "/a b", "/a b"},
    {"/%C3%A4", "/\xc3\xa4", "/\xc3\xa4", "/\xc3\xa4", "/\xc3\xa4"},
    {"/admin%00", "bad", "bad", "bad", "bad"},
    {"/%zz", "bad", "bad", "bad", "bad"},
    {"/%%32e", "bad", "bad", "bad", "bad"},
    {"/../admin", "ambiguous", "bad", "bad", "bad"},
    {"/a/%2e%2e/%2e%2e/admin", "ambiguous", "bad", "bad", "bad"},
};

TEST(PathsAsRulesSeeThem, AtEachLevel) {
  for (const auto& row : kSeen) {
    EXPECT_EQ(seen(row.target, PathLevel::kNone), row.none) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kBase), row.base) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kMergeSlashes), row.merge) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kDecodeAndMergeSlashes), row.decode) << row.target;
  }
}

/// %01 to %ff after /admin: a rule sees the decoded byte, or nobody trusts the path.
TEST(PathsAsRulesSeeThem, SweepOfAllEscapes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (unsigned byte = 1; byte < 256; ++byte) {
    const std::string target = std::string("/admin%") + kHex[byte >> 4U] + kHex[byte & 15U];
    const char c = static_cast<char>(byte);
    const bool doubtful = byte < 0x20 || byte >= 0x7f || c == '/' || c == '\\' || c == ';';
    EXPECT_EQ(seen(target, PathLevel::kBase), doubtful ? "ambiguous" : std::string("/admin") + c) << target;
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
