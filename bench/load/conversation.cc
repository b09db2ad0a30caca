// The ways to speak: HTTP/1.1 here, HTTP/2 and gRPC in http2_conversation.h, WebSocket in websocket_conversation.h.
#include "bench/load/conversation.h"

#include "bench/load/answer_reader.h"
#include "bench/load/http2_conversation.h"
#include "bench/load/plan.h"
#include "bench/load/websocket_conversation.h"

namespace gabion::bench {
namespace {

class Http1Conversation final : public Conversation {
 public:
  explicit Http1Conversation(proxy::BufferPool& pool) noexcept : reader_(pool) {}

  void reset() override {
    reader_.reset();
    unsent_ = {};
  }
  void ask(const Request& request) override {
    reader_.expect(request.is_head);
    unsent_ = request.bytes;
  }
  [[nodiscard]] std::string_view unsent() const noexcept override { return unsent_; }
  void sent(std::size_t count) override { unsent_.remove_prefix(count); }
  void give_up_sending() noexcept override { unsent_ = {}; }
  [[nodiscard]] bool is_request_sent() const noexcept override { return unsent_.empty(); }
  [[nodiscard]] Outcome feed(std::span<char> bytes) override { return reader_.feed(bytes); }
  [[nodiscard]] Outcome feed_end() noexcept override { return reader_.feed_end(); }
  [[nodiscard]] Outcome feed_idle(std::span<char> /*bytes*/) override { return Outcome::kMalformed; }
  [[nodiscard]] std::uint16_t status() const noexcept override { return reader_.status(); }
  [[nodiscard]] bool is_reusable() const noexcept override { return reader_.is_reusable(); }

 private:
  AnswerReader reader_;
  std::string_view unsent_;
};

}  // namespace

std::unique_ptr<Conversation> Conversation::make(const Plan& plan, proxy::BufferPool& pool) {
  if (plan.exchange == Exchange::kWebSocket) {
    return std::make_unique<WebSocketConversation>(plan.mix.upgrade(), pool);
  }
  switch (plan.version) {
    case HttpVersion::kHttp1:
      return std::make_unique<Http1Conversation>(pool);
    case HttpVersion::kHttp2:
      return std::make_unique<Http2Conversation>(plan.exchange);
  }
  return nullptr;
}

}  // namespace gabion::bench
