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
    EXPECT_EQ(matches_template(row.pattern, row.path, config::PathCase::kExact), row.matches)
        << row.pattern << " " << row.path;
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
std::string seen(std::string_view target, PathLevel level, const config::PathReading& reading = {}) {
  std::string buffer;
  const auto normal = normalize_target(target, level, buffer);
  if (normal.status == PathStatus::kBad) {
    return "bad";
  }
  const PathView view(normal.path, reading);
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

// --- What is kept instead of refused ---------------------------------------------------------------------------------

using config::DoubtfulPath;
using config::PathCase;
using config::PathReading;

constexpr PathReading kKeepAll{DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep, DoubtfulPath::kKeep,
                               PathCase::kExact};

PathReading keeping(DoubtfulPath PathReading::*member) {
  PathReading reading;
  reading.*member = DoubtfulPath::kKeep;
  return reading;
}

struct Kept {
  std::string_view target;
  DoubtfulPath PathReading::*by;  ///< the one option that lets it pass; null: none does
  std::string_view text;          ///< then
};

constexpr Kept kKept[] = {
    {"/a%2Fb", &PathReading::encoded_slash, "/a%2Fb"},
    {"/a%2fb", &PathReading::encoded_slash, "/a%2Fb"},
    {"/a%5cb", &PathReading::encoded_slash, "/a%5Cb"},
    {"/a/..%2fadmin", &PathReading::encoded_slash, "/a/..%2Fadmin"},
    {"/%2fadmin", &PathReading::encoded_slash, "/%2Fadmin"},
    {"/a%20%2f%21", &PathReading::encoded_slash, "/a %2F!"},
    {"/%252e%252e/admin", &PathReading::double_encoding, "/%2e%2e/admin"},
    {"/%25%32%65/x", &PathReading::double_encoding, "/%2e/x"},
    {"/a%252fb", &PathReading::double_encoding, "/a%2fb"},
    {"/a%25252f", &PathReading::double_encoding, "/a%252f"},
    {"//admin", &PathReading::empty_segments, "//admin"},
    {"/app//", &PathReading::empty_segments, "/app//"},
    {"/store//cart", &PathReading::empty_segments, "/store//cart"},
    {"/admin;x", &PathReading::semicolon, "/admin;x"},
    {"/admin%3Bx", &PathReading::semicolon, "/admin;x"},
    {"/..;/admin", &PathReading::semicolon, "/..;/admin"},
    {"/a/%c0%ae/b", nullptr, ""},
    {"/a%01", nullptr, ""},
    {"/a%7f", nullptr, ""},
    {"/%ff", nullptr, ""},
    {"/%ed%a0%80", nullptr, ""},
};

TEST(KeptPaths, EachDoubtHasItsOneOption) {
  for (const auto& row : kKept) {
    for (const auto option : {&PathReading::encoded_slash, &PathReading::double_encoding, &PathReading::empty_segments,
                              &PathReading::semicolon}) {
      EXPECT_EQ(seen(row.target, PathLevel::kBase, keeping(option)), row.by == option ? row.text : "ambiguous")
          << row.target;
    }
    EXPECT_EQ(seen(row.target, PathLevel::kBase), "ambiguous") << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kBase, kKeepAll), row.by != nullptr ? row.text : "ambiguous") << row.target;
  }
}

TEST(KeptPaths, TwoDoubtsNeedBothOptions) {
  for (const std::string_view target : {"/a%2f%252f", "/a%252f%2f", "/%25%2525%2f", "/%2525%2f"}) {
    EXPECT_EQ(seen(target, PathLevel::kBase, keeping(&PathReading::encoded_slash)), "ambiguous") << target;
    EXPECT_EQ(seen(target, PathLevel::kBase, keeping(&PathReading::double_encoding)), "ambiguous") << target;
    EXPECT_NE(seen(target, PathLevel::kBase, kKeepAll), "ambiguous") << target;
  }
  EXPECT_EQ(seen("//a;x", PathLevel::kBase, keeping(&PathReading::semicolon)), "ambiguous");
  EXPECT_EQ(seen("//a;x", PathLevel::kBase, kKeepAll), "//a;x");
}

/// A percent sign beside a kept slash is no double encoding.
TEST(KeptPaths, APercentSignBesideAKeptSlash) {
  const auto reading = keeping(&PathReading::encoded_slash);
  EXPECT_EQ(seen("/a%25%2Fb", PathLevel::kBase, reading), "/a%%2Fb");
  EXPECT_EQ(seen("/a%2F%25", PathLevel::kBase, reading), "/a%2F%");
  EXPECT_EQ(seen("/%252%2F", PathLevel::kBase, reading), "/%2%2F");
}

/// What only NONE leaves is nobody's option: dot segments and a plain '\'.
TEST(KeptPaths, NothingKeepsWhatNoneLeaves) {
  for (const std::string_view target : {"/app/../admin", "/app/%2e%2e/admin", "/app\\admin", "/.", "/a/..;/../b"}) {
    EXPECT_EQ(seen(target, PathLevel::kNone, kKeepAll), "ambiguous") << target;
  }
}

