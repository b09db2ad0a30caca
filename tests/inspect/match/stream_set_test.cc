// Streams against pattern sets, cut anywhere.
#include "inspect/match/stream_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gabion::inspect::match {
namespace {

using Found = std::vector<std::pair<std::uint32_t, std::uint64_t>>;

class StreamSetTest : public ::testing::Test {
 protected:
  StreamSetTest() {
    const std::vector<Pattern> patterns{
        {"union", "union\\s+select"}, {"word", "\\bid\\b"}, {"tail", "end$"}, {"long", "a[^b]{1,20}b"}};
    auto compiled = StreamSet::compile(patterns);
    EXPECT_TRUE(compiled.has_value());
    set_ = std::make_unique<StreamSet>(std::move(*compiled));
    EXPECT_TRUE(set_->prepare(scratch_).has_value());
  }

  static Found sorted(const MatchList& matches) {
    Found found;
    for (const Match& match : matches.items()) {
      found.emplace_back(match.pattern, match.end);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  Found run(Stream& stream, const std::vector<std::string_view>& pieces) {
    MatchList matches;
    EXPECT_EQ(stream.begin(), ScanStatus::kDone);
    for (const std::string_view piece : pieces) {
      EXPECT_EQ(stream.feed(piece, scratch_, matches), ScanStatus::kDone);
    }
    EXPECT_EQ(stream.finish(scratch_, matches), ScanStatus::kDone);
    return sorted(matches);
  }

  Scratch scratch_;
  std::unique_ptr<StreamSet> set_;
};

TEST_F(StreamSetTest, FindsTheSameAtEveryCut) {
  const std::vector<std::string> texts{
      "x union   select y", "id", "an id at the end", "a12345678901234567890b union\nselect", "nothing here", ""};
  Stream stream(*set_);
  for (const std::string& text : texts) {
    const std::string_view view = text;
    const Found whole = run(stream, {view});
    for (std::size_t cut = 0; cut <= view.size(); ++cut) {
      EXPECT_EQ(run(stream, {view.substr(0, cut), view.substr(cut)}), whole) << text << " cut at " << cut;
      EXPECT_EQ(run(stream, {view.substr(0, cut), "", view.substr(cut)}), whole) << text << " cut at " << cut;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < view.size(); ++i) {
      bytes.push_back(view.substr(i, 1));
    }
    EXPECT_EQ(run(stream, bytes), whole) << text;
  }
  EXPECT_EQ(run(stream, {"the ", "end"}), (Found{{2, 7}}));
}

TEST_F(StreamSetTest, BeginForgetsWhatWasFed) {
  Stream stream(*set_);
  MatchList matches;
  ASSERT_EQ(stream.begin(), ScanStatus::kDone);
  ASSERT_EQ(stream.feed("union ", scratch_, matches), ScanStatus::kDone);
  ASSERT_EQ(stream.begin(), ScanStatus::kDone);
  ASSERT_EQ(stream.feed("select", scratch_, matches), ScanStatus::kDone);
  EXPECT_TRUE(matches.empty());
}

TEST_F(StreamSetTest, ACopyContinuesWhereTheOriginalIs) {
  Stream original(*set_);
  Stream copy(*set_);
  MatchList first;
  MatchList second;
  ASSERT_EQ(original.begin(), ScanStatus::kDone);
  ASSERT_EQ(original.feed("xx union", scratch_, first), ScanStatus::kDone);
  ASSERT_EQ(copy.begin_as(original, scratch_), ScanStatus::kDone);
  ASSERT_EQ(original.feed("ized", scratch_, first), ScanStatus::kDone);
  ASSERT_EQ(copy.feed(" select", scratch_, second), ScanStatus::kDone);
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(sorted(second), (Found{{0, 15}}));
}

TEST_F(StreamSetTest, AStreamThatNeverBeganFails) {
  Stream stream(*set_);
  Stream other(*set_);
  MatchList matches;
  EXPECT_EQ(stream.feed("x", scratch_, matches), ScanStatus::kFailed);
  EXPECT_EQ(stream.finish(scratch_, matches), ScanStatus::kFailed);
  EXPECT_EQ(stream.begin_as(other, scratch_), ScanStatus::kFailed);
}

TEST_F(StreamSetTest, StreamsAreSmall) {
  EXPECT_GT(set_->stream_bytes(), 0U);
  EXPECT_LT(set_->stream_bytes(), 4096U);
}

}  // namespace
}  // namespace gabion::inspect::match
