// Tokens, keys and passwords: made-up values of the published forms, and what stands where a secret would.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "inspect/dlp/checks/checks.h"
#include "inspect/dlp/checks/entropy.h"
#include "vectors.h"

namespace gabion::inspect::dlp {
namespace {

// Split in two so that scanners of repositories do not take them for somebody's.
const std::string kAwsId = std::string("AKIA") + "Q3EGRJX7TPLMZB2K";
const std::string kAwsSecret = std::string("kT9vXq2LmZ8rBw4YpNc7") + "Hs1DfGj6AuEiOx3Ra5Qe";
const std::string kStripe = std::string("sk_live_") + "4eC39HqLyjWDarjtT1zdp7dc";
const std::string kSlack = std::string("xoxb-") + "2147483647-4839201756-Qm7vR2kT9xLp";
const std::string kGoogle = std::string("AIza") + "SyD4kq9ZtW7xRb2NvM8uJc5HgPf1LoEiYas";
const std::string kJwt =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

struct Secret {
  std::string_view check;
  std::string value;
};

class SecretsTest : public ::testing::Test {
 protected:
  static void expect(bool passes, std::initializer_list<Secret> secrets) {
    for (const Secret& secret : secrets) {
      const NamedCheck* const check = find_check(secret.check);
      ASSERT_NE(check, nullptr) << secret.check;
      EXPECT_EQ(check->passes(secret.value), passes) << secret.check << " " << secret.value;
    }
  }
};

TEST_F(SecretsTest, TokensOfTheirIssuersFormPass) {
  expect(true,
         {
             {"jwt", kJwt},
             // RFC 7519 section 6.1, alg none: the third part is empty.
             {"jwt", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ."},
             {"github_token", "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"},
             {"github_token", "github_pat_" + std::string("11ABCDEFG0abcdefghijkl") + "_" + std::string(59, 'a')},
             {"aws_access_key_id", kAwsId},
             {"aws_secret_key", kAwsSecret},
             {"stripe_key", kStripe},
             {"slack_token", kSlack},
             {"slack_token", "https://hooks.slack.com/services/T0ABCDEF1/B0ABCDEF2/q8W3eR5tY7uI9oP1aS2dF4gH"},
             {"gcp_api_key", kGoogle},
             {"gcp_service_account", R"("private_key_id": "2f1e0d9c8b7a69584736251403f2e1d0c9b8a796")"},
             {"gcp_service_account", R"(\"private_key_id\":\"2f1e0d9c8b7a69584736251403f2e1d0c9b8a796\")"},
             // 64 and 32 bytes.
             {"azure_key", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="},
             {"azure_signature", "Z7ZQ4kQvX0m8rJ1pN3sL5tB9yHwC2dFgKaEiOuRx6Yk="},
         });
}

TEST_F(SecretsTest, TokensThatBreakOneRuleFail) {
  expect(false, {
                    {"jwt", "eyJ0eXAiOiJKV1QifQ.eyJpc3MiOiJqb2UifQ.abc"},       // no alg
                    {"jwt", "eyJhIjp7ImFsZyI6IngifX0.eyJpc3MiOiJqb2UifQ.abc"},  // alg is not its own
                    {"jwt", "eyJhbGciOjF9.eyJpc3MiOiJqb2UifQ.abc"},             // alg is a number
                    {"jwt", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UifQ"},
                    {"jwt", "eyJhbGciOiJub25lIn0.ey+pc3M.abc"},
                    {"jwt", kJwt + ".more"},
                    {"github_token", "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"},
                    {"github_token", "ghx_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"},
                    {"github_token", "ghp_" + std::string(36, 'x')},
                    {"aws_access_key_id", "AKIAIOSFODNN7EXAMPLE"},
                    {"aws_access_key_id", "AKIAAAAAAAAAAAAAAAAB"},
                    {"aws_access_key_id", "AKIAQ3EGRJX7TPLMZB21"},
                    {"aws_secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                    {"aws_secret_key", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
                    {"stripe_key", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx"},
                    {"stripe_key", "pk_live_4eC39HqLyjWDarjtT1zdp7dc"},
                    {"slack_token", "xoxb-only-letters-in-here"},
                    {"slack_token", "https://hooks.slack.com/services/T0ABCDEF1/B0ABCDEF2/"},
                    {"gcp_api_key", kGoogle + "x"},
                    {"gcp_service_account", R"("private_key_id": "not hexadecimal")"},
                    {"gcp_service_account", R"("private_key_id")"},
                    {"azure_key", "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6"},
                    {"azure_key", std::string(86, 'A') + "=="},
                });
}

TEST_F(SecretsTest, PasswordsInUrlsAndHeaders) {
  expect(true, {
                   {"basic_auth", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},  // RFC 7617 section 2
                   {"basic_auth", "dGVzdDoxMjPCow=="},              // RFC 7617 section 2.1, UTF-8
                   {"url_credentials", "postgres://app:s3cr3tPw9@db.shop:5432/orders"},
                   {"url_credentials", "jdbc:postgresql://app:s3cr3tPw9@db/orders"},
                   {"url_credentials", "postgresql+psycopg2://app:s3cr3tPw9@db/orders"},
                   {"url_credentials", "redis://:hunter2hunter@cache:6379"},
                   {"generic_secret", "kJ8#mQ2$vL5x"},
               });
  expect(false, {
                    {"basic_auth", "QWxhZGRpbg=="},  // no colon
                    {"basic_auth", "AAECAzoEBQ=="},  // control characters
                    {"basic_auth", "not base64"},
                    {"url_credentials", "https://example.com:8443/a@b"},
                    {"url_credentials", "https://user:password@example.com"},
                    {"url_credentials", "https://user:${DB_PASSWORD}@db"},
                    {"url_credentials", "https://user:****@db"},
                    {"url_credentials", "https://user@db"},
                    {"url_credentials", "nonsense://app:s3cr3tPw9@db"},
                    {"url_credentials", "https://app:s3cr3tPw9@"},
                    {"generic_secret", "changeme123456"},
                    {"generic_secret", "aaaaaaaaaaaaaaaa"},
                    {"generic_secret", "${API_TOKEN_VALUE}"},
                    {"generic_secret", "<your-token-here>"},
                    {"generic_secret", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"},
                    {"generic_secret", "d41d8cd98f00b204e9800998ecf8427e"},
                    {"generic_secret", "two words kJ8#mQ2$vL5x"},
                    {"generic_secret", "kJ8#mQ2"},
                });
}

TEST_F(SecretsTest, HashesOfPasswordsHaveTheFieldsOfTheirScheme) {
  const std::string bcrypt = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const std::string sha256 = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEl8";
  const std::string sha512 =
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1";
  const std::string argon2 = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG";
  expect(true, {{"password_hash", bcrypt},
                {"password_hash", sha256},
                {"password_hash", "$5$rounds=10000$saltstringsaltst$3xv.VbSCBX41eDL9L3voXedjGkCtD8z2J0/NP.FmLq4"},
                {"password_hash", sha512},
                {"password_hash", argon2},
                {"password_hash", "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"},
                {"password_hash", "$1$saltstri$YMyguxXMBpd2TEZ.vS/3q1"},
                {"password_hash", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7"}});
  expect(false, {{"password_hash", bcrypt.substr(0, bcrypt.size() - 1)},
                 {"password_hash", "$2a$99" + bcrypt.substr(6)},
                 {"password_hash", sha256 + "x"},
                 {"password_hash", "$5$$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEl8"},
                 {"password_hash", "$argon2id$v=19$m=65536,t=2$c29tZXNhbHQ$RdescudvJCsgt3ub+b7dWRWJTmaaJObG"},
                 {"password_hash", "$100$200$300"},
                 {"password_hash", "$"},
                 {"password_hash", "$$$$$$$$$$$$"}});
}

TEST_F(SecretsTest, PrivateKeysAreAHeaderAndBase64BehindIt) {
  const std::string line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
  expect(true, {{"private_key", "-----BEGIN PRIVATE KEY-----\n" + line},
                {"private_key", "-----BEGIN RSA PRIVATE KEY-----\r\n" + line},
                {"private_key", "-----BEGIN EC PRIVATE KEY-----\\n" + line},
                {"private_key", "-----BEGIN PRIVATE KEY-----\\r\\n" + line},
                {"private_key", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED"},
                {"private_key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA"},
                {"private_key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + line},
                {"private_key", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none"}});
  expect(false, {{"private_key", "-----BEGIN PRIVATE KEY-----"},
                 {"private_key", "-----BEGIN PRIVATE KEY-----\n..."},
                 {"private_key", "-----BEGIN PRIVATE KEY----- and what follows is prose"},
                 {"private_key", "-----BEGIN PUBLIC KEY-----\n" + line},
                 {"private_key", "-----BEGIN CERTIFICATE-----\n" + line}});
}

TEST_F(SecretsTest, EveryCheckHasValuesOnBothSides) {
  constexpr std::string_view kHere =
      " jwt github_token aws_access_key_id aws_secret_key stripe_key slack_token gcp_api_key gcp_service_account "
      "azure_key azure_signature basic_auth url_credentials generic_secret password_hash private_key ";
  for (const NamedCheck& check : all_checks()) {
    // kr_rrn's rule is in bad_values() through its date; de_tax_id_one has a test of its own.
    const auto named = [&](const Vector& vector) { return vector.check == check.name; };
    const bool tabled = std::any_of(good_values().begin(), good_values().end(), named) &&
                        std::any_of(bad_values().begin(), bad_values().end(), named);
    EXPECT_TRUE(tabled || check.name == "de_tax_id_one" ||
                kHere.find(" " + std::string(check.name) + " ") != std::string_view::npos)
        << check.name;
  }
}

}  // namespace
}  // namespace gabion::inspect::dlp
