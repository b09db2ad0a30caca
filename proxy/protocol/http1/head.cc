// A request's or response's head: see head.h.
#include "proxy/protocol/http1/head.h"

#include <llhttp.h>

#include "proxy/protocol/http1/syntax.h"

namespace gabion::proxy::http1 {

namespace {

// Each field is looked up among them: without a bound a head of 64 KiB would cost millions of comparisons.
constexpr std::uint32_t kMostConnectionOptions = 64;

}  // namespace

struct HeadParser::Callbacks {
  static HeadParser& self(llhttp_t* parser) noexcept { return *static_cast<HeadParser*>(parser->data); }

  static int on_method(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_.method = {at, length};
    return 0;
  }
  static int on_url(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_.target = {at, length};
    return 0;
  }
  static int on_status(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_.phrase = {at, length};
    return 0;
  }
  static int on_field(llhttp_t* parser, const char* at, std::size_t length) {
    self(parser).head_.fields.push_back({{at, length}, {}});
    return 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t length) {
    auto& fields = self(parser).head_.fields;
    if (fields.empty()) {
      return -1;
    }
    fields.back().value = trim_ows({at, length});
    return 0;
  }
  static int on_headers_complete(llhttp_t* parser) {
    auto& head = self(parser).head_;
    head.minor_version = parser->http_minor;
    head.status = parser->status_code;
    if (parser->http_major != 1 || parser->http_minor > 1) {
      return -1;
    }
    return HPE_PAUSED;  // bodies are framed by us: one reading, ours
  }
  static const llhttp_settings_t& settings() noexcept {
    static const llhttp_settings_t instance = [] {
      llhttp_settings_t made;
      llhttp_settings_init(&made);
      made.on_method = on_method;
      made.on_url = on_url;
      made.on_status = on_status;
      made.on_header_field = on_field;
      made.on_header_value = on_value;
      made.on_headers_complete = on_headers_complete;
      return made;
    }();
    return instance;
  }
};

void Head::clear() noexcept {
  auto kept_fields = std::move(fields);
  auto kept_ids = std::move(ids);
  kept_fields.clear();
  kept_ids.clear();
  *this = Head{};
  fields = std::move(kept_fields);
  ids = std::move(kept_ids);
}

std::string_view Head::field(FieldId id) const noexcept {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == id) {
      return fields[i].value;
    }
  }
  return {};
}

void HeadParser::release() noexcept {
  head_ = Head{};
  std::string().swap(copy_);  // an assignment would keep the capacity
}

std::size_t HeadParser::kept_bytes() const noexcept {
  return copy_.capacity() + head_.fields.capacity() * sizeof(inspect::HeaderField) +
         head_.ids.capacity() * sizeof(FieldId);
}

DecodeError HeadParser::fail(const char* detail) noexcept {
  detail_ = detail;
  return DecodeError::kMalformed;
}

DecodeError HeadParser::parse(std::string_view section, bool answers_head) {
  copy_.assign(section);
  head_.clear();
  hosts_ = connection_options_ = 0;
  detail_ = "";
  if (const auto error = run_llhttp(); error != DecodeError::kNone) {
    return error;
  }
  if (const auto error = check_start_line(); error != DecodeError::kNone) {
    return error;
  }
  if (const auto error = read_fields(); error != DecodeError::kNone) {
    return error;
  }
  if (role_ == Role::kResponse) {
    return frame_response(answers_head);
  }
  if (const auto error = check_target(); error != DecodeError::kNone) {
    return error;
  }
  return frame_request();
}

DecodeError HeadParser::run_llhttp() {
  llhttp_t parser;
  llhttp_init(&parser, role_ == Role::kRequest ? HTTP_REQUEST : HTTP_RESPONSE, &Callbacks::settings());
  parser.data = this;
  const auto error = llhttp_execute(&parser, copy_.data(), copy_.size());
  switch (error) {
    case HPE_PAUSED:
    case HPE_PAUSED_UPGRADE:
      return DecodeError::kNone;
    case HPE_OK:
      return fail("the head does not end where it should");
    case HPE_INVALID_VERSION:
    case HPE_CB_HEADERS_COMPLETE:
      detail_ = "only HTTP/1.0 and HTTP/1.1";
      return DecodeError::kUnsupportedVersion;
    default:
      return fail(llhttp_get_error_reason(&parser) != nullptr && *llhttp_get_error_reason(&parser) != '\0'
                      ? llhttp_get_error_reason(&parser)
                      : llhttp_errno_name(error));
  }
}

DecodeError HeadParser::check_start_line() noexcept {
  const auto line = std::string_view(copy_).substr(0, copy_.find("\r\n"));
  if (role_ == Role::kResponse) {
    return is_status_line(line) ? DecodeError::kNone : fail("the status line is not to the letter of RFC 9112");
  }
  return is_request_line(line, head_.method, head_.target) ? DecodeError::kNone
                                                           : fail("the request line is not to the letter of RFC 9112");
}

DecodeError HeadParser::read_fields() {
  for (const auto& field : head_.fields) {
    if (!is_token(field.name)) {
      return fail("field name is not a token");
    }
    // Many backends read '_' as '-': a second spelling of every name that rules are about.
    if (role_ == Role::kRequest && field.name.find('_') != std::string_view::npos) {
      return fail("underscore in a field name");
    }
    const FieldId id = field_id(field.name);
    head_.ids.push_back(id);
    if (const auto error = read_field(id, field.value); error != DecodeError::kNone) {
      return error;
    }
  }
  if (head_.is_chunked && head_.has_content_length) {
    return fail("both Content-Length and Transfer-Encoding");
  }
  return DecodeError::kNone;
}

