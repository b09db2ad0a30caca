// Which fields travel on, and which are made anew: see forward.h.
#include "proxy/session/forward.h"

#include "proxy/protocol/http1/encoder.h"
#include "proxy/protocol/http1/field_id.h"

namespace gabion::proxy {
namespace {

using http1::FieldId;

/// Named by Connection (RFC 9110 §7.6.1). Only asked when Connection names anything unusual.
bool is_named_in_connection(const http1::Head& head, std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.ids[i] == FieldId::kConnection && http1::list_contains(head.fields[i].value, lower)) {
      return true;
    }
  }
  return false;
}

/// A coding's name stays with its bytes, whatever Connection says.
bool is_dropped_by_connection(const http1::Head& head, std::size_t index) {
  return head.ids[index] != FieldId::kContentEncoding && is_named_in_connection(head, head.fields[index].name);
}

/// Of the bytes as they were (RFC 9530, RFC 3230, RFC 1864).
bool is_digest(std::string_view name) noexcept {
  switch (name.size()) {
    case 6:
      return http1::equals_lower(name, "digest");
    case 11:
      return http1::equals_lower(name, "content-md5") || http1::equals_lower(name, "repr-digest");
    case 14:
      return http1::equals_lower(name, "content-digest");
    default:
      return false;
  }
}

/// Told by length, since every field of every answer that may be masked is asked about.
bool may_describe_body(FieldId id, std::size_t name_size) noexcept {
  constexpr std::uint32_t kLengths = 1U << 4U | 1U << 6U | 1U << 11U | 1U << 13U | 1U << 14U;  // etag … content-digest
  return id == FieldId::kContentEncoding ||
         (id == FieldId::kOther && name_size < 32 && (kLengths >> name_size & 1U) != 0);
}

/// A field of a response whose body leaves otherwise than it came.
template <class Put>
void put_rewritten_field(const Put& put, FieldId id, const inspect::HeaderField& field, BodyFields body) {
  const bool is_reframed = body >= BodyFields::kReframed;
  if (id == FieldId::kContentEncoding ? body == BodyFields::kDecoded : is_digest(field.name)) {
    return;
  }
  if (http1::equals_lower(field.name, "accept-ranges")) {
    put(field.name, "none", "");
  } else if (is_reframed && http1::equals_lower(field.name, "etag") && !field.value.starts_with("W/")) {
    put(field.name, "W/", field.value);
  } else {
    put(field.name, field.value, "");
  }
}

/// Fields of one hop, and framing, which is made anew.
bool is_hop_by_hop(FieldId id) noexcept {
  switch (id) {
    case FieldId::kConnection:
    case FieldId::kContentLength:
    case FieldId::kHttp2Settings:
    case FieldId::kKeepAlive:
    case FieldId::kProxyAuthorization:
    case FieldId::kProxyConnection:
    case FieldId::kTe:
    case FieldId::kTransferEncoding:
    case FieldId::kUpgrade:
      return true;
    case FieldId::kOther:
    case FieldId::kAcceptEncoding:
    case FieldId::kContentEncoding:
    case FieldId::kExpect:
    case FieldId::kForwardedClientCert:
    case FieldId::kForwardedFor:
    case FieldId::kHost:
    case FieldId::kRange:
    case FieldId::kRequestId:
    case FieldId::kTraceparent:
    case FieldId::kTracestate:
    case FieldId::kTrailer:
    case FieldId::kUserAgent:
      return false;
  }
  return true;
}

/// Where a request is said to come from; worth something only from a peer who proved who it is.
bool is_origin_claim(FieldId id, std::string_view name) noexcept {
  return id == FieldId::kForwardedFor ||
         (id == FieldId::kOther && (http1::equals_lower(name, "forwarded") || http1::equals_lower(name, "x-real-ip")));
}

/// Names by which other proxies speak to each other; from a client they are claims, not facts.
bool is_proxy_claim(std::string_view name) noexcept {
  return name.size() > 8 && (name[0] | 0x20) == 'x' && name[1] == '-' &&
         (http1::equals_lower(name.substr(0, 8), "x-envoy-") ||
          (name.size() > 9 && http1::equals_lower(name.substr(0, 9), "x-gabion-")));
}

bool is_replaced(FieldId id, const RequestAdditions& additions) noexcept {
  switch (id) {
    case FieldId::kHost:
    case FieldId::kForwardedClientCert:
      return true;
    case FieldId::kRequestId:
      return !additions.request_id.empty();
    case FieldId::kTraceparent:
      return !additions.traceparent.empty();
    case FieldId::kTracestate:
      return additions.drop_tracestate;
    case FieldId::kAcceptEncoding:
    case FieldId::kRange:
      return !additions.accept_encoding.empty();
    default:
      return false;
  }
}

