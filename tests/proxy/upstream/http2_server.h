// For tests: an HTTP/2 server on the other end of a socket, which does what the test tells it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/protocol/http2/session.h"
#include "tests/proxy/net/loop_driver.h"

namespace gabion::proxy {

/// Owns the descriptor. turn() reads what came and writes what there is.
class Http2Server final : private http2::SessionOwner {
 public:
  struct Call final : http2::Stream {
    http2::StreamId id = 0;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    std::vector<std::pair<std::string, std::string>> trailers;
    bool ended = false;
    bool closed = false;
    http2::ErrorCode code = http2::ErrorCode::kNoError;
    std::string answer;  ///< what is still to be sent
    std::uint64_t sent = 0;
    bool answer_ends = true;
    bool opens_window = true;
    http2::Session* session = nullptr;

    [[nodiscard]] std::string field(std::string_view name) const {
      for (const auto& [known, value] : fields) {
        if (known == name) {
          return value;
        }
      }
      return {};
    }
    void on_head(http2::FieldBlock& block, http2::BlockError /*error*/) override { copy(block, fields); }
    void on_data(std::string_view bytes) override {
      body.append(bytes);
      if (opens_window) {
        session->consume(id, bytes.size());
      }
    }
    void on_trailers(http2::FieldBlock& block, http2::BlockError /*error*/) override { copy(block, trailers); }
    void on_end() override { ended = true; }
    void on_closed(http2::ClosedBy /*who*/, http2::ErrorCode why, std::string_view /*detail*/) override {
      closed = true;
      code = why;
    }
    [[nodiscard]] std::string_view outgoing() noexcept override { return answer; }
    [[nodiscard]] bool outgoing_ends() const noexcept override { return answer_ends; }
    [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override { return {}; }
    void on_sent(std::size_t count) override {
      answer.erase(0, count);
      sent += count;
    }
    void on_all_sent() override {}

   private:
    static void copy(const http2::FieldBlock& block, std::vector<std::pair<std::string, std::string>>& into) {
      for (std::size_t i = 0; i < block.size(); ++i) {
        into.emplace_back(block[i].name, block[i].value);
      }
    }
  };

  Http2Server(int fd, const http2::SessionLimits& limits) : fd_(fd), session_(http2::Role::kServer, limits, owner()) {}
  ~Http2Server() { ::close(fd_); }

  void turn() {
    for (std::string came = receive_now(fd_); !came.empty(); came = receive_now(fd_)) {
      fine = session_.feed(came, EventLoop::Clock::now()) && fine;
    }
    [[maybe_unused]] const bool flushed = session_.flush();
    const auto put = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    out_.erase(0, put > 0 ? static_cast<std::size_t>(put) : 0);
  }
  void answer(Call& call, std::string_view status, std::string body) {
    call.answer = std::move(body);
    const inspect::HeaderField head[] = {{":status", status}};
    session_.respond(call.id, head, call.answer.empty() ? http2::Session::Body::kNone : http2::Session::Body::kFollows);
  }
  [[nodiscard]] http2::Session& session() noexcept { return session_; }
  [[nodiscard]] Call& call(std::size_t index) { return *calls_.at(index); }
  [[nodiscard]] std::size_t calls() const noexcept { return calls_.size(); }

  bool fine = true;

 private:
  [[nodiscard]] http2::SessionOwner& owner() noexcept { return *this; }
  [[nodiscard]] http2::Stream* open_stream(http2::StreamId id) override {
    calls_.push_back(std::make_unique<Call>());
    calls_.back()->id = id;
    calls_.back()->session = &session_;
    return calls_.back().get();
  }
  void on_goaway(http2::StreamId /*last*/, http2::ErrorCode /*code*/) override {}
  void on_settings() override {}
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override { return true; }
  void write(std::string_view bytes) override { out_.append(bytes); }

  int fd_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::string out_;
  http2::Session session_;
};

}  // namespace gabion::proxy
