// What came behind a chunked body: see trailers.h.
#include "proxy/protocol/http1/trailers.h"

#include "proxy/protocol/http1/field_id.h"
#include "proxy/protocol/http1/syntax.h"

namespace gabion::proxy::http1 {
namespace {

/// Some backends merge trailers into the head: no credentials, no claims about the caller, no second spelling with '_'.
bool is_harmless(std::string_view name) noexcept {
  for (const std::string_view never :
       {"authorization", "cookie", "set-cookie", "content-type", "forwarded", "x-real-ip"}) {
    if (equals_lower(name, never)) {
      return false;
    }
  }
  for (const std::string_view prefix : {"x-forwarded-", "x-envoy-", "x-gabion-"}) {
    if (equals_lower(name.substr(0, prefix.size()), prefix)) {
      return false;
    }
  }
  return name.find('_') == std::string_view::npos;
}

}  // namespace

bool may_be_trailer(std::string_view name) noexcept {
  switch (field_id(name)) {
    case FieldId::kOther:
      return is_harmless(name);
    case FieldId::kUserAgent:
      return true;
    case FieldId::kAcceptEncoding:
    case FieldId::kConnection:
    case FieldId::kContentEncoding:
    case FieldId::kContentLength:
    case FieldId::kExpect:
    case FieldId::kForwardedClientCert:
    case FieldId::kForwardedFor:
    case FieldId::kHost:
    case FieldId::kHttp2Settings:
    case FieldId::kKeepAlive:
    case FieldId::kProxyAuthorization:
    case FieldId::kProxyConnection:
    case FieldId::kRange:
    case FieldId::kRequestId:
    case FieldId::kTe:
    case FieldId::kTraceparent:
    case FieldId::kTracestate:
    case FieldId::kTrailer:
    case FieldId::kTransferEncoding:
    case FieldId::kUpgrade:
      return false;
  }
  return false;
}

bool parse_trailers(std::string_view section, std::vector<inspect::HeaderField>& fields) {
  fields.clear();
  while (section.size() > 2) {
    const auto end = section.find("\r\n");
    const auto line = section.substr(0, end);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return false;
    }
    if (may_be_trailer(line.substr(0, colon))) {
      fields.push_back({line.substr(0, colon), trim_ows(line.substr(colon + 1))});
    }
    section.remove_prefix(end + 2);
  }
  return true;
}

}  // namespace gabion::proxy::http1
