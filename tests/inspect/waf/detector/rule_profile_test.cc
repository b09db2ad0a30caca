// A compiled rule set is kept while nothing it rests on has changed, and no longer.
#include "inspect/waf/detector/rule_profile.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

namespace gabion::inspect::waf {
namespace {

namespace fs = std::filesystem;

class RuleProfileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) / ("profile" + std::to_string(std::random_device{}()));
    fs::create_directories(folder_ / "more");
    write("entry.conf", "Include rules.conf\nInclude more/*.conf\nIncludeOptional later.conf\n");
    write("rules.conf", rule(1));
    write("more/a.conf", rule(2));
    config_.name = "mine";
    config_.entry = folder_ / "entry.conf";
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// As editors and Kubernetes do: another inode.
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / "new") << text;
    fs::rename(folder_ / "new", folder_ / name);
  }
  static std::string rule(int id) {
    return "SecRule ARGS \"@contains x" + std::to_string(id) + "\" \"id:" + std::to_string(id) + ",phase:2,deny\"\n";
  }
  std::shared_ptr<const RuleProfile> compile() {
    auto compiled = compile_rule_profiles({&config_, 1}, {}, last_, databases_);
    EXPECT_TRUE(compiled.has_value()) << compiled.error().front().to_string();
    last_ = std::move(*compiled);
    return last_.front();
  }
  bool has_rule(std::uint32_t id) { return compile()->name_of(id) == std::to_string(id); }

  fs::path folder_;
  config::WafConfig config_;
  RuleProfiles last_;
  plan::Options::Databases databases_ = plan::Options::Databases::kComplete;
};

TEST_F(RuleProfileTest, IsKeptWhileNothingChanges) {
  const auto first = compile();
  EXPECT_EQ(compile(), first);
  EXPECT_EQ(compile(), first);
}

TEST_F(RuleProfileTest, FollowsWhateverItRestsOn) {
  compile();
  write("rules.conf", rule(3));
  EXPECT_TRUE(has_rule(3));
  EXPECT_FALSE(has_rule(1));
  write("more/b.conf", rule(4));
  EXPECT_TRUE(has_rule(4)) << "a new file under a pattern";
  fs::remove(folder_ / "more/a.conf");
  EXPECT_FALSE(has_rule(2));
  write("later.conf", rule(5));
  EXPECT_TRUE(has_rule(5)) << "an optional file that came";
  config_.exclusions = {{5, 5, "", "", ""}};
  EXPECT_FALSE(has_rule(5)) << "the configuration changed";
}

constexpr const char* kExpression = "SecRule ARGS \"@rx ab+c\" \"id:6,phase:2,deny\"\n";

TEST_F(RuleProfileTest, AQuickOneIsCompletedBesideAndTakenUpWhileItsFilesAreTheSame) {
  write("rules.conf", kExpression);
  databases_ = plan::Options::Databases::kQuick;
  const auto quick = compile();
  EXPECT_FALSE(quick->plan->is_complete());
  EXPECT_EQ(compile(), quick) << "the quick one holds until the other is there";
  const auto completed = complete_rule_profiles(last_, {}, {});
  ASSERT_TRUE(completed.has_value());
  ASSERT_EQ(completed->size(), 1U);
  EXPECT_TRUE(completed->front()->plan->is_complete());
  last_.insert(last_.begin(), completed->front());
  EXPECT_EQ(compile(), completed->front());
  write("rules.conf", rule(7));
  EXPECT_TRUE(has_rule(7)) << "rules that changed meanwhile are not covered by the older ones";
}

TEST_F(RuleProfileTest, WhatIsCachedIsCompleteAtOnce) {
  write("rules.conf", kExpression);
  const auto cache = folder_ / "cache";
  ASSERT_TRUE(compile_rule_profiles({&config_, 1}, cache, {}, plan::Options::Databases::kComplete).has_value());
  const auto quick = compile_rule_profiles({&config_, 1}, cache, {}, plan::Options::Databases::kQuick);
  ASSERT_TRUE(quick.has_value());
  EXPECT_TRUE(quick->front()->plan->is_complete());
  const auto completed = complete_rule_profiles(*quick, cache, {});
  ASSERT_TRUE(completed.has_value());
  EXPECT_TRUE(completed->empty());
}

TEST_F(RuleProfileTest, ACompletionThatIsStoppedIsAnError) {
  write("rules.conf", kExpression);
  databases_ = plan::Options::Databases::kQuick;
  compile();
  std::stop_source source;
  source.request_stop();
  const auto completed = complete_rule_profiles(last_, {}, source.get_token());
  ASSERT_TRUE(completed.has_error());
  EXPECT_EQ(completed.error().front().what, "the compilation was stopped");
}

}  // namespace
}  // namespace gabion::inspect::waf
