// Two ends for tests of HTTP/2 sessions: what happened to a stream as text, and frames written by hand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proxy/protocol/http2/session.h"

namespace gabion::proxy::http2 {

/// Writes down what happens to one stream; sends what it was given.
class RecordedStream final : public Stream {
 public:
  explicit RecordedStream(std::string& transcript) : transcript_(transcript) {}

  void on_head(FieldBlock& block, BlockError error) override {
    transcript_ += "head";
    note(block, error);
  }
  void on_data(std::string_view bytes) override {
    if (!in_data_) {
      transcript_ += "data ";
    }
    in_data_ = true;
    transcript_ += bytes;
    received += bytes.size();
  }
  void on_trailers(FieldBlock& block, BlockError error) override {
    leave_data();
    transcript_ += "trailers";
    note(block, error);
  }
  void on_end() override {
    leave_data();
    transcript_ += "end\n";
  }
  void on_closed(ClosedBy who, ErrorCode code, std::string_view /*detail*/) override {
    leave_data();
    constexpr const char* kWho[] = {"orderly", "us", "peer"};
    transcript_ += "closed by " + std::string(kWho[static_cast<int>(who)]) + " " +
                   std::to_string(static_cast<std::uint32_t>(code)) + "\n";
  }
  [[nodiscard]] std::string_view outgoing() noexcept override { return to_send; }
  [[nodiscard]] bool outgoing_ends() const noexcept override { return ends; }
  [[nodiscard]] std::span<const inspect::HeaderField> outgoing_trailers() const noexcept override { return trailers; }
  void on_sent(std::size_t count) override { to_send.erase(0, count); }
  void on_all_sent() override { all_sent = true; }

  std::string to_send;
  bool ends = true;
  bool all_sent = false;
  std::size_t received = 0;
  std::vector<inspect::HeaderField> trailers;

 private:
  void note(const FieldBlock& block, BlockError error) {
    if (error != BlockError::kNone) {
      transcript_ += error == BlockError::kTooLarge ? " too-large" : " too-many";
    }
    for (std::size_t i = 0; i < block.size(); ++i) {
      transcript_ += " " + std::string(block[i].name) + "=" + std::string(block[i].value);
    }
    transcript_ += "\n";
  }
  void leave_data() {
    transcript_ += in_data_ ? "\n" : "";
    in_data_ = false;
  }

  std::string& transcript_;
  bool in_data_ = false;
};

/// One end of a connection: what it writes stays in `wire` until somebody reads it.
class End final : public SessionOwner {
 public:
  explicit End(Role role, const SessionLimits& limits = {}) : session(role, limits, *this) {}

  [[nodiscard]] Stream* open_stream(StreamId id) override {
    last_opened = id;
    if (refuses) {
      return nullptr;
    }
    if (again != nullptr) {
      return again;
    }
    streams[id] = std::make_unique<RecordedStream>(transcript);
    streams[id]->to_send = answer_body;
    return streams[id].get();
  }
  void on_goaway(StreamId last, ErrorCode code) override {
    transcript += "goaway " + std::to_string(last) + " " + std::to_string(static_cast<std::uint32_t>(code)) + "\n";
  }
  void on_settings() override {}
  void on_ping_answered() override { transcript += "pong\n"; }
  [[nodiscard]] bool can_write() noexcept override { return wire.size() < room; }
  void write(std::string_view bytes) override { wire += bytes; }

  std::string transcript;
  std::string wire;
  std::string answer_body;
  std::size_t room = 1U << 30U;
  bool refuses = false;
  Stream* again = nullptr;  // used for every request
  StreamId last_opened = 0;
  std::map<StreamId, std::unique_ptr<RecordedStream>> streams;
  Session session;  // last: its streams outlive it
};

constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// RFC 9113 §4.1.
inline std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t value) { bytes.push_back(static_cast<char>(value & 0xffU)); };
  put(static_cast<std::uint32_t>(payload.size() >> 16U));
  put(static_cast<std::uint32_t>(payload.size() >> 8U));
  put(static_cast<std::uint32_t>(payload.size()));
  put(type);
  put(flags);
  put(stream >> 24U);
  put(stream >> 16U);
  put(stream >> 8U);
  put(stream);
  return bytes + std::string(payload);
}

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kAck = 1;
constexpr std::uint8_t kEndHeaders = 4;
constexpr std::uint8_t kPadded = 8;
constexpr std::uint8_t kWithPriority = 0x20;

/// A block of literal fields, never indexed (RFC 7541 §6.2.3). REQUIRES: texts below 127 bytes.
inline std::string literals(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\x10';
    block += static_cast<char>(name.size());
    block += name;
    block += static_cast<char>(value.size());
    block += value;
  }
  return block;
}

/// The least a request says.
inline std::string simple_request() {
  return literals({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}});
}

/// A message whose head is all of it.
inline std::string head(std::uint32_t stream, std::string_view block) {
  return frame(kHeaders, kEndHeaders | kEndStream, stream, block);
}

inline std::string times(int count, const std::function<std::string(int)>& make) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    all += make(i);
  }
  return all;
}

}  // namespace gabion::proxy::http2
