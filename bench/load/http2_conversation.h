// HTTP/2 as the load speaks it, by the proxy's own session: one stream at a time, bodies of answers read and dropped.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load/conversation.h"
#include "bench/load/grpc_answer.h"
#include "proxy/protocol/http2/session.h"

namespace gabion::bench {

class Http2Conversation final : public Conversation, private proxy::http2::Stream, private proxy::http2::SessionOwner {
 public:
  explicit Http2Conversation(Exchange exchange) noexcept : is_grpc_(exchange == Exchange::kGrpc) {}

  void reset() override;
  void ask(const Request& request) override;
  [[nodiscard]] std::string_view unsent() const noexcept override;
  void sent(std::size_t count) override;
  void give_up_sending() noexcept override;
  [[nodiscard]] bool is_request_sent() const noexcept override { return body_.empty() && out_.empty(); }
  [[nodiscard]] Outcome feed(std::span<char> bytes) override;
  [[nodiscard]] Outcome feed_end() noexcept override;
  [[nodiscard]] Outcome feed_idle(std::span<char> bytes) override;
  [[nodiscard]] std::uint16_t status() const noexcept override { return status_; }
  [[nodiscard]] std::optional<std::uint32_t> grpc_status() const noexcept override { return grpc_.status(); }
  [[nodiscard]] bool is_reusable() const noexcept override { return reusable_; }

 private:
  static constexpr std::size_t kMostUnsent = std::size_t{256} * 1024;

  void on_head(proxy::http2::FieldBlock& block, proxy::http2::BlockError error) override;
  void on_data(std::string_view bytes) override;
  void on_trailers(proxy::http2::FieldBlock& block, proxy::http2::BlockError error) override;
  void on_end() override;
  void on_closed(proxy::http2::ClosedBy who, proxy::http2::ErrorCode code, std::string_view detail) override;
  [[nodiscard]] std::string_view outgoing() noexcept override { return body_; }
  [[nodiscard]] bool outgoing_ends() const noexcept override { return true; }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override { return {}; }
  void on_sent(std::size_t count) override { body_.remove_prefix(count); }
  void on_all_sent() override {}

  [[nodiscard]] proxy::http2::Stream* open_stream(proxy::http2::StreamId /*id*/) override { return nullptr; }
  void on_goaway(proxy::http2::StreamId /*last*/, proxy::http2::ErrorCode /*code*/) override { reusable_ = false; }
  void on_settings() override {}
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override { return out_.size() - out_sent_ < kMostUnsent; }
  void write(std::string_view bytes) override { out_.append(bytes); }
  void flush();

  const bool is_grpc_;
  GrpcAnswer grpc_;
  std::optional<proxy::http2::Session> session_;
  std::vector<inspect::HeaderField> fields_;
  std::string out_;
  std::size_t out_sent_ = 0;
  std::string_view body_;  // what is not yet in out_
  proxy::http2::StreamId id_ = 0;
  std::uint16_t status_ = 0;
  Outcome outcome_ = Outcome::kMore;
  bool reusable_ = false;
};

}  // namespace gabion::bench
