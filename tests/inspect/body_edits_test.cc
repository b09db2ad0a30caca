// Edits of a body: their order, their union, and that no cut of the body changes what leaves.
#include "inspect/body_edits.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace gabion::inspect {
namespace {

struct Wish {
  std::uint64_t offset;
  std::uint32_t length;
  std::string_view text;
  std::uint16_t author = 1;
};

/// Sends `body` in windows that end at `cuts`; every wish is uttered in the first window that holds all of it, and what
/// somebody may still wish for is held.
std::string leave(std::string_view body, const std::vector<Wish>& wishes, const std::vector<std::size_t>& cuts) {
  EditList edits;
  std::string out;
  std::vector<bool> uttered(wishes.size());
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    edits.begin_window(begin, cut);
    std::uint64_t release = cut;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      const Wish& wish = wishes[i];
      if (!uttered[i] && wish.offset + wish.length <= cut && (wish.offset < cut || cut == body.size())) {
        edits.set_author(wish.author);
        EXPECT_TRUE(edits.replace(wish.offset, wish.length, wish.text));
        uttered[i] = true;
      } else if (!uttered[i]) {
        release = std::min(release, wish.offset);
      }
    }
    const auto part = cut == body.size() ? EditList::Part::kLast : EditList::Part::kMiddle;
    const auto end = static_cast<std::size_t>(edits.settle(std::max<std::uint64_t>(release, begin), part));
    edits.write(body.substr(begin, end - begin), begin, [&](std::string_view piece) { out.append(piece); });
    begin = end;
  }
  EXPECT_EQ(begin, body.size());
  EXPECT_FALSE(edits.failed());
  return out;
}

struct Case {
  std::string_view what;
  std::vector<Wish> wishes;
  std::string_view expected;
};

const std::string_view kBody = "0123456789abcdef";

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases{
      {"nothing", {}, "0123456789abcdef"},
      {"shorter", {{2, 4, "x"}}, "01x6789abcdef"},
      {"longer", {{2, 1, "[CARD]"}}, "01[CARD]3456789abcdef"},
      {"removed", {{0, 10, ""}}, "abcdef"},
      {"everything", {{0, 16, "-"}}, "-"},
      {"inserted", {{0, 0, "<"}, {8, 0, "|"}, {16, 0, ">"}}, "<01234567|89abcdef>"},
      {"next to each other", {{2, 2, "x"}, {4, 2, "y"}}, "01xy6789abcdef"},
      {"overlap: the first one's text for both", {{2, 4, "x", 2}, {4, 4, "y", 1}}, "01x89abcdef"},
      {"overlap in three", {{2, 4, "x"}, {5, 4, "y"}, {8, 2, "z"}}, "01xabcdef"},
      {"overlap of two that keep the length: so do both", {{2, 4, "wxyz"}, {4, 4, "WXYZ"}}, "01wxyzYZ89abcdef"},
      {"one inside another", {{2, 8, "x", 2}, {4, 2, "y", 1}}, "01xabcdef"},
      {"the same place: the first detector's", {{2, 3, "x", 2}, {2, 5, "y", 1}}, "01y789abcdef"},
  };
  return kCases;
}

TEST(BodyEdits, LeaveTheSameHoweverTheBodyIsCut) {
  for (const Case& tested : cases()) {
    EXPECT_EQ(leave(kBody, tested.wishes, {kBody.size()}), tested.expected) << tested.what;
    for (std::size_t cut = 0; cut <= kBody.size(); ++cut) {
      EXPECT_EQ(leave(kBody, tested.wishes, {cut, kBody.size()}), tested.expected) << tested.what << " cut at " << cut;
    }
    std::vector<std::size_t> each;
    for (std::size_t i = 1; i <= kBody.size(); ++i) {
      each.push_back(i);
    }
    EXPECT_EQ(leave(kBody, tested.wishes, each), tested.expected) << tested.what << " byte by byte";
  }
}

TEST(BodyEdits, RandomWishesDoNotDependOnTheCut) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Wish> wishes;
    for (unsigned i = 0, count = random() % 6; i < count; ++i) {
      const std::uint32_t offset = random() % kBody.size();
      const std::uint32_t length = 1 + random() % (kBody.size() - offset);
      wishes.push_back({offset, length, kBody.substr(random() % 8, random() % 8), static_cast<std::uint16_t>(i)});
    }
    const std::string whole = leave(kBody, wishes, {kBody.size()});
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < kBody.size(); ++i) {
      if (random() % 2 == 0) {
        cuts.push_back(i);
      }
    }
    cuts.push_back(kBody.size());
    ASSERT_EQ(leave(kBody, wishes, cuts), whole) << "round " << round;
  }
}

TEST(BodyEdits, WhatIsNotInTheWindowFails) {
  const Wish outside[] = {{9, 1, ""}, {19, 2, ""}, {21, 0, ""}, {~0ULL, 4, ""}};
  for (const Wish& wish : outside) {
    EditList edits;
    edits.begin_window(10, 20);
    EXPECT_FALSE(edits.replace(wish.offset, wish.length, wish.text)) << wish.offset;
    EXPECT_TRUE(edits.failed());
    EXPECT_FALSE(edits.replace(10, 1, "x")) << "a list that failed takes nothing more";
    edits.clear();
    edits.begin_window(10, 20);
    EXPECT_TRUE(edits.replace(10, 10, "x"));
  }
}

TEST(BodyEdits, IsBounded) {
  EditList many;
  many.begin_window(0, 100'000);
  for (std::size_t i = 0; i < EditList::kMaxEdits; ++i) {
    ASSERT_TRUE(many.replace(i, 1, ""));
  }
  EXPECT_FALSE(many.replace(50'000, 1, ""));
  EXPECT_TRUE(many.failed());

  EditList large;
  large.begin_window(0, 100);
  const std::string text(EditList::kMaxTextBytes, 'x');
  EXPECT_TRUE(large.replace(0, 1, text));
  EXPECT_FALSE(large.replace(2, 1, "y"));
}

TEST(BodyEdits, AStreamThatAlwaysHasOnePendingDoesNotFillUp) {
  EditList edits;
  const std::string text(1000, 'x');
  std::uint64_t at = 0;
  for (int i = 0; i < 1000; ++i) {
    edits.begin_window(at, at + 20);
    ASSERT_TRUE(edits.replace(at + 9, 2, text)) << at;  // always across what is released
    ASSERT_EQ(edits.settle(at + 10, EditList::Part::kMiddle), at + 9);
    at += 9;
  }
}

}  // namespace
}  // namespace gabion::inspect
