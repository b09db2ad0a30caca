// Keys, tokens, passwords: what opens something.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::literal;
using forms::named;
using forms::walked;

constexpr Form kPrivateKey[] = {walked(Walk::kPem, "-----BEGIN ", "", Evidence::kStrong),
                                walked(Walk::kPutty, "PuTTY-User-Key-File-", "", Evidence::kStrong)};
constexpr Form kAwsId[] = {literal("AKIA", "[A-Z2-7]{16}", "aws_access_key_id", Evidence::kStrong),
                           literal("ASIA", "[A-Z2-7]{16}", "aws_access_key_id", Evidence::kStrong),
                           literal("ABIA", "[A-Z2-7]{16}", "aws_access_key_id", Evidence::kStrong),
                           literal("ACCA", "[A-Z2-7]{16}", "aws_access_key_id", Evidence::kStrong)};
constexpr Form kAwsSecret[] = {{.walk = Walk::kSpread,
                                .shape = "[A-Za-z0-9/+]{40}",
                                .separators = {},
                                .check = "aws_secret_key",
                                .evidence = Evidence::kShape,
                                .need = Need::kCue,
                                .anchor = {},
                                .cleaning = Cleaning::kAsWritten}};
constexpr Form kJwt[] = {walked(Walk::kJwt, "eyJ", "", Evidence::kStrong)};
constexpr Form kGitHub[] = {literal("ghp_", "[A-Za-z0-9]{36}", "github_token", Evidence::kStrong),
                            literal("gho_", "[A-Za-z0-9]{36}", "github_token", Evidence::kStrong),
                            literal("ghu_", "[A-Za-z0-9]{36}", "github_token", Evidence::kStrong),
                            literal("ghs_", "[A-Za-z0-9]{36}", "github_token", Evidence::kStrong),
                            literal("ghr_", "[A-Za-z0-9]{36,76}", "github_token", Evidence::kStrong),
                            literal("github_pat_", "[A-Za-z0-9_]{82}", "github_token", Evidence::kStrong)};
constexpr Form kStripe[] = {literal("sk_live_", "[A-Za-z0-9]{16,99}", "stripe_key", Evidence::kStrong),
                            literal("rk_live_", "[A-Za-z0-9]{16,99}", "stripe_key", Evidence::kStrong)};
constexpr Form kSlack[] = {
    literal("xoxa-", "[A-Za-z0-9-]{10,99}", "slack_token", Evidence::kStrong),
    literal("xoxb-", "[A-Za-z0-9-]{10,99}", "slack_token", Evidence::kStrong),
    literal("xoxp-", "[A-Za-z0-9-]{10,99}", "slack_token", Evidence::kStrong),
    literal("xoxr-", "[A-Za-z0-9-]{10,99}", "slack_token", Evidence::kStrong),
    literal("xoxs-", "[A-Za-z0-9-]{10,99}", "slack_token", Evidence::kStrong),
    literal("hooks.slack.com/services/", "[A-Za-z0-9/]{20,80}", "slack_token", Evidence::kStrong)};
constexpr Form kGoogleKey[] = {literal("AIza", "[A-Za-z0-9_-]{35}", "gcp_api_key", Evidence::kStrong)};
constexpr Form kGoogleAccount[] = {
    named("\"private_key_id\":", "!\"[0-9a-f]{40}", "", Evidence::kStrong),
    named("\"private_key_id\": ", "!\"[0-9a-f]{40}", "", Evidence::kStrong),
};
constexpr Form kAzure[] = {named("AccountKey=", "[A-Za-z0-9+/]{86}\\=\\=", "azure_key", Evidence::kStrong),
                           named("SharedAccessKey=", "[A-Za-z0-9+/]{43}\\=", "azure_signature", Evidence::kStrong),
                           named("sig=", "[A-Za-z0-9+/%]{43,60}[=]{0,1}", "azure_signature", Evidence::kMedium)};
