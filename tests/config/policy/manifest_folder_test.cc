// A folder read again: pods alone are told as pods, anything else as everything.
#include "config/policy/manifest_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "config/file_stamp.h"

namespace gabion::config::policy {
namespace {

namespace fs = std::filesystem;

std::string pod(const std::string& name, const std::string& address, const std::string& uid = "") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: shop" +
         (uid.empty() ? "" : ", uid: " + uid) + "}\nstatus: {podIPs: [{ip: " + address + "}]}\n---\n";
}

constexpr std::string_view kPolicy =
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\n"
    "spec: {podSelector: {}}\n";

class ManifestFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(::testing::TempDir()) / ("folder" + std::to_string(std::random_device{}()));
    fs::create_directories(directory_);
    folder_.emplace(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  /// As a file that was written a while ago.
  void write(const std::string& name, std::string_view text) { std::ofstream(directory_ / name) << text; }

  /// "everything", or "-name/uid" and "+name/uid" of what changed.
  std::string read() {
    auto result = folder_->read();
    if (!result) {
      return "error: " + result.error().front().to_string();
    }
    if (const auto* all = std::get_if<kube::Objects>(&*result)) {
      return "everything " + std::to_string(all->pods.size());
    }
    std::string text;
    const auto& changes = std::get<PodChanges>(*result);
    for (const auto& [name, uid] : changes.removed) {
      text += "-" + name.name + "/" + uid + " ";
    }
    for (const auto& put : changes.put) {
      text += "+" + put.name.name + "/" + put.uid + " ";
    }
    return text;
  }

  /// Until the kernel's clock has moved on from the last write.
  void settle() {
    while (!fs::is_empty(directory_) && !all_settled()) {
    }
  }
  bool all_settled() const {
    for (const auto& entry : fs::directory_iterator(directory_)) {
      if (settled_file_stamp(entry.path()).empty()) {
        return false;
      }
    }
    return true;
  }

  fs::path directory_;
  std::optional<ManifestFolder> folder_;
};

TEST_F(ManifestFolderTest, WhatDidNotChangeIsNotReadAgain) {
  write("pods.yaml", pod("a", "10.0.0.1"));
  write("policy.yaml", kPolicy);
  settle();
  EXPECT_EQ(read(), "everything 1");
  EXPECT_EQ(read(), "");
}

TEST_F(ManifestFolderTest, PodsThatComeChangeAndGoAreToldAlone) {
  write("policy.yaml", kPolicy);
  write("a.yaml", pod("a", "10.0.0.1", "u1"));
  settle();
  EXPECT_EQ(read(), "everything 1");
  write("b.yaml", pod("b", "10.0.0.2", "u2") + pod("c", "10.0.0.3", "u3"));
  EXPECT_EQ(read(), "+b/u2 +c/u3 ");
  write("b.yaml", pod("c", "10.0.0.3", "u4"));
  settle();
  EXPECT_EQ(read(), "-b/u2 +c/u4 ");
  EXPECT_EQ(read(), "");
  fs::remove(directory_ / "a.yaml");
  EXPECT_EQ(read(), "-a/u1 ");
}

TEST_F(ManifestFolderTest, AFileWrittenThisInstantIsReadOnceMore) {
  write("policy.yaml", kPolicy);
  settle();
  write("a.yaml", pod("a", "10.0.0.1"));
  EXPECT_EQ(read(), "everything 1");
  EXPECT_EQ(read(), "+a/ ");
}

TEST_F(ManifestFolderTest, MoreThanPodsIsEverything) {
  struct Case {
    std::string name;
    std::string file;
    std::string text;
    std::string told;
  };
  const std::vector<Case> cases{
      {"PolicyChanged", "policy.yaml", std::string(kPolicy) + "# ", "everything 1"},
      {"PolicyBesideAPod", "a.yaml", pod("a", "10.0.0.1") + std::string(kPolicy), "error: policy.yaml:1"},
      {"Namespace", "n.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n", "everything 1"},
      {"OtherKind", "x.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", "everything 1"},
      {"PodTwice", "b.yaml", pod("a", "10.0.0.9"), "error: b.yaml:1"},
      {"Malformed", "b.yaml", "kind: [", "error: b.yaml:"},
  };
  for (const auto& tested : cases) {
    SCOPED_TRACE(tested.name);
    TearDown();
    SetUp();
    write("policy.yaml", kPolicy);
    write("a.yaml", pod("a", "10.0.0.1"));
    settle();
    EXPECT_EQ(read(), "everything 1");
    write(tested.file, tested.text);
    settle();
    EXPECT_EQ(read().substr(0, tested.told.size()), tested.told);
  }
}

TEST_F(ManifestFolderTest, APolicyFileThatIsGoneIsEverything) {
  write("policy.yaml", kPolicy);
  write("a.yaml", pod("a", "10.0.0.1"));
  settle();
  EXPECT_EQ(read(), "everything 1");
  fs::remove(directory_ / "policy.yaml");
  EXPECT_EQ(read(), "everything 1");
}

TEST_F(ManifestFolderTest, AnErrorIsNotTheEndOfIt) {
  write("a.yaml", pod("a", "10.0.0.1"));
  settle();
  EXPECT_EQ(read(), "everything 1");
  write("b.yaml", "kind: [");
  EXPECT_EQ(read().substr(0, 6), "error:");
  fs::remove(directory_ / "b.yaml");
  EXPECT_EQ(read(), "everything 1");
}

TEST_F(ManifestFolderTest, ManyPodsAtOnceAreEverything) {
  write("a.yaml", pod("a", "10.0.0.1"));
  settle();
  EXPECT_EQ(read(), "everything 1");
  std::string many;
  for (std::size_t i = 0; i <= ManifestFolder::kMostChangedPods; ++i) {
    many += pod("p" + std::to_string(i), "10.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
  }
  write("many.yaml", many);
  EXPECT_EQ(read(), "everything " + std::to_string(ManifestFolder::kMostChangedPods + 2));
}

}  // namespace
}  // namespace gabion::config::policy
