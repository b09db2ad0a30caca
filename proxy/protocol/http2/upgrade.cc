// An offer to go on in HTTP/2 behind a request of HTTP/1.1: see upgrade.h.
#include "proxy/protocol/http2/upgrade.h"

#include <algorithm>
#include <cstdint>

namespace gabion::proxy::http2 {
namespace {

using http1::FieldId;

constexpr std::size_t kEntryBytes = 6;  // RFC 9113 §6.5.1
constexpr std::size_t kMostEntries = 32;
constexpr std::size_t kMostText = kMostEntries * kEntryBytes * 4 / 3;

int value_of(char c) noexcept {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) noexcept {
  std::uint32_t number = 0;
  for (const char c : bytes.substr(at, count)) {
    number = number << 8U | static_cast<unsigned char>(c);
  }
  return number;
}

bool is_setting(std::uint32_t id, std::uint32_t value) noexcept {
  constexpr std::uint32_t kPush = 2, kWindow = 4, kFrameSize = 5, kConnectProtocol = 8, kNoPriorities = 9;
  switch (id) {
    case kPush:
    case kConnectProtocol:
    case kNoPriorities:
      return value <= 1;
    case kWindow:
      return value <= 0x7fff'ffff;
    case kFrameSize:
      return value >= 16'384 && value <= 16'777'215;
    default:
      return true;
  }
}

bool is_once(const http1::Head& head, FieldId id) noexcept {
  return std::count(head.ids.begin(), head.ids.end(), id) == 1;
}

bool names_in_connection(const http1::Head& head, std::string_view lower) noexcept {
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (head.ids[i] == FieldId::kConnection && http1::list_contains(head.fields[i].value, lower)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) {
      return std::nullopt;
    }
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<char>(bits >> held & 0xffU));
      bits &= (1U << held) - 1;
    }
  }
  return held < 6 && bits == 0 ? std::optional(bytes) : std::nullopt;
}

bool is_settings_payload(std::string_view payload) noexcept {
  if (payload.size() % kEntryBytes != 0 || payload.size() / kEntryBytes > kMostEntries) {
    return false;
  }
  for (std::size_t at = 0; at < payload.size(); at += kEntryBytes) {
    if (!is_setting(number_at(payload, at, 2), number_at(payload, at + 2, 4))) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> read_h2c_offer(const http1::Head& head) {
  const bool offers = head.has_upgrade && head.minor_version == 1 && is_once(head, FieldId::kUpgrade) &&
                      http1::equals_lower(head.field(FieldId::kUpgrade), "h2c") && names_in_connection(head, "upgrade");
  const bool may = head.framing == http1::Framing::kNone && head.method != "CONNECT" && !head.connection_close;
  if (!offers || !may || !is_once(head, FieldId::kHttp2Settings) || !names_in_connection(head, "http2-settings")) {
    return std::nullopt;
  }
  const auto text = head.field(FieldId::kHttp2Settings);
  if (text.empty() || text.size() > kMostText) {
    return std::nullopt;
  }
  auto payload = decode_base64url(text);
  return payload && is_settings_payload(*payload) ? payload : std::nullopt;
}

}  // namespace gabion::proxy::http2
