// WebSocket as the load speaks it: upgraded when it opens, then a message at a time, whose echo must be the same.
#pragma once

#include <optional>
#include <random>
#include <string>

#include "bench/load/conversation.h"
#include "proxy/net/buffer.h"
#include "proxy/protocol/http1/decoder.h"
#include "proxy/protocol/websocket/frame_decoder.h"

namespace gabion::bench {

/// status() is 101 for an echo; an upgrade that was refused answers the first message with its own status.
class WebSocketConversation final : public Conversation {
 public:
  /// `upgrade` is RequestMix::upgrade(), borrowed.
  WebSocketConversation(std::string_view upgrade, proxy::BufferPool& pool);

  void reset() override;
  void ask(const Request& request) override;
  [[nodiscard]] std::string_view unsent() const noexcept override;
  void sent(std::size_t count) override;
  void give_up_sending() noexcept override;
  [[nodiscard]] bool is_request_sent() const noexcept override { return unsent().empty(); }
  [[nodiscard]] Outcome feed(std::span<char> bytes) override;
  [[nodiscard]] Outcome feed_end() noexcept override;
  [[nodiscard]] Outcome feed_idle(std::span<char> bytes) override { return feed(bytes); }
  [[nodiscard]] std::uint16_t status() const noexcept override { return status_; }
  [[nodiscard]] bool is_reusable() const noexcept override { return reusable_; }

 private:
  enum class State : std::uint8_t { kUpgrading, kRefused, kOpen };
  static constexpr std::size_t kMostControlBytes = std::size_t{64} * 1024;  // pongs nobody takes

  [[nodiscard]] Outcome take(std::span<char> bytes, std::size_t& used);
  [[nodiscard]] Outcome take_answer(std::span<char> bytes, std::size_t& used);
  [[nodiscard]] Outcome take_frame(const proxy::websocket::FrameDecoder::Step& step);
  [[nodiscard]] Outcome take_echo(const proxy::websocket::FrameDecoder::Step& step);
  [[nodiscard]] Outcome answer_ping(std::string_view payload);
  [[nodiscard]] std::string fresh_key();

  std::string_view upgrade_;
  std::mt19937_64 random_;
  std::string key_;
  State state_ = State::kUpgrading;
  proxy::http1::Decoder answer_;
  std::optional<proxy::websocket::FrameDecoder> frames_;
  proxy::Buffer held_;   // a head or a control frame that is not whole
  std::string control_;  // the upgrade, then pongs
  std::size_t control_sent_ = 0;
  std::string_view message_;  // what is unsent of the frame
  bool within_message_ = false;
  const Request* request_ = nullptr;
  std::size_t echoed_ = 0;
  std::uint16_t status_ = 0;
  bool reusable_ = false;
};

}  // namespace gabion::bench