/// mesh.md §5 at each level, with everything kept: the published normal forms, decoded.
constexpr Seen kSeenKept[] = {
    {"/app//", "/app//", "/app//", "/app/", "/app/"},
    {"/app/%2f", "/app/%2F", "/app/%2F", "/app/%2F", "/app/"},
    {"/app%2f/", "/app%2F/", "/app%2F/", "/app%2F/", "/app/"},
    {"/xyz%30..//abc", "/xyz0..//abc", "/xyz0..//abc", "/xyz0../abc", "/xyz0../abc"},
    {"/app/\\/\\/\\admin", "ambiguous", "/app//////admin", "/app/admin", "/app/admin"},
    {"/%2Fapp%5cadmin%5Cabc", "/%2Fapp%5Cadmin%5Cabc", "/%2Fapp%5Cadmin%5Cabc", "/%2Fapp%5Cadmin%5Cabc",
     "/app/admin/abc"},
    {"/%5Capp%2f%5c%2F%2e%2e%2fadmin%5c\\abc", "ambiguous", "/%5Capp%2F%5C%2F..%2Fadmin%5C/abc",
     "/%5Capp%2F%5C%2F..%2Fadmin%5C/abc", "/app/admin/abc"},
    {"/%252e%252e/admin", "/%2e%2e/admin", "/%2e%2e/admin", "/%2e%2e/admin", "/%2e%2e/admin"},
    {"/..;/admin", "/..;/admin", "/..;/admin", "/..;/admin", "/..;/admin"},
    {"/;/admin", "/;/admin", "/;/admin", "/;/admin", "/;/admin"},
    {"/admin;a=b", "/admin;a=b", "/admin;a=b", "/admin;a=b", "/admin;a=b"},
    {"/%c0%2e%c0%2e/admin", "ambiguous", "ambiguous", "ambiguous", "ambiguous"},
};

TEST(KeptPaths, AtEachLevel) {
  for (const auto& row : kSeenKept) {
    EXPECT_EQ(seen(row.target, PathLevel::kNone, kKeepAll), row.none) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kBase, kKeepAll), row.base) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kMergeSlashes, kKeepAll), row.merge) << row.target;
    EXPECT_EQ(seen(row.target, PathLevel::kDecodeAndMergeSlashes, kKeepAll), row.decode) << row.target;
  }
}

// --- Letters of either case ------------------------------------------------------------------------------------------

TEST(FoldedPaths, BeyondAsciiNobodyKnows) {
  PathReading reading;
  reading.letters = PathCase::kFold;
  for (const std::string_view target : {"/%C3%A4", "/%C3%84", "/%E2%84%AAey", "/%C5%BFecret"}) {
    EXPECT_EQ(seen(target, PathLevel::kBase, reading), "ambiguous") << target;
    EXPECT_NE(seen(target, PathLevel::kBase), "ambiguous") << target;
  }
  EXPECT_EQ(seen("/Admin%20X", PathLevel::kBase, reading), "/Admin X") << "what is told and forwarded keeps its case";
}

struct Folded {
  PathMatch::Kind kind;
  std::string_view pattern;
  std::string_view path;
  bool exact;
  bool folded;
};

constexpr Folded kFolded[] = {
    {PathMatch::Kind::kExact, "/admin", "/admin", true, true},
    {PathMatch::Kind::kExact, "/admin", "/ADMIN", false, true},
    {PathMatch::Kind::kExact, "/Admin", "/aDMIN", false, true},
    {PathMatch::Kind::kExact, "/admin", "/ADMIN/", false, false},
    {PathMatch::Kind::kExact, "/a[b", "/A{B", false, false},
    {PathMatch::Kind::kExact, "/a@b", "/A`B", false, false},
    {PathMatch::Kind::kPrefix, "/admin", "/ADMIN/x", false, true},
    {PathMatch::Kind::kPrefix, "/admin", "/ADMINx", false, false},
    {PathMatch::Kind::kPrefix, "/Admin/", "/admin/", false, true},
    {PathMatch::Kind::kPrefix, "/admin/", "/ADMIN", false, false},
    {PathMatch::Kind::kTemplate, "/a/{*}/c", "/A/b/C", false, true},
    {PathMatch::Kind::kTemplate, "/a/{*}/c", "/A//C", false, false},
    {PathMatch::Kind::kTemplate, "/A/{**}/Cart", "/a/x/y/cART", false, true},
    {PathMatch::Kind::kTemplate, "/A/{**}/Cart", "/a/cart", false, false},
    {PathMatch::Kind::kTemplate, "/a/{**}", "/A/", false, true},
    {PathMatch::Kind::kRegex, "/v[0-9]+/[a-f]+", "/V1/ABC", false, true},
    {PathMatch::Kind::kRegex, "/V1/x.*", "/v1/X/y", false, true},
    {PathMatch::Kind::kRegex, "/v1", "/V2", false, false},
    {PathMatch::Kind::kRegex, "/a%2Fb", "/a%2fb", false, true},
    {PathMatch::Kind::kRegex, "/(?-i:a)", "/A", false, false},
};

TEST(FoldedPaths, CompareAsTheTableSays) {
  for (const auto& row : kFolded) {
    const auto condition = PathCondition::compile({row.kind, std::string(row.pattern)}).value();
    for (const auto reading : {Reading::kCertain, Reading::kPossible}) {
      EXPECT_EQ(condition.matches(row.path, PathCase::kExact, reading), row.exact) << row.pattern << " " << row.path;
      EXPECT_EQ(condition.matches(row.path, PathCase::kFold, reading), row.folded) << row.pattern << " " << row.path;
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::policy
