// The forms issuers publish, and GitHub's check.
#include "inspect/dlp/checks/tokens.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/base64.h"
#include "inspect/dlp/checks/entropy.h"
#include "inspect/dlp/checks/json_key.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kWebhookPath = "hooks.slack.com/services/";
constexpr std::string_view kKeyIdName = "\"private_key_id";

bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || is_letter(c);
}

template <typename Class>
bool all_of(std::string_view text, Class fits) noexcept {
  return std::all_of(text.begin(), text.end(), fits);
}

// IEEE 802.3, reflected.
std::uint32_t crc32(std::string_view text) noexcept {
  std::uint32_t crc = ~0U;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
  }
  return ~crc;
}

bool holds_crc(std::string_view random, std::string_view check) noexcept {
  std::uint32_t crc = crc32(random);
  for (std::size_t i = check.size(); i > 0; --i) {
    if (check[i - 1] != "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[crc % 62]) {
      return false;
    }
    crc /= 62;
  }
  return true;
}

bool is_fine_grained_github_token(std::string_view behind_prefix) noexcept {
  return behind_prefix.size() == 82 && behind_prefix[22] == '_' &&
         all_of(behind_prefix.substr(0, 22), is_alphanumeric) && all_of(behind_prefix.substr(23), is_alphanumeric);
}

template <std::size_t kBytes>
bool is_random_base64(std::string_view value) noexcept {
  std::array<char, kBytes + 2> bytes{};
  return decode_base64(value, Base64::kStandard, bytes) == kBytes && entropy_bits(value) >= 4;
}

/// "T" or "B", letters and digits, '/': removed from the front of `path`.
bool take_slack_part(std::string_view& path, char first) noexcept {
  const std::size_t end = path.find('/');
  if (end == std::string_view::npos || end < 6 || path[0] != first || !all_of(path.substr(0, end), is_alphanumeric)) {
    return false;
  }
  path.remove_prefix(end + 1);
  return true;
}

bool is_slack_webhook(std::string_view text) noexcept {
  const std::size_t at = text.find(kWebhookPath);
  if (at == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(at + kWebhookPath.size());
  return take_slack_part(text, 'T') && take_slack_part(text, 'B') && text.size() >= 20 &&
         all_of(text, is_alphanumeric) && !is_placeholder(text);
}

}  // namespace

bool is_jwt(std::string_view text) noexcept {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || !all_of(text.substr(first + 1, second - first - 1), is_base64url) ||
      !all_of(text.substr(second + 1), is_base64url)) {
    return false;
  }
  std::array<char, 2048> header{};
  const auto size = decode_base64(text.substr(0, first), Base64::kUrl, header);
  return size && holds_json_string({header.data(), *size}, "alg");
}

bool is_github_token(std::string_view text) noexcept {
  if (text.starts_with("github_pat_")) {
    return is_fine_grained_github_token(text.substr(11));
  }
  if (text.size() != 40 || !text.starts_with("gh") ||
      std::string_view("pousr").find(text[2]) == std::string_view::npos || text[3] != '_' ||
      !all_of(text.substr(4), is_alphanumeric)) {
    return false;
  }
  return holds_crc(text.substr(4, 30), text.substr(34));
}

bool is_aws_access_key_id(std::string_view text) noexcept {
  const std::string_view prefix = text.substr(0, 4);
  if (text.size() != 20 || (prefix != "AKIA" && prefix != "ASIA" && prefix != "ABIA" && prefix != "ACCA")) {
    return false;
  }
  const std::string_view random = text.substr(4);
  return all_of(random, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7'); }) &&
         entropy_bits(random) >= 3 && !random.ends_with("EXAMPLE");
}

bool is_aws_secret_key(std::string_view value) noexcept {
  return value.size() == 40 && all_of(value, is_base64) && entropy_bits(value) >= 4 && !value.ends_with("EXAMPLEKEY");
}

bool is_azure_key(std::string_view value) noexcept {
  return is_random_base64<64>(value);
}

bool is_azure_signature(std::string_view value) noexcept {
  return is_random_base64<32>(value);
}

bool is_gcp_api_key(std::string_view text) noexcept {
  return text.size() == 39 && text.starts_with("AIza") && all_of(text, is_base64url) && entropy_bits(text) >= 3;
}

bool is_gcp_service_account(std::string_view text) noexcept {
  const std::size_t at = text.find(kKeyIdName);
  if (at == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(at + kKeyIdName.size());
  // What stands between the name and the value: quotes, perhaps escaped, a colon, blanks.
  const std::size_t value = std::min(text.find_first_not_of("\\\" \t\r\n:"), text.size());
  const std::string_view between = text.substr(0, value);
  const std::string_view id = text.substr(value, 40);
  return between.find(':') != std::string_view::npos && between.ends_with('"') && id.size() == 40 &&
         all_of(id, is_hex) && !one_repeated(id);
}

bool is_stripe_key(std::string_view text) noexcept {
  for (const std::string_view prefix : {"sk_live_", "rk_live_", "sk_test_", "rk_test_"}) {
    if (text.starts_with(prefix)) {
      const std::string_view random = text.substr(prefix.size());
      return random.size() >= 16 && random.size() <= 247 && all_of(random, is_alphanumeric) && !is_placeholder(random);
    }
  }
  return false;
}

bool is_slack_token(std::string_view text) noexcept {
  if (!text.starts_with("xox")) {
    return is_slack_webhook(text);
  }
  if (text.size() < 15 || text.size() > 255 || std::string_view("abeoprs").find(text[3]) == std::string_view::npos ||
      text[4] != '-') {
    return false;
  }
  const std::string_view rest = text.substr(5);
  return all_of(rest, [](char c) { return is_alphanumeric(c) || c == '-'; }) &&
         std::any_of(rest.begin(), rest.end(), is_digit) && !is_placeholder(rest);
}

}  // namespace gabion::inspect::dlp
