// Hashes with OpenSSL; numbers as little endian of eight bytes.
#include "inspect/match/rules/group_key.h"

#include <fmt/format.h>
#include <hs.h>
#include <openssl/evp.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace gabion::inspect::match {

namespace {

/// Raised when the file, the flags, the choice of engines or what it depends on changes.
constexpr std::uint64_t kPlanVersion = 1;

void add_versions(Sha256& hash) {
  std::array<char, 64> pcre2{};
  pcre2_config(PCRE2_CONFIG_VERSION, pcre2.data());
  hash.add_number(kPlanVersion);
  hash.add_text(hs_version());
  hash.add_text(pcre2.data());
}

void add_platform(Sha256& hash, Platform platform) {
  hs_platform_info_t info{};
  if (platform == Platform::kNative) {
    hs_populate_platform(&info);
  }
  hash.add_number(static_cast<std::uint64_t>(platform));
  hash.add_number(info.tune);
  hash.add_number(info.cpu_features);
}

}  // namespace

void Sha256::Deleter::operator()(evp_md_ctx_st* state) const noexcept {
  EVP_MD_CTX_free(state);
}

Sha256::Sha256() : state_(EVP_MD_CTX_new()) {
  ok_ = state_ != nullptr && EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) == 1;
}

bool Sha256::add_bytes(std::string_view bytes) {
  return ok_ && EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1;
}

void Sha256::add_number(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(number >> (8 * i));
  }
  add({bytes.data(), bytes.size()});
}

void Sha256::add_text(std::string_view text) {
  add_number(text.size());
  add(text);
}

Sha256::Digest Sha256::finish() {
  Digest digest{};
  unsigned size = 0;
  if (!ok_ || EVP_DigestFinal_ex(state_.get(), digest.data(), &size) != 1) {
    digest.fill(0);
  }
  return digest;
}

Sha256::Digest group_key(std::span<const RulePattern> patterns, Platform platform) {
  Sha256 hash;
  add_versions(hash);
  add_platform(hash, platform);
  hash.add_number(patterns.size());
  for (const RulePattern& pattern : patterns) {
    hash.add_number(pattern.id);
    hash.add_number(static_cast<std::uint64_t>(pattern.kind));
    hash.add_text(pattern.expression);
    hash.add_number(pattern.phrases.size());
    for (const std::string& phrase : pattern.phrases) {
      hash.add_text(phrase);
    }
  }
  return hash.finish();
}

std::string to_hex(const Sha256::Digest& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

}  // namespace gabion::inspect::match
