// Tokens and keys whose issuer gave them a form of their own.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// RFC 7515 and 7519: three base64url parts, the first at most 2 KiB and a JSON object whose "alg" is a string. The
/// last may be empty (alg none).
[[nodiscard]] bool is_jwt(std::string_view text) noexcept;

/// GitHub, "Behind GitHub's new authentication token formats": ghp_, gho_, ghu_, ghs_, ghr_ and 30 characters, then
/// their CRC-32 in six characters of base 62 (confirmed with the revoked token published in discussion of that format).
/// github_pat_, 22 characters, '_', 59 characters: the form only, its check is not published.
[[nodiscard]] bool is_github_token(std::string_view text) noexcept;

/// AWS, IAM identifiers: AKIA, ASIA, ABIA or ACCA and 16 of A-Z 2-7, entropy of those 3 bits or more, not AWS's own
/// example (which ends in EXAMPLE).
[[nodiscard]] bool is_aws_access_key_id(std::string_view text) noexcept;

/// AWS: 40 characters of base64, entropy 4 bits or more (a SHA-1 in hexadecimal stays below), not AWS's own example.
[[nodiscard]] bool is_aws_secret_key(std::string_view value) noexcept;

/// Microsoft, storage account keys: base64 of 64 bytes, entropy 4 bits or more.
[[nodiscard]] bool is_azure_key(std::string_view value) noexcept;

/// Microsoft, shared access signatures (sig=): base64 of 32 bytes, percent signs decoded, entropy 4 bits or more.
[[nodiscard]] bool is_azure_signature(std::string_view value) noexcept;

/// Google Cloud, API keys: AIza and 35 of base64url.
[[nodiscard]] bool is_gcp_api_key(std::string_view text) noexcept;

/// Google Cloud, service account key file: "private_key_id", a colon and 40 hexadecimal digits in quotes. Quotes may be
/// escaped once, as in JSON in a string.
[[nodiscard]] bool is_gcp_service_account(std::string_view text) noexcept;

/// Stripe, API keys: sk_ or rk_, live_ or test_, 16 to 247 letters and digits.
[[nodiscard]] bool is_stripe_key(std::string_view text) noexcept;

/// Slack, token types: xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- and ten characters or more, one a digit; or the path
/// hooks.slack.com/services/T…/B…/ and 20 letters and digits or more.
[[nodiscard]] bool is_slack_token(std::string_view text) noexcept;

}  // namespace gabion::inspect::dlp
