// Covering and cutting of matched text: see evidence.h.
#include "inspect/waf/detector/evidence.h"

#include <algorithm>
#include <array>

#include "inspect/dlp/redact.h"

namespace gabion::inspect::waf {
namespace {

constexpr std::size_t kFieldBytes = 64;
constexpr std::array<std::string_view, 16> kCredentials{
    "pass",    "pwd",    "secret",     "token", "auth", "apikey",      "api_key", "api-key",
    "session", "cookie", "credential", "jwt",   "otp",  "matched_var", "tx:",     "request_body"};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

/// COOKIE is in the names of every cookie's variable too: those are sessions more often than not. What stands in TX or
/// MATCHED_VAR came from a variable whose name is not told, and a whole body holds any of them.
bool is_credential(std::string_view variable) {
  const std::string name = lower(variable);
  return std::any_of(kCredentials.begin(), kCredentials.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string printable(std::string_view text, std::size_t most) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    if (result.size() >= most) {
      break;
    }
    if (c >= ' ' && c < 0x7f && c != '\\') {
      result.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result.append("\\x").push_back(kDigits[byte >> 4U]);
    result.push_back(kDigits[byte & 0xfU]);
  }
  return result;
}

/// Cut after covering: the first digits of a number cut in two look like no card.
std::string covered(std::string_view text) {
  constexpr std::size_t kLongestCard = 64;
  return dlp::redact_text(text.substr(0, kMostShownBytes + kLongestCard));
}

}  // namespace

std::string shown_match(std::string_view variable, std::string_view matched) {
  if (is_credential(variable)) {
    return std::string(std::min<std::size_t>(matched.size(), 12), '*');
  }
  return printable(covered(matched), kMostShownBytes);
}

std::string shown_variable(std::string_view variable) {
  return printable(covered(variable), kFieldBytes);
}

}  // namespace gabion::inspect::waf
