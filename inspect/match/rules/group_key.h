// What a stored group depends on, as one hash: patterns, engines' versions, processor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "inspect/match/rules/group_options.h"
#include "inspect/match/rules/rule_pattern.h"

struct evp_md_ctx_st;

namespace gabion::inspect::match {

/// SHA-256 of what was added.
class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256();
  void add(std::string_view bytes) { ok_ = add_bytes(bytes) && ok_; }
  void add_number(std::uint64_t number);
  /// With its length in front, so that two texts never look like one.
  void add_text(std::string_view text);
  /// All zeros where OpenSSL failed.
  [[nodiscard]] Digest finish();

 private:
  [[nodiscard]] bool add_bytes(std::string_view bytes);
  struct Deleter {
    void operator()(evp_md_ctx_st* state) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> state_;
  bool ok_ = true;
};

/// Groups with the same key have the same databases. Limits are not in it: they are not in a database.
[[nodiscard]] Sha256::Digest group_key(std::span<const RulePattern> patterns, Platform platform);

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(const Sha256::Digest& digest);

}  // namespace gabion::inspect::match
