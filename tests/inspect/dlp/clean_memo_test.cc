// Fields that are known to be clean: which ones are kept, and that findings are the same with and without.
#include "inspect/dlp/clean_memo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "inspect/dlp/head_scan.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::dlp {
namespace {

bool knows(CleanMemo& memo, std::string_view name, std::string_view value) {
  return memo.look_up(name, value) == CleanMemo::Known::kClean;
}

TEST(CleanMemo, KeepsPublicFieldsByNameAndValue) {
  CleanMemo memo;
  EXPECT_FALSE(knows(memo, "User-Agent", "curl/8.0"));
  memo.keep("User-Agent", "curl/8.0");
  EXPECT_TRUE(knows(memo, "User-Agent", "curl/8.0"));
  EXPECT_FALSE(knows(memo, "user-agent", "curl/8.0"));  // words of a name part at changes of case
  EXPECT_FALSE(knows(memo, "User-Agent", "curl/8.1"));
  EXPECT_FALSE(knows(memo, "Accept", "curl/8.0"));
  memo.keep("Date", "Mon, 06 May 2024 07:08:09 GMT");
  EXPECT_TRUE(knows(memo, "Date", "Mon, 06 May 2024 07:08:09 GMT"));
}

TEST(CleanMemo, KnowsFieldsInAnyOrder) {
  CleanMemo memo;
  const std::vector<std::pair<std::string, std::string>> fields = {
      {"host", "a"}, {"accept", "b"}, {"host", "ab"}, {"user-agent", "a"}, {"accept", ""}};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  for (const auto& [name, value] : fields) {
    EXPECT_EQ(memo.look_up(name, value), CleanMemo::Known::kNew);
    memo.keep(name, value);
  }
  do {
    for (const std::size_t each : order) {
      EXPECT_EQ(memo.look_up(fields[each].first, fields[each].second), CleanMemo::Known::kClean);
      EXPECT_EQ(memo.look_up("cookie", "a"), CleanMemo::Known::kNever);
      EXPECT_EQ(memo.look_up("host", "abc"), CleanMemo::Known::kNew);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(CleanMemo, KeepsNoSecretAndNothingLong) {
  CleanMemo memo;
  for (const char* name : {"Authorization", "Cookie", "Set-Cookie", "Proxy-Authorization", "X-Api-Key", "X-Token"}) {
    memo.keep(name, "value");
    EXPECT_FALSE(knows(memo, name, "value")) << name;
  }
  memo.keep("Referer", "https://shop.example/a?token=1");
  memo.keep("Server", "-----BEGIN PRIVATE KEY-----");
  memo.keep("Accept", std::string(256, 'a'));
  EXPECT_EQ(memo.size(), 0U);
}

std::shared_ptr<const Profile> default_profile(std::vector<config::DlpCustomType> custom = {}) {
  config::DlpProfile profile = built_in_profile("default");
  profile.custom = std::move(custom);
  auto made = Profile::compile(profile, std::make_shared<const KeyedHash>(*KeyedHash::random()), nullptr);
  EXPECT_TRUE(made.has_value()) << made.error().front().to_string();
  return *made;
}

/// Heads that one worker sees, one behind the other.
class Bed {
 public:
  explicit Bed(std::shared_ptr<const Profile> profile)
      : profile_(std::move(profile)), scan_(*profile_), ledger_(*profile_) {
    EXPECT_TRUE(profile_->types().prepare(scratch_).has_value());
  }

  /// "name type,..." of what is found.
  std::string found(const std::vector<HeaderField>& fields) {
    findings_.clear();
    ledger_.begin(Direction::kRequest, Demand::kAsWritten, findings_, {}, Ledger::Spends::kNobodys, {});
    scan_.begin();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      scan_.add(fields[i].name, fields[i].value, i);
    }
    EXPECT_NE(scan_.scan(ledger_, scratch_), HeadScan::Outcome::kFailed);
    std::string text;
    for (const Finding& finding : findings_.items()) {
      text += std::string(finding.field) + " " + std::string(finding.rule) + ",";
    }
    return text;
  }
  [[nodiscard]] std::size_t kept() { return scratch_.impl().clean->of(profile_->types().shared_tables()).size(); }

 private:
  std::shared_ptr<const Profile> profile_;
  Scratch scratch_;
  HeadScan scan_;
  Ledger ledger_;
  FindingList findings_;
};

TEST(CleanMemo, WhatIsFoundDoesNotDependOnWhatIsKnown) {
  const std::vector<HeaderField> heads[] = {
      {{"Host", "shop.example"}, {"User-Agent", "curl/8.0"}, {"Accept", "*/*"}},
      {{"User-Agent", "4111 1111 1111 1111"}, {"Accept", "*/*"}},
      {{"Accept", "*/*"}, {"X-Note", "4111 1111 1111 1111"}, {"Host", "shop.example"}},
      {{"Host", "shop%2Eexample"}, {"User-Agent", "a%40shop.example"}},
      {{"Server", "-----BEGIN PRIVATE KEY-----"}, {"Accept", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"}},
      {{"Server", "-----BEGIN PRIVATE KEY-----"}, {"Accept", "*/*"}},
      {},
      {{"Accept", ""}}};
  Bed bed(default_profile());
  for (int round = 0; round < 3; ++round) {
    for (const auto& head : heads) {
      EXPECT_EQ(bed.found(head), Bed(default_profile()).found(head)) << head.size();
    }
  }
  EXPECT_EQ(bed.kept(), 4U);  // Host twice, the browser, Accept: what has a finding or a fence, or follows one, is not
  EXPECT_NE(bed.found(heads[1]), "");
  EXPECT_NE(bed.found(heads[3]), "");
  EXPECT_NE(bed.found(heads[4]), "");
}

TEST(CleanMemo, PrivateValuesAreKnownByTheirMarksOnly) {
  Bed bed(default_profile());
  const std::vector<HeaderField> quiet = {{"Cookie", "theme=dark"}, {"X-Note", "nothing"}};
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(bed.found(quiet), "");
    EXPECT_EQ(bed.kept(), 0U);
    EXPECT_NE(bed.found({{"Cookie", "theme=dark"}, {"X-Note", "4111 1111 1111 1111"}}), "");
    EXPECT_NE(bed.found({{"Cookie", "a@shop.example"}, {"X-Note", "nothing"}}), "");
    EXPECT_NE(
        bed.found({{"X-Note", "nothing-----BEGIN PRIVATE KEY-----"}, {"X-More", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"}}),
        "");
  }
}

TEST(CleanMarks, AreOfNameAndValueAndOfOneProcess) {
  CleanMarks marks;
  const auto mark = marks.mark_of("x-note", "quiet");
  EXPECT_FALSE(marks.holds(mark));
  marks.keep(mark);
  EXPECT_TRUE(marks.holds(mark));
  EXPECT_EQ(marks.mark_of("x-note", "quiet"), mark);
  EXPECT_NE(marks.mark_of("x-not", "equiet"), mark);
  EXPECT_NE(marks.mark_of("quiet", "x-note"), mark);
  EXPECT_NE(CleanMarks().mark_of("x-note", "quiet"), mark);
  EXPECT_EQ(marks.mark_of("x", std::string(CleanMarks::kMostValueBytes + 1, 'a')), CleanMarks::kNone);
  EXPECT_FALSE(marks.holds(CleanMarks::kNone));
}

TEST(CleanMarks, TheNewestStayAndTheirNumberIsBounded) {
  CleanMarks marks;
  std::size_t held = 0;
  for (int i = 0; i < 100'000; ++i) {
    marks.keep(marks.mark_of("x", std::to_string(i)));
    EXPECT_TRUE(marks.holds(marks.mark_of("x", std::to_string(i))));
  }
  for (int i = 0; i < 100'000; ++i) {
    held += marks.holds(marks.mark_of("x", std::to_string(i))) ? 1 : 0;
  }
  EXPECT_LE(held, CleanMarks::kPlaces);
}

TEST(CleanMemo, IsNotUsedWithPatternsOfTheUsersOwn) {
  config::DlpCustomType custom;
  custom.name = {"STAFF", "test"};
  custom.pattern = {R"(EMP-[0-9]{6})", "test"};
  custom.match = {"EMP-123456"};
  Bed bed(default_profile({custom}));
  EXPECT_EQ(bed.found({{"Accept", "*/*"}}), "");
  EXPECT_EQ(bed.kept(), 0U);
}

}  // namespace
}  // namespace gabion::inspect::dlp