bool travels(const http1::Head& head, std::size_t index, const RequestAdditions& additions) {
  const auto& field = head.fields[index];
  const FieldId id = head.ids[index];
  const bool ignored = id == FieldId::kExpect && head.minor_version == 0;  // RFC 9110 §10.1.1
  return !ignored && !is_hop_by_hop(id) && !is_replaced(id, additions) &&
         !(id == FieldId::kOther && field.name.size() == 8 && !additions.accept_encoding.empty() &&
           http1::equals_lower(field.name, "if-range")) &&
         !(id == FieldId::kOther && is_proxy_claim(field.name)) &&
         !(additions.at_edge && is_origin_claim(id, field.name)) &&
         !(head.names_connection_options && is_dropped_by_connection(head, index));
}

void write_request_line(SendQueue& out, const inspect::RequestHead& judged) {
  out.append(judged.method);
  out.append(" ");
  out.append(judged.path);
  if (judged.has_query) {
    out.append("?");
    out.append(judged.query);
  }
  out.append(" HTTP/1.1\r\n");
}

void write_body_framing(SendQueue& out, http1::Framing framing, std::uint64_t content_length) {
  if (framing == http1::Framing::kChunked) {
    out.append("transfer-encoding: chunked\r\n");
  } else {
    http1::write_field(out, "content-length", http1::Decimal(content_length).view());
  }
}

/// Most answers have no edits at all.
std::string_view value_of(const inspect::HeaderField& field, std::size_t index,
                          std::span<const inspect::FieldEdit> edits) noexcept {
  for (const inspect::FieldEdit& edit : edits) {
    if (edit.index == index) {
      return edit.value;
    }
  }
  return field.value;
}

/// Whether an answer says how long its body is.
bool tells_length(const http1::Head& head, const ResponseFraming& framing) noexcept {
  if (framing.framing == http1::Framing::kLength) {
    return true;
  }
  return framing.framing == http1::Framing::kNone && head.has_content_length && head.status >= 200 &&
         head.status != 204 && (framing.body < BodyFields::kReframed || head.content_length == 0);
}

/// All fields of an answer but those of one hop, framing and content-length: put(name, beginning, rest of the value).
template <class Put>
void put_response_fields(const http1::Head& head, const ResponseFraming& framing, const Put& put) {
  bool has_request_id = false;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const inspect::HeaderField field{head.fields[i].name, value_of(head.fields[i], i, framing.edits)};
    const FieldId id = head.ids[i];
    if (is_hop_by_hop(id) || (head.names_connection_options && is_dropped_by_connection(head, i))) {
      continue;
    }
    has_request_id = has_request_id || id == FieldId::kRequestId;
    if (framing.body == BodyFields::kKept || !may_describe_body(id, field.name.size())) {
      put(field.name, field.value, "");
    } else {
      put_rewritten_field(put, id, field, framing.body);
    }
  }
  if (!has_request_id && !framing.request_id.empty() && head.status >= 200) {
    put("x-request-id", framing.request_id, "");
  }
}

}  // namespace

void forwarded_fields(const http1::Head& head, const RequestAdditions& additions,
                      std::vector<inspect::HeaderField>& fields) {
  fields.clear();
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (travels(head, i, additions)) {
      fields.push_back(head.fields[i]);
    }
  }
  const inspect::HeaderField ours[] = {{"x-request-id", additions.request_id},
                                       {"traceparent", additions.traceparent},
                                       {"x-forwarded-client-cert", additions.client_certificate},
                                       {"accept-encoding", additions.accept_encoding}};
  for (const auto& field : ours) {
    if (!field.value.empty()) {
      fields.push_back(field);
    }
  }
}

inspect::RequestHead edited_head(inspect::RequestHead head, std::span<const inspect::FieldEdit> edits,
                                 std::vector<inspect::HeaderField>& fields) {
  for (const inspect::FieldEdit& edit : edits) {
    if (edit.index == inspect::FieldEdit::kPath) {
      head.path = edit.value;
    } else if (edit.index == inspect::FieldEdit::kQuery) {
      head.query = edit.value;
    } else {
      fields[edit.index].value = edit.value;
    }
  }
  head.fields = fields;
  return head;
}

void write_request_head(SendQueue& out, const inspect::RequestHead& judged, const http1::Head& head, BodyFields body) {
  write_request_line(out, judged);
  http1::write_field(out, "host", judged.authority);
  for (const auto& field : judged.fields) {
    if (body == BodyFields::kKept || !is_digest(field.name)) {
      http1::write_field(out, field.name, field.value);
    }
  }
  if (head.te_trailers) {
    out.append("te: trailers\r\nconnection: te\r\n");
  }
  if (head.framing != http1::Framing::kNone || head.has_content_length) {
    const bool is_chunked = body >= BodyFields::kReframed && head.framing != http1::Framing::kNone;
    write_body_framing(out, is_chunked ? http1::Framing::kChunked : head.framing, head.content_length);
  }
  out.append("\r\n");
}

