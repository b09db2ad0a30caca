// The sinks: what goes where, what is dropped, and that nobody waits.
#include "proxy/admin/json_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace gabion::proxy {
namespace {

class LogSinksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "gabion-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }

  [[nodiscard]] std::vector<std::string> lines_of(const std::string& name) const {
    std::ifstream file(folder_ / name);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  /// Access and audit logs as files of that name, or "off".
  [[nodiscard]] config::LogConfig logs(const std::string& access, const std::string& audit) const {
    config::LogConfig config;
    config.access = access == "off" ? access : path(access);
    config.audit = audit == "off" ? audit : path(audit);
    return config;
  }

  std::filesystem::path folder_;
};

ExchangeRecord denied_record(const inspect::Verdict& verdict) {
  ExchangeRecord record;
  record.method = "GET";
  record.path = "/";
  record.reason = Reason::kPolicyDenied;
  record.verdict = &verdict;
  return record;
}

inspect::Verdict denial() {
  inspect::Verdict verdict;
  verdict.reason = inspect::Reason::kPolicyDenied;
  return verdict;
}

TEST_F(LogSinksTest, WritesToTheFileOfThatNameAfterItWasMovedAway) {
  auto sinks = LogSinks::open(logs("log", "log"), 16, "off");
  ASSERT_TRUE(sinks.has_value());
  const auto wait_for = [&](const std::string& name, std::size_t lines) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (lines_of(name).size() < lines && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return lines_of(name).size();
  };
  (*sinks)->access(ExchangeRecord{});
  ASSERT_EQ(wait_for("log", 1), 1U);
  std::filesystem::rename(folder_ / "log", folder_ / "log.1");
  (*sinks)->access(ExchangeRecord{});
  ASSERT_EQ(wait_for("log.1", 2), 2U);
  EXPECT_TRUE((*sinks)->reopen().empty());
  (*sinks)->access(ExchangeRecord{});
  (*sinks)->audit(ConnectionEvent{});
  EXPECT_EQ(wait_for("log", 2), 2U);
  EXPECT_EQ(lines_of("log.1").size(), 2U);
}

TEST_F(LogSinksTest, KeepsTheFileWhenItCannotBeOpenedAgain) {
  std::filesystem::create_directory(folder_ / "sub");
  auto sinks = LogSinks::open(logs("sub/log", "off"), 16, "off");
  ASSERT_TRUE(sinks.has_value());
  std::filesystem::rename(folder_ / "sub", folder_ / "moved");
  std::ofstream(folder_ / "sub") << "no folder";
  const auto errors = (*sinks)->reopen();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors.front().where, path("sub/log"));
  (*sinks)->access(ExchangeRecord{});
  sinks = LogSinks::open(logs("off", "off"), 16, "off");  // the end of the first ones writes what is queued
  EXPECT_EQ(lines_of("moved/log").size(), 1U);
}

TEST_F(LogSinksTest, WritesEachLogToItsFile) {
  const inspect::Verdict verdict = denial();
  {
    auto sinks = LogSinks::open(logs("access", "audit"), 16, path("events"));
    ASSERT_TRUE(sinks.has_value());
    (*sinks)->access(ExchangeRecord{});
    (*sinks)->access(denied_record(verdict));
    (*sinks)->audit(ExchangeRecord{});  // nothing worth keeping
    (*sinks)->audit(denied_record(verdict));
    (*sinks)->audit(ConnectionEvent{});
    (*sinks)->log(config::LogLevel::kInfo, "listening", {{"address", "127.0.0.1:1"}});
  }
  EXPECT_EQ(lines_of("access").size(), 2U);
  ASSERT_EQ(lines_of("audit").size(), 2U);
  EXPECT_NE(lines_of("audit")[0].find(R"("event":"exchange")"), std::string::npos);
  EXPECT_NE(lines_of("audit")[1].find(R"("event":"connection")"), std::string::npos);
  ASSERT_EQ(lines_of("events").size(), 1U);
  EXPECT_NE(lines_of("events")[0].find(R"("message":"listening","address":"127.0.0.1:1"})"), std::string::npos);
}

TEST_F(LogSinksTest, AppendsToAFileThatExists) {
  std::ofstream(folder_ / "access") << "before\n";
  {
    auto sinks = LogSinks::open(logs("access", "off"), 16, "off");
    ASSERT_TRUE(sinks.has_value());
    (*sinks)->access(ExchangeRecord{});
  }
  ASSERT_EQ(lines_of("access").size(), 2U);
  EXPECT_EQ(lines_of("access")[0], "before");
}

