// A request's head as HTTP/2 says it, checked by RFC 9113 §8 and told with the words of HTTP/1.1.
#pragma once

#include <cstdint>
#include <string>

#include "proxy/protocol/http1/head.h"
#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy::http2 {

/// Whether DATA or trailers can follow.
enum class HeadEnd : std::uint8_t { kOpen, kEndsStream };

/// Reads one head at a time; owns the block and what is made of it, into which head() views. What it lets through says,
/// written as HTTP/1.1, what it said here: nothing in it ends a line, names a hop or frames a body. An extended CONNECT
/// for WebSocket is the GET that RFC 6455 has in its place, without a body: what follows is no HTTP.
class RequestHead {
 public:
  /// Takes the fields of `block` over. kNone: head() is set. Nobody has looked at them before.
  [[nodiscard]] http1::DecodeError parse(FieldBlock& block, HeadEnd end, const http1::DecoderLimits& limits);

  [[nodiscard]] const http1::Head& head() const noexcept { return head_; }
  [[nodiscard]] const char* detail() const noexcept { return detail_; }
  [[nodiscard]] std::size_t kept_bytes() const noexcept;
  /// Forgets the head and gives its memory back, unless it is little.
  void release() noexcept;

 private:
  /// The pseudo-header fields of RFC 9113 §8.3.1 and RFC 8441 §4.
  enum class Pseudo : std::uint8_t { kMethod, kScheme, kAuthority, kPath, kProtocol, kCount };
  [[nodiscard]] http1::DecodeError fail(const char* detail) noexcept;
  [[nodiscard]] http1::DecodeError check_size(const http1::DecoderLimits& limits) noexcept;
  [[nodiscard]] http1::DecodeError read_pseudo(const inspect::HeaderField& field) noexcept;
  [[nodiscard]] http1::DecodeError read_field(const inspect::HeaderField& field);
  [[nodiscard]] http1::DecodeError read_known(http1::FieldId id, std::string_view value);
  [[nodiscard]] http1::DecodeError read_content_length(std::string_view value) noexcept;
  [[nodiscard]] http1::DecodeError read_connect() noexcept;
  [[nodiscard]] http1::DecodeError check_framing(HeadEnd end) noexcept;
  [[nodiscard]] http1::DecodeError check_target() noexcept;
  [[nodiscard]] http1::DecodeError check_authority() noexcept;
  void add(http1::FieldId id, const inspect::HeaderField& field);
  void join_cookies();
  [[nodiscard]] bool has(Pseudo pseudo) const noexcept { return (seen_ >> static_cast<unsigned>(pseudo) & 1U) != 0; }

  FieldBlock block_;
  std::string cookies_;
  std::uint32_t cookie_crumbs_ = 0;
  http1::Head head_;
  std::string_view scheme_;
  std::string_view host_;
  std::uint32_t hosts_ = 0;
  std::uint32_t seen_ = 0;  // bits by Pseudo
  const char* detail_ = "";
};

/// Fields behind a body, with those that may not stand there left out, as views into `block`. False: malformed.
[[nodiscard]] bool read_request_trailers(const FieldBlock& block, std::vector<inspect::HeaderField>& fields);

}  // namespace gabion::proxy::http2
