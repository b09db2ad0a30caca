// What happens in a watched folder is told once it has settled, whoever did it and however.
#include "proxy/server/file_watch.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/proxy/tls/certificates.h"

namespace gabion::proxy {
namespace {

namespace fs = std::filesystem;
using tls::TestFolder;

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    auto made = FileWatch::create(io_, [this] { ++told_; });
    EXPECT_TRUE(made.has_value());
    watch_ = std::move(*made);
  }
  ~FileWatchTest() override { watch_->stop(); }

  /// Whether something is told within a few seconds; forgets it.
  bool is_told() {
    io_.restart();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (told_ == 0 && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_until(deadline);
    }
    return std::exchange(told_, 0) > 0;
  }

  boost::asio::io_context io_{1};
  std::unique_ptr<FileWatch> watch_;
  TestFolder folder_;
  int told_ = 0;
};

TEST_F(FileWatchTest, AWrittenFile) {
  watch_->watch({folder_.path()});
  folder_.write("a.yaml", "1");
  EXPECT_TRUE(is_told());
}

TEST_F(FileWatchTest, TheSymlinkSwapOfKubernetes) {
  fs::create_directories(folder_.path() / "..one");
  fs::create_directories(folder_.path() / "..two");
  fs::create_directory_symlink("..one", folder_.path() / "..data");
  watch_->watch({folder_.path()});
  fs::create_directory_symlink("..two", folder_.path() / "..data_tmp");
  fs::rename(folder_.path() / "..data_tmp", folder_.path() / "..data");
  EXPECT_TRUE(is_told());
}

TEST_F(FileWatchTest, AFolderThatWasReplacedIsWatchedAgain) {
  const fs::path policy = folder_.path() / "policy";
  fs::create_directories(policy);
  watch_->watch({policy});
  fs::remove_all(policy);
  fs::create_directories(policy);
  ASSERT_TRUE(is_told());
  folder_.write("policy/a.yaml", "1");
  EXPECT_TRUE(is_told());
}

TEST_F(FileWatchTest, AFolderThatWasMovedAwayIsLeftForTheOneInItsPlace) {
  const fs::path policy = folder_.path() / "policy";
  fs::create_directories(policy);
  fs::create_directories(folder_.path() / "next");
  watch_->watch({policy});
  fs::rename(policy, folder_.path() / "before");
  fs::rename(folder_.path() / "next", policy);
  ASSERT_TRUE(is_told());
  folder_.write("policy/a.yaml", "1");
  EXPECT_TRUE(is_told());
}

TEST_F(FileWatchTest, AFolderThatComesLaterIsFoundByRenew) {
  const fs::path policy = folder_.path() / "policy";
  watch_->watch({policy});
  fs::create_directories(policy);
  watch_->renew();
  folder_.write("policy/a.yaml", "1");
  EXPECT_TRUE(is_told());
}

}  // namespace
}  // namespace gabion::proxy