TEST_F(LogSinksTest, WritesNothingWhenOff) {
  const inspect::Verdict verdict = denial();
  auto sinks = LogSinks::open(logs("off", "off"), 16, "off");
  ASSERT_TRUE(sinks.has_value());
  (*sinks)->access(ExchangeRecord{});
  (*sinks)->audit(denied_record(verdict));
  (*sinks)->audit(ConnectionEvent{});
  (*sinks)->log(config::LogLevel::kError, "lost");
  EXPECT_EQ((*sinks)->dropped(), 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(LogSinksTest, ChangesTheLevelOfEventsAtRunTime) {
  {
    auto sinks = LogSinks::open(logs("off", "off"), 16, path("events"));
    ASSERT_TRUE(sinks.has_value());
    EXPECT_EQ((*sinks)->level(), config::LogLevel::kInfo);
    (*sinks)->log(config::LogLevel::kDebug, "too early");
    (*sinks)->set_level(config::LogLevel::kDebug);
    (*sinks)->log(config::LogLevel::kDebug, "details");
    (*sinks)->set_level(config::LogLevel::kError);
    (*sinks)->log(config::LogLevel::kWarn, "too late");
  }
  ASSERT_EQ(lines_of("events").size(), 1U);
  EXPECT_NE(lines_of("events")[0].find("details"), std::string::npos);
}

TEST_F(LogSinksTest, SaysWhichFileCannotBeOpened) {
  std::ofstream(folder_ / "file") << "";
  const auto sinks = LogSinks::open(logs("file/below", "off"), 16, "off");
  ASSERT_TRUE(sinks.has_error());
  EXPECT_NE(sinks.error().to_string().find("file/below"), std::string::npos);
}

TEST_F(LogSinksTest, KeepsLinesWholeWhenManyThreadsShareAFile) {
  constexpr int kThreads = 4;
  constexpr int kLines = 200;
  const inspect::Verdict verdict = denial();
  {
    auto sinks = LogSinks::open(logs("shared", "shared"), kThreads * kLines, "off");
    ASSERT_TRUE(sinks.has_value());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&logs = **sinks, &verdict] {
        for (int i = 0; i < kLines; ++i) {
          logs.access(denied_record(verdict));
          logs.audit(denied_record(verdict));
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
    EXPECT_EQ((*sinks)->dropped(), 0U);
  }
  const std::vector<std::string> lines = lines_of("shared");
  EXPECT_EQ(lines.size(), 2U * kThreads * kLines);
  for (const std::string& line : lines) {
    ASSERT_EQ(line.compare(0, 8, R"({"log":")"), 0) << line;
    ASSERT_EQ(line.back(), '}') << line;
  }
}

/// A reader that stands still until told: its pipe fills, and with it whatever waits behind.
class StuckReader {
 public:
  explicit StuckReader(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~StuckReader() { ::close(fd_); }
  StuckReader(const StuckReader&) = delete;
  StuckReader& operator=(const StuckReader&) = delete;

  void drain_until(const std::atomic<bool>& done) const {
    std::array<char, 4096> bytes{};
    while (!done.load()) {
      if (::read(fd_, bytes.data(), bytes.size()) <= 0) {
        std::this_thread::yield();
      }
    }
  }

 private:
  int fd_;
};

TEST_F(LogSinksTest, DropsAndCountsInsteadOfWaitingForASlowReader) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const StuckReader reader(path("pipe"));
  constexpr std::uint32_t kQueue = 8;
  constexpr std::uint64_t kLines = 2'000;  // a few hundred bytes each: far more than a pipe holds
  std::atomic<bool> done{false};
  auto opened = LogSinks::open(logs("pipe", "audit"), kQueue, "off");
  ASSERT_TRUE(opened.has_value());
  std::unique_ptr<LogSinks> sinks = std::move(*opened);
  for (std::uint64_t i = 0; i < kLines; ++i) {
    sinks->access(ExchangeRecord{});  // returns although nobody reads
  }
  EXPECT_GT(sinks->dropped(), kLines / 2);
  const inspect::Verdict verdict = denial();
  sinks->audit(denied_record(verdict));  // has a queue of its own
  std::thread draining([&reader, &done] { reader.drain_until(done); });
  sinks.reset();
  done = true;
  draining.join();
  EXPECT_EQ(lines_of("audit").size(), 1U);
}

}  // namespace
}  // namespace gabion::proxy
