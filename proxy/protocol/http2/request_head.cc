// A request's head as HTTP/2 says it: see request_head.h.
#include "proxy/protocol/http2/request_head.h"

#include <algorithm>

#include "proxy/protocol/http1/syntax.h"
#include "proxy/protocol/http1/trailers.h"
#include "proxy/protocol/http2/field_syntax.h"

namespace gabion::proxy::http2 {
namespace {

using http1::DecodeError;
using http1::FieldId;

/// Visible ASCII, as our HTTP/1 decoder takes it in a request line.
bool is_path(std::string_view path) noexcept {
  return std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// "a" and "A" are the same host (RFC 9110 §4.2.3).
bool is_same_host(std::string_view a, std::string_view b) noexcept {
  return inspect::equals_without_case(a, b);
}

}  // namespace

DecodeError RequestHead::fail(const char* detail) noexcept {
  detail_ = detail;
  return DecodeError::kMalformed;
}

DecodeError RequestHead::parse(FieldBlock& block, HeadEnd end, const http1::DecoderLimits& limits) {
  block_.swap(block);
  head_.clear();
  head_.major_version = 2;
  cookies_.clear();
  scheme_ = host_ = {};
  cookie_crumbs_ = hosts_ = seen_ = 0;
  detail_ = "";
  add(FieldId::kHost, {"host", {}});  // rules look for it among the fields; filled below
  bool in_pseudo = true;
  for (std::size_t i = 0; i < block_.size(); ++i) {
    const auto field = block_[i];
    const bool is_pseudo = field.name.starts_with(':');
    if (is_pseudo && !in_pseudo) {
      return fail("a pseudo-header field behind other fields");
    }
    in_pseudo = is_pseudo;
    const auto error = is_pseudo ? read_pseudo(field) : read_field(field);
    if (error != DecodeError::kNone) {
      return error;
    }
  }
  join_cookies();
  if (const auto error = check_target(); error != DecodeError::kNone) {
    return error;
  }
  head_.fields.front().value = head_.authority;
  if (const auto error = check_framing(end); error != DecodeError::kNone) {
    return error;
  }
  return check_size(limits);
}

DecodeError RequestHead::check_framing(HeadEnd end) noexcept {
  if (has(Pseudo::kProtocol)) {
    return head_.has_content_length ? fail("an extended CONNECT with content-length") : DecodeError::kNone;
  }
  if (end == HeadEnd::kEndsStream) {
    return head_.content_length != 0 ? fail("content-length without a body") : DecodeError::kNone;
  }
  head_.framing = !head_.has_content_length   ? http1::Framing::kChunked
                  : head_.content_length != 0 ? http1::Framing::kLength
                                              : http1::Framing::kNone;
  return DecodeError::kNone;
}

DecodeError RequestHead::check_size(const http1::DecoderLimits& limits) noexcept {
  if (head_.method.size() + head_.target.size() > limits.start_line_bytes) {
    return DecodeError::kStartLineTooLong;
  }
  return head_.fields.size() > limits.header_count ? DecodeError::kTooManyHeaders : DecodeError::kNone;
}

DecodeError RequestHead::read_pseudo(const inspect::HeaderField& field) noexcept {
  Pseudo pseudo = Pseudo::kCount;
  if (field.name == ":method") {
    pseudo = Pseudo::kMethod;
    head_.method = field.value;
  } else if (field.name == ":scheme") {
    pseudo = Pseudo::kScheme;
    scheme_ = field.value;
  } else if (field.name == ":authority") {
    pseudo = Pseudo::kAuthority;
    head_.authority = field.value;
  } else if (field.name == ":path") {
    pseudo = Pseudo::kPath;
    head_.target = field.value;
  } else if (field.name == ":protocol") {
    pseudo = Pseudo::kProtocol;
    head_.connect_protocol = field.value;
  } else {
    return fail("an unknown pseudo-header field");
  }
  if (has(pseudo)) {
    return fail("a pseudo-header field twice");
  }
  seen_ |= 1U << static_cast<unsigned>(pseudo);
  return DecodeError::kNone;
}

DecodeError RequestHead::read_field(const inspect::HeaderField& field) {
  if (!is_field_name(field.name)) {
    return fail("a field name is no token in lower case");
  }
  // Many backends read '_' as '-': a second spelling of every name that rules are about.
  if (field.name.find('_') != std::string_view::npos) {
    return fail("underscore in a field name");
  }
  if (!is_field_value(field.value)) {
    return fail("a field value with a control character, or a blank at its end");
  }
  if (field.name == "cookie") {
    if (!field.value.empty()) {  // RFC 9113 §8.2.3; an empty crumb would leave a blank at the end
      cookies_.append(cookies_.empty() ? "" : "; ").append(field.value);
    }
    ++cookie_crumbs_;
    return DecodeError::kNone;
  }
  const FieldId id = http1::field_id(field.name);
  if (const auto error = read_known(id, field.value); error != DecodeError::kNone) {
    return error;
  }
  if (id != FieldId::kHost) {
    add(id, field);
  }
  return DecodeError::kNone;
}

DecodeError RequestHead::read_known(FieldId id, std::string_view value) {
  switch (id) {
    case FieldId::kConnection:
    case FieldId::kKeepAlive:
    case FieldId::kProxyConnection:
    case FieldId::kTransferEncoding:
    case FieldId::kUpgrade:
    case FieldId::kHttp2Settings:
      return fail("a field of one HTTP/1 connection");
    case FieldId::kContentLength:
      return read_content_length(value);
    case FieldId::kHost:
      ++hosts_;
      host_ = value;
      return DecodeError::kNone;
    case FieldId::kTe:
      if (!http1::equals_lower(value, "trailers")) {
        return fail("te other than trailers");
      }
      head_.te_trailers = true;
      return DecodeError::kNone;
    case FieldId::kExpect:
      (http1::equals_lower(value, "100-continue") ? head_.expects_continue : head_.expects_other) = true;
      return DecodeError::kNone;
    case FieldId::kOther:
    case FieldId::kAcceptEncoding:
    case FieldId::kContentEncoding:
    case FieldId::kForwardedClientCert:
    case FieldId::kForwardedFor:
    case FieldId::kProxyAuthorization:
    case FieldId::kRange:
    case FieldId::kRequestId:
    case FieldId::kTraceparent:
    case FieldId::kTracestate:
    case FieldId::kTrailer:
    case FieldId::kUserAgent:
      return DecodeError::kNone;
  }
  return DecodeError::kNone;
}

DecodeError RequestHead::read_content_length(std::string_view value) noexcept {
  if (head_.has_content_length) {
    return fail("more than one content-length");
  }
  const auto length = http1::parse_content_length(value);
  if (!length) {
    return fail("content-length is not a number");
  }
  head_.content_length = *length;
  head_.has_content_length = true;
  return DecodeError::kNone;
}

/// RFC 8441 §4: it has a path, which is judged, where a CONNECT has none.
DecodeError RequestHead::read_connect() noexcept {
  if (head_.method != "CONNECT" || !http1::is_token(head_.connect_protocol)) {
    return fail(":protocol without CONNECT, or no token");
  }
  if (!has(Pseudo::kAuthority)) {
    return fail("an extended CONNECT without :authority");
  }
  if (http1::equals_lower(head_.connect_protocol, "websocket")) {
    head_.method = "GET";
  }
  return DecodeError::kNone;
}

DecodeError RequestHead::check_target() noexcept {
  if (!has(Pseudo::kMethod) || !http1::is_token(head_.method)) {
    return fail(":method is missing or no token");
  }
  if (has(Pseudo::kProtocol)) {
    if (const auto error = read_connect(); error != DecodeError::kNone) {
      return error;
    }
  } else if (head_.method == "CONNECT") {  // refused by the exchange, whatever the target
    head_.target = head_.authority;
    return has(Pseudo::kScheme) || has(Pseudo::kPath) ? fail("CONNECT with :scheme or :path") : check_authority();
  }
  if (!has(Pseudo::kScheme) || (scheme_ != "http" && scheme_ != "https")) {
    return fail(":scheme is neither http nor https");
  }
  if (!has(Pseudo::kPath) || head_.target.empty()) {
    return fail(":path is missing or empty");
  }
  if (!is_path(head_.target) || (head_.target.front() != '/' && (head_.target != "*" || head_.method != "OPTIONS"))) {
    return fail(":path is not a path");
  }
  return check_authority();
}

/// Two views of one request is how rules are walked around: they must be equal, but for case.
DecodeError RequestHead::check_authority() noexcept {
  if (hosts_ > 1) {
    return fail("more than one host");
  }
  if (!has(Pseudo::kAuthority)) {
    head_.authority = host_;
  } else if (hosts_ == 1 && !is_same_host(head_.authority, host_)) {
    return fail(":authority differs from host");
  }
  return http1::is_authority(head_.authority) ? DecodeError::kNone : fail("no :authority, or a malformed one");
}

void RequestHead::add(FieldId id, const inspect::HeaderField& field) {
  head_.fields.push_back(field);
  head_.ids.push_back(id);
}

void RequestHead::join_cookies() {
  if (cookie_crumbs_ != 0) {
    add(FieldId::kOther, {"cookie", cookies_});
  }
}

std::size_t RequestHead::kept_bytes() const noexcept {
  return block_.kept_bytes() + cookies_.capacity() + head_.fields.capacity() * sizeof(inspect::HeaderField) +
         head_.ids.capacity() * sizeof(FieldId);
}

void RequestHead::release() noexcept {
  constexpr std::size_t kLittle = 4096;
  if (block_.kept_bytes() + cookies_.capacity() > kLittle) {
    head_ = http1::Head{};
    FieldBlock().swap(block_);
    std::string().swap(cookies_);
  }
}

bool read_request_trailers(const FieldBlock& block, std::vector<inspect::HeaderField>& fields) {
  fields.clear();
  for (std::size_t i = 0; i < block.size(); ++i) {
    const auto field = block[i];
    if (!is_field_name(field.name) || !is_field_value(field.value) ||
        is_of_one_connection(http1::field_id(field.name))) {
      return false;
    }
    if (http1::may_be_trailer(field.name)) {
      fields.push_back(field);
    }
  }
  return true;
}

}  // namespace gabion::proxy::http2