DecodeError HeadParser::read_field(FieldId id, std::string_view value) {
  switch (id) {
    case FieldId::kContentLength:
      return read_content_length(value);
    case FieldId::kTransferEncoding:
      return read_transfer_encoding(value);
    case FieldId::kHost:
      ++hosts_;
      head_.authority = value;
      return DecodeError::kNone;
    case FieldId::kConnection:
      return read_connection(value);
    case FieldId::kExpect:
      if (head_.minor_version != 0) {  // RFC 9110 §10.1.1: HTTP/1.0 has no expectations
        (equals_lower(value, "100-continue") ? head_.expects_continue : head_.expects_other) = true;
      }
      return DecodeError::kNone;
    case FieldId::kUpgrade:
      head_.has_upgrade = true;
      return DecodeError::kNone;
    case FieldId::kTe:
      head_.te_trailers = head_.te_trailers || list_contains(value, "trailers");
      return DecodeError::kNone;
    case FieldId::kOther:
    case FieldId::kAcceptEncoding:
    case FieldId::kContentEncoding:
    case FieldId::kForwardedClientCert:
    case FieldId::kForwardedFor:
    case FieldId::kHttp2Settings:
    case FieldId::kKeepAlive:
    case FieldId::kProxyAuthorization:
    case FieldId::kProxyConnection:
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

DecodeError HeadParser::read_transfer_encoding(std::string_view value) noexcept {
  if (head_.is_chunked || !equals_lower(value, "chunked")) {
    return fail("Transfer-Encoding other than one \"chunked\"");
  }
  if (head_.minor_version == 0) {
    return fail("Transfer-Encoding in HTTP/1.0");
  }
  head_.is_chunked = true;
  return DecodeError::kNone;
}

DecodeError HeadParser::read_content_length(std::string_view value) {
  if (head_.has_content_length) {
    return fail("more than one Content-Length");
  }
  const auto length = parse_content_length(value);
  if (!length) {
    return fail("Content-Length is not a number");
  }
  head_.content_length = *length;
  head_.has_content_length = true;
  return DecodeError::kNone;
}

DecodeError HeadParser::read_connection(std::string_view value) noexcept {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const auto option = trim_ows(value.substr(0, comma));
    if (equals_lower(option, "close")) {
      head_.connection_close = true;
    } else if (equals_lower(option, "keep-alive")) {
      head_.connection_keep_alive = true;
    } else if (!option.empty() && !equals_lower(option, "te") && !equals_lower(option, "upgrade")) {
      head_.names_connection_options = true;
    }
    if (++connection_options_ > kMostConnectionOptions) {
      return fail("Connection has too many options");
    }
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return DecodeError::kNone;
}

DecodeError HeadParser::check_target() {
  if (hosts_ > 1) {
    return fail("more than one Host");
  }
  if (hosts_ == 0 && head_.minor_version == 1) {
    return fail("no Host in HTTP/1.1");
  }
  if (hosts_ == 1 && !is_authority(head_.authority)) {
    return fail("Host is not an authority");
  }
  if (head_.method == "CONNECT") {
    return DecodeError::kNone;  // refused by the session, whatever the target
  }
  if (head_.target == "*") {
    return head_.method == "OPTIONS" ? DecodeError::kNone : fail("asterisk-form is for OPTIONS");
  }
  if (!head_.target.empty() && head_.target.front() == '/') {
    return DecodeError::kNone;
  }
  return reduce_absolute_form();
}

DecodeError HeadParser::reduce_absolute_form() {
  auto rest = head_.target;
  if (rest.size() < 7 || !equals_lower(rest.substr(0, 7), "http://")) {
    return fail("target is neither a path nor an http URI");
  }
  rest.remove_prefix(7);
  const auto slash = rest.find_first_of("/?#");
  const auto authority = rest.substr(0, slash);
  // Two views of one request is how rules are walked around: they must be equal, letter by letter but for case.
  if (hosts_ == 1) {
    std::string lower(authority);
    for (char& c : lower) {
      c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    if (!equals_lower(head_.authority, lower)) {
      return fail("the target's authority differs from Host");
    }
  } else if (!is_authority(authority)) {
    return fail("the target's authority is malformed");
  }
  head_.authority = authority;
  if (slash == std::string_view::npos) {
    head_.target = "/";
  } else if (rest[slash] == '/') {
    head_.target = rest.substr(slash);
  } else {
    return fail("absolute-form without a path");
  }
  return DecodeError::kNone;
}

DecodeError HeadParser::frame_request() noexcept {
  if (head_.is_chunked) {
    head_.framing = Framing::kChunked;
  } else if (head_.has_content_length && head_.content_length > 0) {
    head_.framing = Framing::kLength;
  }
  return DecodeError::kNone;
}

DecodeError HeadParser::frame_response(bool answers_head) noexcept {
  const auto status = head_.status;
  if (status < 100) {
    return fail("status below 100");
  }
  if (status < 200 || status == 204) {
    if (head_.is_chunked || (head_.has_content_length && head_.content_length != 0)) {
      return fail("a body is announced where the status allows none");
    }
    return DecodeError::kNone;
  }
  if (status == 304 || answers_head) {
    return DecodeError::kNone;
  }
  if (head_.is_chunked) {
    head_.framing = Framing::kChunked;
  } else if (!head_.has_content_length) {
    head_.framing = Framing::kUntilClose;
  } else if (head_.content_length > 0) {
    head_.framing = Framing::kLength;
  }
  return DecodeError::kNone;
}

}  // namespace gabion::proxy::http1
