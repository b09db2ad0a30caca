// The admin server over real sockets: answers, limits, deadlines, and an orderly end.
#include "proxy/admin/admin_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace gabion::proxy {
namespace {

using namespace std::chrono_literals;

/// A blocking client; gives up reading after 5 s.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }

  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

  /// Until the server closes; "(timeout)" at the end when it does not.
  [[nodiscard]] std::string read_to_end() const {
    std::string all;
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        return all + "(timeout)";
      }
      if (got <= 0) {
        return all;
      }
      all.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

class AdminServerTest : public ::testing::Test {
 protected:
  void start(const AdminLimits& limits = {}) {
    auto started = AdminServer::start(io_, {config::IpAddress::v4(INADDR_LOOPBACK), 0}, actions(), limits);
    ASSERT_TRUE(started.has_value()) << started.error().to_string();
    server_ = std::move(*started);
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override {
    if (thread_.joinable()) {
      on_control_thread([this] { server_->stop(); });
      work_.reset();
      thread_.join();
    }
  }

  template <class Action>
  void on_control_thread(Action action) {
    std::promise<void> done;
    boost::asio::post(io_, [&action, &done] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->local_endpoint().port; }

  /// One request on a connection of its own.
  [[nodiscard]] std::string ask(const std::string& request_line, const std::string& fields = "Host: localhost\r\n") {
    const Client client(port());
    client.send(request_line + " HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n");
    return client.read_to_end();
  }

  AdminActions actions() {
    AdminActions actions;
    actions.readiness = [] { return Readiness{false, {"policy"}}; };
    actions.metrics = [this](std::function<void(std::string)> deliver) {
      if (metrics_mode_ == MetricsMode::kLater) {
        boost::asio::post(io_, [deliver = std::move(deliver)] { deliver("gabion_up 1\n"); });
      } else if (metrics_mode_ == MetricsMode::kTwice) {
        deliver("gabion_up 1\n");
        deliver("gabion_up 2\n");
      } else {
        kept_ = std::move(deliver);
      }
    };
    actions.connections = [](const std::function<void(std::string)>&) { throw std::runtime_error("no workers"); };
    actions.config_json = [] { return std::string("{}"); };
    actions.certs_json = [] { return std::string("{}"); };
    actions.policy_json = [] { return std::string("{}"); };
    actions.drain = [this] { drained_ = true; };
    actions.set_log_level = [](std::string_view level) { return level == "debug"; };
    actions.log_level = [] { return std::string("debug"); };
    actions.quit = [this] { quit_.set_value(); };
    return actions;
  }

  enum class MetricsMode : std::uint8_t { kLater, kTwice, kNever };

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<AdminServer> server_;
  std::thread thread_;
  std::atomic<MetricsMode> metrics_mode_{MetricsMode::kLater};
  std::function<void(std::string)> kept_;
  std::atomic<bool> drained_{false};
  std::promise<void> quit_;
};

bool begins_with(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}
bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(AdminServerTest, AnswersOverTheWire) {
  start();
  const std::string live = ask("GET /live");
  EXPECT_TRUE(begins_with(live, "HTTP/1.1 200 OK\r\n")) << live;
  EXPECT_TRUE(holds(live, "Content-Type: application/json\r\n")) << live;
  EXPECT_TRUE(holds(live, "Cache-Control: no-store\r\n")) << live;
  EXPECT_TRUE(holds(live, "\r\n\r\n{\"live\":true}")) << live;
  EXPECT_FALSE(holds(live, "Access-Control")) << live;
  const std::string ready = ask("GET /ready");
  EXPECT_TRUE(begins_with(ready, "HTTP/1.1 503 ")) << ready;
  EXPECT_TRUE(holds(ready, R"({"ready":false,"missing":["policy"]})")) << ready;
  EXPECT_TRUE(holds(ask("GET /drain"), "\r\nAllow: POST\r\n"));
  EXPECT_FALSE(drained_);
  EXPECT_TRUE(begins_with(ask("POST /drain"), "HTTP/1.1 202 "));
  EXPECT_TRUE(drained_);
}

TEST_F(AdminServerTest, AnswersSeveralRequestsOnOneConnection) {
  start();
  const Client client(port());
  client.send(
      "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\nGET /log HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_to_end();
  EXPECT_TRUE(holds(answers, "{\"live\":true}HTTP/1.1 200 OK")) << answers;
  EXPECT_TRUE(holds(answers, "{\"level\":\"debug\"}HTTP/1.1 200 OK")) << answers;
  EXPECT_TRUE(holds(answers, "</html>")) << answers;
}

TEST_F(AdminServerTest, GivesMetricsOnceTheyArrive) {
  start();
  for (const MetricsMode mode : {MetricsMode::kLater, MetricsMode::kTwice}) {
    metrics_mode_ = mode;
    const std::string answer = ask("GET /metrics");
    EXPECT_TRUE(holds(answer, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n")) << answer;
    EXPECT_TRUE(holds(answer, "\r\n\r\ngabion_up 1\n")) << answer;
    EXPECT_FALSE(holds(answer, "gabion_up 2")) << answer;
  }
}

TEST_F(AdminServerTest, SaysSoWhenMetricsDoNotArriveAndIgnoresThemLater) {
  metrics_mode_ = MetricsMode::kNever;
  AdminLimits limits;
  limits.timeout = 50ms;
  start(limits);
  const std::string answer = ask("GET /metrics");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 503 ")) << answer;
  on_control_thread([this] { kept_("too late"); });
  EXPECT_TRUE(begins_with(ask("GET /live"), "HTTP/1.1 200 "));
}

TEST_F(AdminServerTest, SaysSoWhenTheWorkersCannotBeAsked) {
  start();
  EXPECT_TRUE(begins_with(ask("GET /connections"), "HTTP/1.1 500 "));
}

TEST_F(AdminServerTest, QuitsAfterItHasAnswered) {
  start();
  EXPECT_TRUE(begins_with(ask("POST /quit"), "HTTP/1.1 202 "));
  EXPECT_EQ(quit_.get_future().wait_for(5s), std::future_status::ready);
}

TEST_F(AdminServerTest, RefusesAForeignHostOrOrigin) {
  start();
  EXPECT_TRUE(begins_with(ask("POST /drain", "Host: evil.example\r\n"), "HTTP/1.1 403 "));
  EXPECT_TRUE(begins_with(ask("POST /drain", ""), "HTTP/1.1 403 "));
  EXPECT_TRUE(begins_with(ask("POST /drain", "Host: localhost\r\nHost: evil.example\r\n"), "HTTP/1.1 403 "));
  EXPECT_TRUE(begins_with(ask("POST /drain", "Host: localhost\r\nOrigin: http://evil.example\r\n"), "HTTP/1.1 403 "));
  EXPECT_FALSE(drained_);
  const std::string own = "Host: 127.0.0.1:" + std::to_string(port()) + "\r\n";
  EXPECT_TRUE(begins_with(ask("POST /drain", own), "HTTP/1.1 202 "));
}

TEST_F(AdminServerTest, RefusesWhatIsTooLargeOrNotHttp) {
  start();
  const std::string large_body = "Host: localhost\r\nContent-Length: 8193\r\n";
  EXPECT_TRUE(begins_with(ask("POST /log?level=debug", large_body), "HTTP/1.1 413 "));
  const std::string large_header = "Host: localhost\r\nX-A: " + std::string(9'000, 'a') + "\r\n";
  EXPECT_TRUE(begins_with(ask("GET /live", large_header), "HTTP/1.1 431 "));
  const Client garbage(port());
  garbage.send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_TRUE(begins_with(garbage.read_to_end(), "HTTP/1.1 400 "));
}

TEST_F(AdminServerTest, ReadsABodyUpToItsBound) {
  start();
  const Client client(port());
  client.send("POST /drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 8192\r\n\r\n" +
              std::string(8'192, 'x'));
  EXPECT_TRUE(begins_with(client.read_to_end(), "HTTP/1.1 202 "));
}

TEST_F(AdminServerTest, ClosesAClientThatSaysNothing) {
  AdminLimits limits;
  limits.timeout = 50ms;
  start(limits);
  const Client silent(port());
  EXPECT_EQ(silent.read_to_end(), "");
  const Client slow(port());
  slow.send("GET /live HTT");
  EXPECT_EQ(slow.read_to_end(), "");
}

TEST_F(AdminServerTest, ClosesConnectionsBeyondItsBoundAndTakesOthersLater) {
  AdminLimits limits;
  limits.connections = 2;
  start(limits);
  {
    const Client first(port());
    const Client second(port());
    first.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    second.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Client third(port());
    EXPECT_EQ(third.read_to_end(), "");
  }
  std::string answer;
  for (int attempt = 0; attempt < 1'000 && answer.empty(); ++attempt) {  // until the server has seen both leave
    const Client later(port());
    const std::string_view request = "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    later.send(request);
    answer = later.read_to_end();
  }
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 ")) << answer;
}

TEST_F(AdminServerTest, ClosesEverythingWhenStopped) {
  start();
  metrics_mode_ = MetricsMode::kNever;
  const std::uint16_t old_port = port();
  const Client waiting(old_port);
  waiting.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(begins_with(ask("GET /live"), "HTTP/1.1 200 "));  // accepted after `waiting`
  on_control_thread([this] { server_->stop(); });
  EXPECT_EQ(waiting.read_to_end(), "");
  EXPECT_FALSE(Client(old_port).connected());
}

TEST_F(AdminServerTest, SaysWhenItCannotListen) {
  start();
  const auto second = AdminServer::start(io_, server_->local_endpoint(), actions());
  ASSERT_TRUE(second.has_error());
  EXPECT_TRUE(holds(second.error().to_string(), "admin.listen: cannot listen at 127.0.0.1:")) << second.error().what;
}

}  // namespace
}  // namespace gabion::proxy
