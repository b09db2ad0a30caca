// When a configuration is read again, and what remains in force when it cannot be.
#include "proxy/server/reloader.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <optional>
#include <string>
#include <utility>

#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy {
namespace {

using When = Reloader::When;

std::string config_with(const std::string& extra, const std::string& policy = "policy") {
  return "apiVersion: gabion.dev/v1alpha1\nkind: Proxy\nworkload: {namespace: shop, pod: web-0}\n"
         "policy: {directory: " +
         policy +
         "}\ninspection: {profiles: {default: {attacks: off, paymentCards: off}}}\n"
         "inbound: [{listen: '127.0.0.1:18080', port: 8080, protocol: http, target: '127.0.0.1:9', tls: DISABLE}]\n" +
         extra;
}

const std::string kPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-0, namespace: shop}\n";
const std::string kNamespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

class ReloaderTest : public ::testing::Test {
 protected:
  ReloaderTest() {
    std::filesystem::create_directories(folder_.path() / "policy");
    folder_.write("policy/pod.yaml", kPod);
    folder_.write("policy/namespace.yaml", kNamespace);
    folder_.write("gabion.yaml", config_with(""));
    const auto first = reloader_.load_first();
    EXPECT_TRUE(first.has_value()) << first.error().front().to_string();
  }

  /// Runs what was asked for until nothing is left to do.
  void settle() {
    const auto done = [this] { return installed_ + refused_ >= expected_; };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto guard = boost::asio::make_work_guard(io_);
    io_.restart();
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_for(std::chrono::milliseconds(20));
    }
    io_.run_for(std::chrono::milliseconds(100));  // one that nobody expects would come now
  }
  /// How many snapshots were installed and how many attempts refused after `attempts` of them.
  std::pair<int, int> after(int attempts) {
    expected_ += attempts;
    settle();
    return {installed_, refused_};
  }

  void install(const Snapshot& loaded, const Reloader::Installed& done) {
    if (!takes_) {
      done(config::Errors{{"the port is taken", ""}});
      return;
    }
    ++installed_;
    generation_ = loaded.generation;
    if (written_meanwhile_) {
      folder_.write(*std::exchange(written_meanwhile_, std::nullopt), "# late\n");
    }
    done({});
  }

  tls::TestFolder folder_;
  boost::asio::io_context io_{1};
  int installed_ = 0;
  int refused_ = 0;
  int expected_ = 0;
  bool takes_ = true;
  std::optional<std::string> written_meanwhile_;  // by somebody, between a reading and its end
  std::uint64_t generation_ = 1;
  Reloader reloader_{io_,
                     folder_.path() / "gabion.yaml",
                     {[this](const std::shared_ptr<const Snapshot>& loaded, Reloader::Installed done) {
                        // Later, as when workers are asked first.
                        boost::asio::post(io_, [this, loaded, done = std::move(done)] { install(*loaded, done); });
                      },
                      [this](const config::Errors& /*errors*/) { ++refused_; }}};
};

TEST_F(ReloaderTest, NothingChangedNothingDone) {
  reloader_.request(When::kIfChanged);
  reloader_.request(When::kIfChangedOrRefused);
  EXPECT_EQ(after(0), std::pair(0, 0));
}

TEST_F(ReloaderTest, AForcedRequestDuringACompilationIsNotDropped) {
  reloader_.request(When::kAlways);
  reloader_.request(When::kIfChanged);
  reloader_.request(When::kAlways);
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(2), std::pair(2, 0));
  EXPECT_EQ(generation_, 3U);
}

TEST_F(ReloaderTest, AChangedManifestIsReadOnce) {
  folder_.write("policy/more.yaml", "# nothing\n");
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(1), std::pair(1, 0));
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(0), std::pair(1, 0));
}

/// It was described by the files of the configuration before it, and so read twice.
TEST_F(ReloaderTest, AnotherPolicyFolderIsReadOnceAndWatched) {
  std::filesystem::create_directories(folder_.path() / "other");
  folder_.write("other/pod.yaml", kPod);
  folder_.write("other/namespace.yaml", kNamespace);
  folder_.write("gabion.yaml", config_with("", "other"));
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(1), std::pair(1, 0));
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(0), std::pair(1, 0));
  EXPECT_TRUE(reloader_.folders().contains(folder_.path() / "other"));
}

/// Nobody watched the new folder while it was read: the change was noticed a minute later.
TEST_F(ReloaderTest, AChangeBetweenAReadingAndItsEndIsSeen) {
  std::filesystem::create_directories(folder_.path() / "other");
  folder_.write("other/pod.yaml", kPod);
  folder_.write("other/namespace.yaml", kNamespace);
  folder_.write("gabion.yaml", config_with("", "other"));
  written_meanwhile_ = "other/late.yaml";
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(2), std::pair(2, 0));
}

