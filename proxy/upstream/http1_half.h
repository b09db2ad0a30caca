// An exchange's half towards the service on a connection of its own, in HTTP/1.1.
#pragma once

#include <memory>

#include "proxy/upstream/half.h"
#include "proxy/upstream/pool.h"

namespace gabion::proxy {

/// Reused for exchange after exchange; holds a connection of `pool` from adopt() to finish().
class Http1Upstream final : public UpstreamHalf {
 public:
  Http1Upstream(UpstreamPool& pool, WorkerMetrics& metrics) noexcept : pool_(pool), metrics_(metrics) {}
  ~Http1Upstream();

  /// REQUIRES: it holds none.
  void adopt(std::unique_ptr<UpstreamConnection> connection) noexcept;

  [[nodiscard]] Protocol protocol() const noexcept override { return Protocol::kHttp1; }
  [[nodiscard]] State progress() override;
  [[nodiscard]] Reason failure() const noexcept override { return failure_; }
  [[nodiscard]] std::string_view failure_detail() const noexcept override { return failure_detail_; }

  void expect_answer_to(std::string_view method) override;
  bool send(SendQueue& queue) override;
  [[nodiscard]] Event next() override;
  [[nodiscard]] const http1::Head& head() const noexcept override { return connection_->decoder.head(); }
  [[nodiscard]] std::span<char> body() noexcept override { return body_; }
  [[nodiscard]] std::span<const inspect::HeaderField> trailers() const noexcept override {
    return connection_->decoder.trailers();
  }
  [[nodiscard]] bool is_unanswered() const noexcept override { return connection_->decoder.at_message_start(); }

  [[nodiscard]] bool is_reused() const noexcept override { return connection_->reused; }
  [[nodiscard]] const tls::TlsStream* tls() const noexcept override { return connection_->tls(); }
  [[nodiscard]] std::string_view peer_spiffe() const noexcept override { return connection_->peer_spiffe; }
  [[nodiscard]] std::size_t head_bytes() const noexcept override {
    return connection_ != nullptr ? connection_->decoder.kept_bytes() : 0;
  }
  [[nodiscard]] std::uint64_t held_bytes() const noexcept override {
    return connection_ != nullptr ? connection_->in.capacity() : 0;
  }
  void finish(Ending ending, const Snapshot& current) override;

  /// After a 101, when the connection has left HTTP: REQUIRES: next() gave its head and is not called again; to be
  /// finished as kBroken.
  [[nodiscard]] Transport& transport() noexcept { return connection_->transport(); }
  /// What was read beyond that head.
  [[nodiscard]] Buffer& in() noexcept { return connection_->in; }

 private:
  enum class Reading : std::uint8_t { kMore, kNothing, kEnd, kLost };
  [[nodiscard]] Reading read();
  void note_ready() noexcept;

  UpstreamPool& pool_;
  WorkerMetrics& metrics_;
  std::unique_ptr<UpstreamConnection> connection_;
  std::span<char> body_;
  Reason failure_ = Reason::kNone;
  std::string_view failure_detail_;
  bool counted_ = false;
};

}  // namespace gabion::proxy
