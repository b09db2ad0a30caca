// An HTTP/1 client's half: one decoder and one queue for all exchanges of a connection, one after another.
#pragma once

#include "proxy/net/send_queue.h"
#include "proxy/protocol/http1/decoder.h"
#include "proxy/session/client_half.h"
#include "proxy/session/downstream.h"

namespace gabion::proxy {

[[nodiscard]] Reason reason_of_request(http1::DecodeError error) noexcept;

/// The Connection reads heads by itself; from there to the end of the answer the exchange uses this.
class Http1Half final : public ClientHalf {
 public:
  /// `client` is borrowed.
  Http1Half(WorkerState& worker, Client& client);

  Buffer in;
  SendQueue out;
  http1::Decoder decoder;

  [[nodiscard]] const http1::Head& head() const noexcept override { return decoder.head(); }
  [[nodiscard]] std::size_t head_bytes() const noexcept override { return decoder.kept_bytes(); }
  [[nodiscard]] Step next() override;
  [[nodiscard]] std::span<const inspect::HeaderField> trailers() const noexcept override { return decoder.trailers(); }
  [[nodiscard]] Reason error() const noexcept override { return reason_of_request(decoder.error()); }
  [[nodiscard]] const char* error_detail() const noexcept override { return decoder.detail(); }
  [[nodiscard]] bool is_gone() const noexcept override { return client_.transport->socket().is_dead(); }
  [[nodiscard]] TunnelEnd leave_http() override;

  void send_continue() override;
  void send_interim(const http1::Head& head) override;
  void send_head(const http1::Head& head, const ResponseFraming& framing) override;
  void send_body(std::string_view bytes) override;
  void send_end(std::span<const inspect::HeaderField> trailers, BodyFields body) override;
  void send_local_reply(const LocalReply& reply) override;
  [[nodiscard]] bool answers(Reason /*reason*/) const noexcept override { return true; }
  void mark() override { unheld_ = out.pending(); }
  void take_back() override { out.take_back(out.pending() - unheld_); }

  [[nodiscard]] std::uint64_t held_bytes() const noexcept { return in.capacity() + out.capacity(); }

  [[nodiscard]] bool has_unsent() const noexcept override { return !out.empty(); }
  [[nodiscard]] bool is_full() noexcept override { return out.is_full(); }
  [[nodiscard]] Flush flush() override;
  [[nodiscard]] std::uint64_t total_sent() const noexcept override { return out.total_sent(); }
  [[nodiscard]] std::uint64_t unconfirmed() const noexcept override {
    return client_.transport->socket().unconfirmed();
  }

 private:
  [[nodiscard]] Event read();

  WorkerState& worker_;
  Client& client_;
  http1::Framing framing_ = http1::Framing::kNone;
  std::size_t unheld_ = 0;  // of out, while the response is held: interim responses in front of it
};

}  // namespace gabion::proxy
