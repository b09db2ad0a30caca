// Directories of manifests: which files count, in which order, and what makes a load fail.
#include "config/policy/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace gabion::config::policy {
namespace {

namespace fs = std::filesystem;

/// A directory of its own for each test, removed afterwards.
class LoadManifests : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        fs::path(::testing::TempDir()) / ("gabion_load_" + std::to_string(::getpid()) + "_" +
                                          std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(directory_ / name) << text; }
  static std::string pod(const std::string& name) {
    return "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"" + name + "\"}}\n";
  }

  fs::path directory_;
};

TEST_F(LoadManifests, AnEmptyDirectoryIsLegal) {
  const auto objects = load_manifests(directory_);
  ASSERT_TRUE(objects.has_value());
  EXPECT_TRUE(objects->pods.empty());
}

TEST_F(LoadManifests, ReadsManifestsSortedAndNothingElse) {
  write("b.yaml", pod("b"));
  write("a.yml", pod("a"));
  write("c.json", pod("c"));
  write("notes.txt", "{");
  fs::create_directories(directory_ / "deeper.yaml");
  const auto objects = load_manifests(directory_);
  ASSERT_TRUE(objects.has_value()) << objects.error().front().to_string();
  ASSERT_EQ(objects->pods.size(), 3U);
  EXPECT_EQ(objects->pods[0].name.name, "a");
  EXPECT_EQ(objects->pods[2].name.name, "c");
}

TEST_F(LoadManifests, FollowsTheLinksOfAMountedConfigMap) {
  fs::create_directories(directory_ / "..data");
  write("..data/p.yaml", pod("p"));
  fs::create_symlink("..data/p.yaml", directory_ / "p.yaml");
  EXPECT_EQ(load_manifests(directory_).value().pods.size(), 1U);
}

TEST_F(LoadManifests, ErrorsOfAllFilesAreReportedWithTheirNames) {
  write("a.yaml", "{");
  write("b.yaml", pod("A"));
  const auto objects = load_manifests(directory_);
  ASSERT_TRUE(objects.has_error());
  ASSERT_GE(objects.error().size(), 2U);
  EXPECT_EQ(objects.error().front().where.substr(0, 7), "a.yaml:");
  EXPECT_EQ(objects.error().back().where, "b.yaml:1:metadata.name");
}

TEST_F(LoadManifests, ABadPolicyIsARefusalNotAnError) {
  write("p.yaml", "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, spec: {form: []}}");
  const auto objects = load_manifests(directory_);
  ASSERT_TRUE(objects.has_value());
  EXPECT_EQ(objects->refusals.front().to_string(), "p.yaml:1:spec.form: unknown field (line 1)");
}

TEST_F(LoadManifests, TheSameObjectInTwoFilesIsAnError) {
  write("a.yaml", pod("a"));
  write("b.yaml", pod("a"));
  const auto objects = load_manifests(directory_);
  ASSERT_TRUE(objects.has_error());
  EXPECT_EQ(objects.error().front().to_string(), "b.yaml:1: Pod default/a is there twice, first at a.yaml:1");
}

TEST_F(LoadManifests, AMissingDirectoryOrADanglingLinkIsAnError) {
  EXPECT_TRUE(load_manifests(directory_ / "missing").has_error());
  fs::create_symlink("nowhere", directory_ / "p.yaml");
  EXPECT_TRUE(load_manifests(directory_).has_error());
}

TEST_F(LoadManifests, MoreThanTheAllowedNumberOfFilesIsAnError) {
  for (std::size_t i = 0; i <= kMaxManifestFiles; ++i) {
    write(std::to_string(i) + ".yaml", "");
  }
  EXPECT_TRUE(load_manifests(directory_).has_error());
}

}  // namespace
}  // namespace gabion::config::policy
