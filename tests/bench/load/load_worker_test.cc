// A worker against a server in the same process: it counts what happened, and a request allocates nothing.
#include "bench/load/load_worker.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
#include <thread>

#include "bench/echo/echo_server.h"
#include "proxy/net/socket.h"
#include "tests/support/malloc_count.h"

namespace gabion::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";

/// Accepts one connection after the other and answers each request head with kAnswer, until it is destroyed.
class Server {
 public:
  Server() : listener_(proxy::open_listener(config::Endpoint::parse("127.0.0.1:0").value()).value()) {
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] config::Endpoint endpoint() const { return proxy::local_endpoint(listener_); }

 private:
  void serve() {
    while (!stop_) {
      pollfd waiting{listener_, POLLIN, 0};
      ::poll(&waiting, 1, 20);
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd >= 0) {
        char bytes[4096];
        while (::recv(fd, bytes, sizeof bytes, 0) > 0 && ::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) > 0) {
        }
        ::close(fd);
      }
    }
  }

  int listener_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

Plan plan_for(const Server& server, std::uint64_t requests) {
  Plan plan;
  plan.target.endpoint = server.endpoint();
  plan.target.authority = server.endpoint().to_string();
  plan.mix = RequestMix::render({RequestSpec{}}, {plan.target.authority}).value();
  plan.connections = 1;
  plan.requests = requests;
  return plan;
}

struct Played {
  Tally tally;
  std::size_t mallocs = 0;
};

Played play(const Plan& plan) {
  const std::atomic<bool> stop{false};
  auto worker = LoadWorker::create(plan, 0, stop).value();
  const std::size_t before = test::mallocs_so_far();
  worker->open_all();
  const auto now = Clock::now();
  worker->run({now, now, now + std::chrono::seconds(20)});
  const std::size_t after = test::mallocs_so_far();
  return {worker->tally(), after - before};
}

TEST(LoadWorkerTest, CountsWhatHappened) {
  const Server server;
  const auto played = play(plan_for(server, 50));
  EXPECT_EQ(played.tally.requests, 50U);
  EXPECT_EQ(played.tally.status[200], 50U);
  EXPECT_EQ(played.tally.total_errors(), 0U);
  EXPECT_EQ(played.tally.connections_opened, 1U);
  EXPECT_EQ(played.tally.bytes_received, 50 * kAnswer.size());
  EXPECT_EQ(played.tally.latency.count(), 50U);
}

TEST(LoadWorkerTest, ARequestAllocatesNothing) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const Server server;
  const auto few = play(plan_for(server, 100));
  const auto many = play(plan_for(server, 2'100));
  EXPECT_EQ(many.tally.requests, 2'100U);
  EXPECT_GT(few.mallocs, 0U) << "the first request makes room";
  EXPECT_EQ(many.mallocs, few.mallocs);
}

TEST(LoadWorkerTest, NeitherDoesAnArrivalOfAnOpenLoop) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const Server server;
  Plan plan = plan_for(server, 100);
  plan.rate = 5'000;
  const auto few = play(plan);
  plan.requests = 1'100;
  const auto many = play(plan);
  EXPECT_EQ(many.tally.requests, 1'100U);
  EXPECT_EQ(many.tally.late.count(), 1'100U);
  EXPECT_EQ(many.mallocs, few.mallocs);
}

/// The echo service in a thread of its own, until it is destroyed.
class EchoThread {
 public:
  EchoThread() : server_(EchoServer::create(config::Endpoint::parse("127.0.0.1:0").value()).value()) {
    thread_ = std::thread([this] { server_->run(); });
  }
  ~EchoThread() {
    server_->loop().post([this] { server_->loop().stop(); });
    thread_.join();
  }
  EchoThread(const EchoThread&) = delete;
  EchoThread& operator=(const EchoThread&) = delete;

  [[nodiscard]] Plan plan(std::uint64_t requests, std::size_t bytes) const {
    Plan plan;
    plan.target.endpoint = server_->endpoint();
    plan.exchange = Exchange::kWebSocket;
    RequestSpec message;
    message.body.assign(bytes, 'x');
    RenderSetting setting{"host", StatusSet::only(101)};
    setting.exchange = plan.exchange;
    plan.mix = RequestMix::render({message}, setting).value();
    plan.connections = 2;
    plan.requests = requests;
    return plan;
  }

 private:
  std::unique_ptr<EchoServer> server_;
  std::thread thread_;
};

TEST(LoadWorkerTest, MessagesOfAWebSocketAreCounted) {
  const EchoThread server;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{100}, std::size_t{1'000'000}}) {
    const auto played = play(server.plan(20, bytes));
    EXPECT_EQ(played.tally.requests, 20U) << bytes;
    EXPECT_EQ(played.tally.status[101], 20U) << bytes;
    EXPECT_EQ(played.tally.total_errors(), 0U) << bytes;
    EXPECT_EQ(played.tally.connections_opened, 2U) << bytes;
    EXPECT_GT(played.tally.bytes_received, 20 * bytes);
  }
}

TEST(LoadWorkerTest, AMessageAllocatesNothing) {
  if (!test::counts_mallocs()) {
    GTEST_SKIP() << "the sanitizer brings its own malloc";
  }
  const EchoThread server;
  const auto few = play(server.plan(100, 1000));
  const auto many = play(server.plan(2'100, 1000));
  EXPECT_EQ(many.tally.requests, 2'100U);
  EXPECT_EQ(many.mallocs, few.mallocs);
}

TEST(LoadWorkerTest, SharesAddUp) {
  for (const std::uint64_t whole : {0ULL, 1ULL, 7ULL, 32ULL, 1'000'001ULL}) {
    for (std::uint32_t workers = 1; workers < 9; ++workers) {
      std::uint64_t sum = 0;
      for (std::uint32_t worker = 0; worker < workers; ++worker) {
        sum += share_of(whole, worker, workers);
      }
      EXPECT_EQ(sum, whole);
    }
  }
}

}  // namespace
}  // namespace gabion::bench
