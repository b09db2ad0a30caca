// HTTP/1 from decisions to bytes: see encoder.h.
#include "proxy/protocol/http1/encoder.h"

#include <charconv>

namespace gabion::proxy::http1 {

ChunkSize::ChunkSize(std::uint64_t size) noexcept {
  char* end = std::to_chars(text, text + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  length = static_cast<std::uint8_t>(end - text);
}

Decimal::Decimal(std::uint64_t value) noexcept {
  length = static_cast<std::uint8_t>(std::to_chars(text, text + sizeof text, value).ptr - text);
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 426:
      return "Upgrade Required";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

}  // namespace gabion::proxy::http1