TEST_F(ReloaderTest, WhatIsRefusedIsTriedAgainWhenItsOwnFilesChange) {
  std::filesystem::create_directories(folder_.path() / "other");
  folder_.write("other/pod.yaml", "kind: [\n");
  folder_.write("gabion.yaml", config_with("", "other"));
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(1), std::pair(0, 1));
  EXPECT_TRUE(reloader_.folders().contains(folder_.path() / "other"));
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(0), std::pair(0, 1));
  folder_.write("other/pod.yaml", kPod);
  folder_.write("other/namespace.yaml", kNamespace);
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(1), std::pair(1, 1));
  EXPECT_EQ(generation_, 2U);
}

/// A port that was taken is free a minute later; a certificate of tomorrow becomes valid. No file changes then.
TEST_F(ReloaderTest, WhatCouldNotBeInstalledIsTriedAgainAtTheNextLook) {
  takes_ = false;
  reloader_.request(When::kAlways);
  EXPECT_EQ(after(1), std::pair(0, 1));
  reloader_.request(When::kIfChanged);
  reloader_.request(When::kIfChangedOrRefused);  // refused as before: not told again
  EXPECT_EQ(after(0), std::pair(0, 1));
  reloader_.request(When::kAlways);
  EXPECT_EQ(after(1), std::pair(0, 2));
  takes_ = true;
  reloader_.request(When::kIfChangedOrRefused);
  EXPECT_EQ(after(1), std::pair(1, 2));
  EXPECT_EQ(generation_, 2U);
  reloader_.request(When::kIfChangedOrRefused);
  EXPECT_EQ(after(0), std::pair(1, 2));
}

class ColdReloaderTest : public ReloaderTest {
 protected:
  void SetUp() override {
    folder_.write("rules.conf", "SecRule ARGS \"@rx ab+c\" \"id:1,phase:2,deny\"\n");
    auto text = config_with("");
    const std::string plain = "paymentCards: off}}}";
    text.replace(text.find(plain), plain.size(),
                 "paymentCards: off, waf: {rules: mine}}}, waf: {mine: {entry: rules.conf}}}");
    folder_.write("gabion.yaml", text);
    const auto first = cold_.load_first();
    ASSERT_TRUE(first.has_value()) << first.error().front().to_string();
    last_ = *first;
  }

  std::shared_ptr<const Snapshot> last_;
  Reloader cold_{io_,
                 folder_.path() / "gabion.yaml",
                 {[this](const std::shared_ptr<const Snapshot>& loaded, const Reloader::Installed& done) {
                    last_ = loaded;
                    ++installed_;
                    done({});
                  },
                  [this](const config::Errors& /*errors*/) { ++refused_; }}};
};

TEST_F(ColdReloaderTest, WhatTheStartLacksComesAsOneMoreSnapshot) {
  EXPECT_TRUE(last_->inspection->is_provisional());
  cold_.request(When::kIfChanged);
  cold_.request(When::kIfChanged);
  EXPECT_EQ(after(1), std::pair(1, 0));
  EXPECT_FALSE(last_->inspection->is_provisional());
  EXPECT_EQ(last_->generation, 2U);
  cold_.request(When::kIfChanged);
  EXPECT_EQ(after(0), std::pair(1, 0));
}

TEST_F(ColdReloaderTest, RulesThatChangeMeanwhileAreInForceAndCompletedThemselves) {
  cold_.request(When::kIfChanged);
  folder_.write("rules.conf", "SecRule ARGS \"@rx bc+d\" \"id:2,phase:2,deny\"\n");
  cold_.request(When::kIfChanged);
  expected_ = 2;
  settle();
  EXPECT_EQ(refused_, 0);
  for (int more = 0; last_->inspection->is_provisional() && more < 3; ++more) {
    ++expected_;
    settle();
  }
  EXPECT_FALSE(last_->inspection->is_provisional());
}

TEST_F(ReloaderTest, AManifestRewrittenWithItsOldTimeIsSeen) {
  const auto file = folder_.path() / "policy/namespace.yaml";
  const auto time = std::filesystem::last_write_time(file);
  std::string text = kNamespace;
  text.replace(text.find("name: shop"), 10, "name: mall");
  folder_.write("policy/namespace.yaml", text);
  std::filesystem::last_write_time(file, time);
  reloader_.request(When::kIfChanged);
  EXPECT_EQ(after(1).first + refused_, 1);
}

}  // namespace
}  // namespace gabion::proxy