constexpr Form kUserInfo[] = {walked(Walk::kUserInfo, "", "url_credentials", Evidence::kStructural)};
constexpr Form kBasic[] = {named("Basic ", "[A-Za-z0-9+/]{8,98}[=]{0,2}", "basic_auth", Evidence::kStrong)};
constexpr Form kGeneric[] = {walked(Walk::kKeyName, "", "generic_secret", Evidence::kStructural)};
constexpr Form kHash[] = {
    literal("$2a$", "[0-9]{2}\\$[./A-Za-z0-9]{53}", "password_hash", Evidence::kStrong),
    literal("$2b$", "[0-9]{2}\\$[./A-Za-z0-9]{53}", "password_hash", Evidence::kStrong),
    literal("$2y$", "[0-9]{2}\\$[./A-Za-z0-9]{53}", "password_hash", Evidence::kStrong),
    literal("$argon2", "[$A-Za-z0-9+/,=._-]{40,103}", "password_hash", Evidence::kStrong),
    literal("$5$", "[$./A-Za-z0-9=]{44,99}", "password_hash", Evidence::kStrong),
    literal("$6$", "[$./A-Za-z0-9=]{87,99}[$./A-Za-z0-9=]{0,8}", "password_hash", Evidence::kStrong),
    literal("$y$", "[$./A-Za-z0-9]{44,99}", "password_hash", Evidence::kStrong),
};

constexpr Type kTypes[] = {
    {.id = "PRIVATE_KEY",
     .title = "private key",
     .groups = kDefault | kSecrets | kPci,
     .forms = kPrivateKey,
     .response = Operator::kBlock},
    {.id = "AWS_ACCESS_KEY_ID",
     .title = "AWS access key id",
     .groups = kDefault | kSecrets,
     .forms = kAwsId,
     .cues = "aws|access key",
     .response = Operator::kMask},
    {.id = "AWS_SECRET_KEY",
     .title = "AWS secret access key",
     .groups = kDefault | kSecrets,
     .forms = kAwsSecret,
     .cues = "aws|secret|secret access key",
     .response = Operator::kMask},
    {.id = "JWT",
     .title = "JSON web token",
     .groups = kDefault | kSecrets,
     .forms = kJwt,
     .cues = "jwt|bearer|token",
     .response = Operator::kMask},
    {.id = "GITHUB_TOKEN",
     .title = "GitHub token",
     .groups = kDefault | kSecrets,
     .forms = kGitHub,
     .cues = "github",
     .response = Operator::kMask},
    {.id = "STRIPE_KEY",
     .title = "Stripe live key",
     .groups = kDefault | kSecrets | kPci,
     .forms = kStripe,
     .cues = "stripe",
     .response = Operator::kMask},
    {.id = "SLACK_TOKEN",
     .title = "Slack token or webhook",
     .groups = kDefault | kSecrets,
     .forms = kSlack,
     .cues = "slack",
     .response = Operator::kMask},
    {.id = "GCP_API_KEY",
     .title = "Google API key",
     .groups = kDefault | kSecrets,
     .forms = kGoogleKey,
     .cues = "google|gcp|api key",
     .response = Operator::kLog},
    {.id = "GCP_SERVICE_ACCOUNT",
     .title = "key of a Google service account",
     .groups = kDefault | kSecrets,
     .forms = kGoogleAccount,
     .response = Operator::kMask},
    {.id = "AZURE_SECRET",
     .title = "Azure storage key or signature",
     .groups = kDefault | kSecrets,
     .forms = kAzure,
     .cues = "azure|storage",
     .response = Operator::kMask},
    {.id = "URL_CREDENTIALS",
     .title = "user and password in an address",
     .groups = kDefault | kSecrets,
     .forms = kUserInfo,
     .response = Operator::kMask},
    {.id = "BASIC_AUTH",
     .title = "basic credentials",
     .groups = kDefault | kSecrets,
     .forms = kBasic,
     .cues = "authorization",
     .response = Operator::kLog},
    {.id = "GENERIC_SECRET",
     .title = "value named as a secret",
     .groups = kDefault | kSecrets,
     .forms = kGeneric,
     .response = Operator::kLog},
    {.id = "PASSWORD_HASH",
     .title = "password hash",
     .groups = kDefault | kSecrets | kGdpr,
     .forms = kHash,
     .cues = "password|hash|passwd",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> secret_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
