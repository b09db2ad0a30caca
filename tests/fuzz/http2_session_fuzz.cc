// Any bytes as an HTTP/2 client: one reading at any cut and in any shares, heads that read the same in HTTP/1.1.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "proxy/protocol/http1/decoder.h"
#include "proxy/protocol/http1/encoder.h"
#include "proxy/protocol/http2/request_head.h"
#include "tests/proxy/protocol/http2/wire.h"

namespace {

using namespace gabion::proxy;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// What an exchange would send on, in so far as the head decides.
std::string as_http1(const http1::Head& head) {
  std::string text;
  text.append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\n");
  for (const auto& field : head.fields) {
    if (field.name != "te" && field.name != "expect") {
      http1::write_field(text, field.name, field.value);
    }
  }
  if (head.framing == http1::Framing::kChunked) {
    text.append("transfer-encoding: chunked\r\n");
  }
  return text.append("\r\n");
}

/// Methods that llhttp does not know are refused there; nothing else may be read otherwise.
bool is_known(std::string_view method) {
  return method == "GET" || method == "POST" || method == "PUT" || method == "HEAD" || method == "OPTIONS";
}

void require_the_same_in_http1(const http1::Head& head) {
  if (!is_known(head.method)) {
    return;
  }
  std::string text = as_http1(head);
  http1::Decoder decoder(http1::Role::kRequest, {});
  const auto step = decoder.next(text);
  require(step.event == http1::Decoder::Event::kHead && step.consumed == text.size());
  const auto& again = decoder.head();
  require(again.method == head.method && again.target == head.target && again.authority == head.authority);
  require(again.framing == head.framing && again.content_length == head.content_length);
}

void require_no_body_of_a_connect(const http1::Head& head) {
  if (!head.connect_protocol.empty()) {
    require(head.framing == http1::Framing::kNone && !head.has_content_length && !head.authority.empty());
    require(head.target.starts_with('/') && (head.method == "GET" || head.method == "CONNECT"));
  }
}

/// Answers each request that has ended, so that what a server writes is exercised, too.
class Server final : public http2::SessionOwner {
 public:
  explicit Server(const http2::SessionLimits& limits) : session(http2::Role::kServer, limits, *this) {}

  class Request final : public http2::Stream {
   public:
    Request(Server& server, http2::StreamId id) : server_(server), recorded_(server.transcript), id_(id) {}
    void on_head(http2::FieldBlock& block, http2::BlockError error) override {
      recorded_.on_head(block, error);
      if (error == http2::BlockError::kNone &&
          head_.parse(block, http2::HeadEnd::kOpen, {}) == http1::DecodeError::kNone) {
        require_no_body_of_a_connect(head_.head());
        require_the_same_in_http1(head_.head());
      }
    }
    void on_data(std::string_view bytes) override {
      body_ += bytes;  // told at the end: how much is seen of one that breaks its promise depends on the cut
      server_.session.consume(id_, bytes.size());
    }
    void on_trailers(http2::FieldBlock& block, http2::BlockError error) override {
      recorded_.on_trailers(block, error);
    }
    void on_end() override {
      recorded_.on_data(body_);
      recorded_.on_end();
      const gabion::inspect::HeaderField fields[] = {{":status", "200"}};
      server_.session.respond(id_, fields, http2::Session::Body::kFollows);
    }
    void on_closed(http2::ClosedBy who, http2::ErrorCode code, std::string_view detail) override {
      recorded_.on_closed(who, code, detail);
    }
    [[nodiscard]] std::string_view outgoing() noexcept override { return recorded_.outgoing(); }
    [[nodiscard]] bool outgoing_ends() const noexcept override { return true; }
    [[nodiscard]] std::span<const gabion::inspect::HeaderField> outgoing_trailers() const noexcept override {
      return {};
    }
    void on_sent(std::size_t count) override { recorded_.on_sent(count); }
    void on_all_sent() override {}

   private:
    Server& server_;
    http2::RecordedStream recorded_;
    http2::StreamId id_;
    http2::RequestHead head_;
    std::string body_;
  };

  [[nodiscard]] http2::Stream* open_stream(http2::StreamId id) override {
    requests.push_back(std::make_unique<Request>(*this, id));
    return requests.back().get();
  }
  void on_goaway(http2::StreamId, http2::ErrorCode) override {}
  void on_settings() override {}
  void on_ping_answered() override {}
  [[nodiscard]] bool can_write() noexcept override { return true; }
  void write(std::string_view bytes) override { written += bytes.size(); }

  std::string transcript;
  std::size_t written = 0;
  std::vector<std::unique_ptr<Request>> requests;
  http2::Session session;
};

/// Bits of the second byte.
constexpr unsigned kPrefaced = 1;   // the rest stands behind preface and SETTINGS
constexpr unsigned kNoConnect = 2;  // no extended CONNECT was announced
constexpr unsigned kUpgraded = 4;   // the connection came by Upgrade: h2c

/// In as many calls as it wants.
bool feed(http2::Session& session, std::string_view piece) {
  const auto now = std::chrono::steady_clock::time_point(std::chrono::hours(1));
  bool fine = session.feed(piece, now);
  while (fine && session.is_paused()) {
    require(session.taken() <= piece.size());
    piece.remove_prefix(session.taken());
    fine = session.feed(piece, now);
  }
  return fine;
}

std::string read_in_pieces(std::string_view bytes, unsigned how, std::size_t cut, std::uint32_t share) {
  http2::SessionLimits limits;
  limits.block_bytes_a_feed = share;
  limits.connect_protocol = (how & kNoConnect) == 0;
  Server server(limits);
  if ((how & kUpgraded) != 0) {
    http2::FieldBlock block;
    for (const auto& [name, value] : {std::pair{":method", "GET"}, {":scheme", "http"}, {":path", "/"}}) {
      block.append(name, value);
    }
    server.session.upgrade({}, block);
  }
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    if (!feed(server.session, bytes.substr(at, cut))) {
      break;
    }
  }
  [[maybe_unused]] const bool flushed = server.session.flush();
  return server.transcript;
}

}  // namespace

/// First byte: where to cut. Second: how the connection begins.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  std::string bytes(data + 2, data + size);
  const unsigned how = data[1];
  if ((how & kPrefaced) != 0) {
    bytes = std::string(http2::kClientPreface) + http2::frame(http2::kSettings, 0, 0, "") + bytes;
  }
  const std::string whole = read_in_pieces(bytes, how, bytes.size() + 1, 0);
  require(whole == read_in_pieces(bytes, how, std::size_t{data[0]} % 31 + 1, 0));
  require(whole == read_in_pieces(bytes, how, std::size_t{data[0]} % 31 * 100 + 1, std::uint32_t{data[0]} * 16 + 1));
  return 0;
}
