// OpenSSL decodes; what it forgives is refused before.
#include "proxy/commands/waf/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace gabion::proxy::waf {
namespace {

bool is_digit(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const auto digits = text.substr(0, text.size() - padding);
  if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max() ||
      !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) {
    return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(length) - padding);  // EVP_DecodeBlock counts the padding as bytes
  return bytes;
}

}  // namespace gabion::proxy::waf
