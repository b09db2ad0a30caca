// The field names the proxy itself acts on: see field_id.h.
#include "proxy/protocol/http1/field_id.h"

#include <array>
#include <utility>

namespace gabion::proxy::http1 {
namespace {

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

constexpr std::array<std::pair<std::string_view, FieldId>, 21> kNames = {{
    {"te", FieldId::kTe},
    {"host", FieldId::kHost},
    {"range", FieldId::kRange},
    {"expect", FieldId::kExpect},
    {"upgrade", FieldId::kUpgrade},
    {"trailer", FieldId::kTrailer},
    {"connection", FieldId::kConnection},
    {"keep-alive", FieldId::kKeepAlive},
    {"user-agent", FieldId::kUserAgent},
    {"tracestate", FieldId::kTracestate},
    {"traceparent", FieldId::kTraceparent},
    {"x-request-id", FieldId::kRequestId},
    {"content-length", FieldId::kContentLength},
    {"http2-settings", FieldId::kHttp2Settings},
    {"accept-encoding", FieldId::kAcceptEncoding},
    {"x-forwarded-for", FieldId::kForwardedFor},
    {"content-encoding", FieldId::kContentEncoding},
    {"proxy-connection", FieldId::kProxyConnection},
    {"transfer-encoding", FieldId::kTransferEncoding},
    {"proxy-authorization", FieldId::kProxyAuthorization},
    {"x-forwarded-client-cert", FieldId::kForwardedClientCert},
}};

/// First and one past the last index in kNames for each length: names are sorted by it.
constexpr std::size_t kLongest = 24;
constexpr auto kByLength = [] {
  std::array<std::pair<std::uint8_t, std::uint8_t>, kLongest + 1> result{};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    auto& [first, last] = result[kNames[i].first.size()];
    if (first == last) {
      first = static_cast<std::uint8_t>(i);
    }
    last = static_cast<std::uint8_t>(i + 1);
  }
  return result;
}();

constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> result{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    result[static_cast<unsigned char>(c)] = true;
  }
  return result;
}();

}  // namespace

bool equals_lower(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) {
    return false;
  }
  if (text == lower) {  // as in HTTP/2, and as most write it
    return true;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (to_lower(text[i]) != lower[i]) {
      return false;
    }
  }
  return true;
}

FieldId field_id(std::string_view name) noexcept {
  if (name.size() > kLongest) {
    return FieldId::kOther;
  }
  const auto [first, last] = kByLength[name.size()];
  for (std::size_t i = first; i < last; ++i) {
    if (to_lower(name.front()) == kNames[i].first.front() && equals_lower(name, kNames[i].first)) {
      return kNames[i].second;
    }
  }
  return FieldId::kOther;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!kTokenCharacters[static_cast<unsigned char>(c)]) {
      return false;
    }
  }
  return !text.empty();
}

std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

bool list_contains(std::string_view list, std::string_view lower) noexcept {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (equals_lower(trim_ows(list.substr(0, comma)), lower)) {
      return true;
    }
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

}  // namespace gabion::proxy::http1
