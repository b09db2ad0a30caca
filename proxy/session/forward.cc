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
      return additions.identity_encoding;
    default:
      return false;
  }
}

bool travels(const http1::Head& head, std::size_t index, const RequestAdditions& additions) {
  const auto& field = head.fields[index];
  const FieldId id = head.ids[index];
  const bool ignored = id == FieldId::kExpect && head.minor_version == 0;  // RFC 9110 §10.1.1
  return !ignored && !is_hop_by_hop(id) && !is_replaced(id, additions) &&
         !(id == FieldId::kOther && is_proxy_claim(field.name)) &&
         !(additions.at_edge && is_origin_claim(id, field.name)) &&
         !(head.names_connection_options && is_named_in_connection(head, field.name));
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
                                       {"accept-encoding", additions.identity_encoding ? "identity" : ""}};
  for (const auto& field : ours) {
    if (!field.value.empty()) {
      fields.push_back(field);
    }
  }
}

void write_request_head(SendQueue& out, const inspect::RequestHead& judged, const http1::Head& head) {
  write_request_line(out, judged);
  http1::write_field(out, "host", judged.authority);
  for (const auto& field : judged.fields) {
    http1::write_field(out, field.name, field.value);
  }
  if (head.te_trailers) {
    out.append("te: trailers\r\nconnection: te\r\n");
  }
  if (head.framing != http1::Framing::kNone || head.has_content_length) {
    write_body_framing(out, head.framing, head.content_length);
  }
  out.append("\r\n");
}

void write_response_head(SendQueue& out, const http1::Head& head, const ResponseFraming& framing) {
  out.append("HTTP/1.1 ");
  out.append(http1::Decimal(head.status).view());
  out.append(" ");
  out.append(head.phrase);
  out.append("\r\n");
  bool has_request_id = false;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const auto& field = head.fields[i];
    const FieldId id = head.ids[i];
    if (is_hop_by_hop(id) || (head.names_connection_options && is_named_in_connection(head, field.name))) {
      continue;
    }
    has_request_id = has_request_id || id == FieldId::kRequestId;
    http1::write_field(out, field.name, field.value);
  }
  if (!has_request_id && !framing.request_id.empty() && head.status >= 200) {
    http1::write_field(out, "x-request-id", framing.request_id);
  }
  if (framing.framing == http1::Framing::kChunked || framing.framing == http1::Framing::kLength ||
      (framing.framing == http1::Framing::kNone && head.has_content_length && head.status >= 200 &&
       head.status != 204)) {
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

}  // namespace gabion::proxy
