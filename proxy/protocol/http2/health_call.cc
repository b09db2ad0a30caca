// The request is five bytes of prefix and one field; of the answer one number and grpc-status matter.
#include "proxy/protocol/http2/health_call.h"

#include <array>
#include <utility>

#include "proxy/protocol/http2/session.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::size_t kMaxAnswer = 4 * 1024;
constexpr std::size_t kMaxService = 1024;
constexpr std::size_t kPrefixBytes = 5;
constexpr char kServiceField = 0x0A;  // HealthCheckRequest.service = 1, a string
constexpr char kStatusField = 0x08;   // HealthCheckResponse.status = 1, an enum
constexpr char kServing = 1;

/// gRPC's length-prefixed message (not compressed) with HealthCheckRequest in it.
std::string request_message(std::string_view service) {
  service = service.substr(0, kMaxService);
  std::string field;
  if (!service.empty()) {
    field += kServiceField;
    std::size_t length = service.size();
    for (; length >= 0x80; length >>= 7U) {
      field += static_cast<char>((length & 0x7FU) | 0x80U);
    }
    field += static_cast<char>(length);
    field += service;
  }
  std::string message(3, '\0');  // not compressed; the length's upper bytes
  message += static_cast<char>(field.size() >> 8U);
  message += static_cast<char>(field.size() & 0xFFU);
  return message + field;
}

}  // namespace

struct HealthCall::Impl final : Stream, SessionOwner {
  Impl(std::string_view service, std::string_view authority)
      : message(request_message(service)), session(Role::kClient, SessionLimits{}, *this) {
    const std::array<inspect::HeaderField, 7> fields{{{":method", "POST"},
                                                      {":scheme", "http"},
                                                      {":path", "/grpc.health.v1.Health/Check"},
                                                      {":authority", authority},
                                                      {"te", "trailers"},
                                                      {"content-type", "application/grpc"},
                                                      {"user-agent", "kube-probe/gabion"}}};
    if (session.request(*this, fields, Session::Body::kFollows) == 0) {
      verdict = Verdict::kFailed;
    }
  }
  virtual ~Impl() = default;

  void decide(Verdict found) {
    if (verdict == Verdict::kWaiting) {
      verdict = found;
    }
  }

  void look_at(FieldBlock& block) {
    for (std::size_t i = 0; i < block.size(); ++i) {
      if ((block[i].name == ":status" && block[i].value != "200") ||
          (block[i].name == "grpc-status" && block[i].value != "0")) {
        decide(Verdict::kFailed);
      }
      ok = ok || (block[i].name == "grpc-status" && block[i].value == "0");
    }
  }

  // Stream
  void on_head(FieldBlock& block, BlockError error) override {
    if (error != BlockError::kNone) {
      decide(Verdict::kFailed);
    }
    look_at(block);
  }
  void on_data(std::string_view bytes) override {
    if (answer.size() + bytes.size() > kMaxAnswer) {
      decide(Verdict::kFailed);
      return;
    }
    answer += bytes;
  }
  void on_trailers(FieldBlock& block, BlockError /*error*/) override { look_at(block); }
  /// Proto3 leaves out a status of 0 (UNKNOWN): that is a message without the field.
  void on_end() override {
    const bool serving = answer.size() == kPrefixBytes + 2 && answer[0] == 0 && answer[kPrefixBytes] == kStatusField &&
                         answer[kPrefixBytes + 1] == kServing;
    const bool is_message = answer.size() >= kPrefixBytes && answer[0] == 0;
    decide(!ok || !is_message ? Verdict::kFailed : serving ? Verdict::kServing : Verdict::kNotServing);
  }
  void on_closed(ClosedBy /*who*/, ErrorCode /*code*/, std::string_view /*detail*/) override {
    decide(Verdict::kFailed);
  }
  [[nodiscard]] std::string_view outgoing() noexcept override { return std::string_view(message).substr(sent); }
  [[nodiscard]] bool outgoing_ends() const noexcept override { return true; }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override { return {}; }
  void on_sent(std::size_t count) override { sent += count; }
  void on_all_sent() override {}

  // SessionOwner
  [[nodiscard]] Stream* open_stream(StreamId /*id*/) override { return nullptr; }
  void on_goaway(StreamId /*last*/, ErrorCode /*code*/) override {}
  void on_settings() override {}
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override { return true; }
  void write(std::string_view bytes) override { output += bytes; }

  std::string message;
  std::size_t sent = 0;
  std::string answer;
  std::string output;
  bool ok = false;
  Verdict verdict = Verdict::kWaiting;
  Session session;  // last: it tells the rest
};

HealthCall::HealthCall(std::string_view service, std::string_view authority)
    : impl_(std::make_unique<Impl>(service, authority)) {}

HealthCall::~HealthCall() = default;

std::string HealthCall::take_output() {
  if (!impl_->session.flush()) {
    impl_->decide(Verdict::kFailed);
  }
  return std::exchange(impl_->output, {});
}

void HealthCall::feed(std::span<const char> bytes, std::chrono::steady_clock::time_point now) {
  if (!impl_->session.feed(bytes, now)) {
    impl_->decide(Verdict::kFailed);
  }
}

void HealthCall::end() {
  impl_->decide(Verdict::kFailed);
}

HealthCall::Verdict HealthCall::verdict() const noexcept {
  return impl_->verdict;
}

}  // namespace gabion::proxy::http2