namespace {

void list_target(http2::FieldBlock& block, const inspect::RequestHead& judged, std::string_view scheme) {
  block.append(":scheme", scheme);
  if (!judged.authority.empty()) {
    block.append(":authority", judged.authority);
  }
  block.append(":path", judged.path);
  if (judged.has_query) {
    block.append_more("?");
    block.append_more(judged.query);
  }
}

}  // namespace

void list_connect_fields(http2::FieldBlock& block, const inspect::RequestHead& judged, std::string_view scheme) {
  block.append(":method", "CONNECT");
  block.append(":protocol", "websocket");
  list_target(block, judged, scheme);
  for (const auto& field : judged.fields) {
    const FieldId id = http1::field_id(field.name);
    if (!is_hop_by_hop(id) && !http1::equals_lower(field.name, "sec-websocket-key")) {
      block.append_lower(field.name, field.value, "");
    }
  }
}

void list_request_fields(http2::FieldBlock& block, const inspect::RequestHead& judged, const http1::Head& head,
                         BodyFields body, std::string_view scheme) {
  block.append(":method", judged.method);
  list_target(block, judged, scheme);
  for (const auto& field : judged.fields) {
    if (body == BodyFields::kKept || !is_digest(field.name)) {
      block.append_lower(field.name, field.value, "");
    }
  }
  if (head.te_trailers) {
    block.append("te", "trailers");
  }
  const bool is_reframed = body >= BodyFields::kReframed && head.framing != http1::Framing::kNone;
  if (head.has_content_length && !is_reframed) {
    block.append("content-length", http1::Decimal(head.content_length).view());
  }
}

void list_upgraded_request(http2::FieldBlock& block, const http1::Head& head) {
  block.append(":method", head.method);
  block.append(":scheme", "http");
  block.append(":authority", head.authority);
  block.append(":path", head.target);
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const FieldId id = head.ids[i];
    const bool stays = is_hop_by_hop(id) || id == FieldId::kHost ||
                       (head.names_connection_options && is_dropped_by_connection(head, i));
    if (!stays) {
      block.append_lower(head.fields[i].name, head.fields[i].value, "");
    }
  }
  if (head.te_trailers) {
    block.append("te", "trailers");
  }
  if (head.has_content_length) {
    block.append("content-length", http1::Decimal(head.content_length).view());
  }
}

void write_trailers(SendQueue& out, std::span<const inspect::HeaderField> trailers, BodyFields body) {
  if (body == BodyFields::kKept || trailers.empty()) {
    http1::write_last_chunk(out, trailers);
    return;
  }
  out.append("0\r\n");
  for (const auto& field : trailers) {
    if (!is_digest(field.name)) {
      http1::write_field(out, field.name, field.value);
    }
  }
  out.append("\r\n");
}

void write_response_head(SendQueue& out, const http1::Head& head, const ResponseFraming& framing) {
  out.append("HTTP/1.1 ");
  out.append(http1::Decimal(head.status).view());
  out.append(" ");
  out.append(head.phrase);
  out.append("\r\n");
  put_response_fields(head, framing, [&out](std::string_view name, std::string_view value, std::string_view rest) {
    out.append(name);
    out.append(": ");
    out.append(value);
    out.append(rest);
    out.append("\r\n");
  });
  if (head.status == 101) {
    out.append("connection: Upgrade\r\nupgrade: websocket\r\n");
  }
  if (framing.framing == http1::Framing::kChunked || tells_length(head, framing)) {
    write_body_framing(out, framing.framing, head.content_length);
  } else if (framing.framing == http1::Framing::kNone && head.is_chunked && !framing.client_is_1_0) {
    out.append("transfer-encoding: chunked\r\n");  // an answer to HEAD says what GET would have said
  }
  if (framing.close) {
    out.append("connection: close\r\n");
  } else if (framing.keep_alive_1_0) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

void list_response_fields(http2::FieldBlock& block, const http1::Head& head, const ResponseFraming& framing) {
  const bool switches = head.status == 101;  // RFC 8441 §5: said with 200, and there is no key to accept
  block.append(":status", http1::Decimal(switches ? 200 : head.status).view());
  put_response_fields(head, framing, [&](std::string_view name, std::string_view value, std::string_view rest) {
    if (!switches || !http1::equals_lower(name, "sec-websocket-accept")) {
      block.append_lower(name, value, rest);
    }
  });
  if (tells_length(head, framing)) {
    block.append("content-length", http1::Decimal(head.content_length).view());
  }
}

void list_trailers(http2::FieldBlock& block, std::span<const inspect::HeaderField> trailers, BodyFields body) {
  for (const auto& field : trailers) {
    if (body == BodyFields::kKept || !is_digest(field.name)) {
      block.append_lower(field.name, field.value, "");
    }
  }
}

}  // namespace gabion::proxy
