// Which statements count as the same: see fingerprint.h.
// The functions OpenSSL 3 calls deprecated: those that replace them allocate at every call.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "inspect/sql/fingerprint.h"

#include <openssl/sha.h>
#include <pg_query.h>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <string>

#include "inspect/sql/pg/walk.h"

namespace gabion::inspect::sql {
namespace {

/// Of texts, each ended by a NUL, which none of them holds.
class Digest {
 public:
  Digest() noexcept { SHA256_Init(&state_); }

  void add(std::string_view text) noexcept {
    SHA256_Update(&state_, text.data(), text.size());
    SHA256_Update(&state_, "", 1);
  }
  void add(std::uint64_t number) { add(std::to_string(number)); }

  std::uint64_t end() noexcept {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256_Final(digest.data(), &state_);
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < sizeof(first); ++i) {
      first = first << 8 | digest[i];
    }
    return first;
  }

 private:
  SHA256_CTX state_{};
};

template <class E>
std::uint64_t number(E value) noexcept {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t hash_of(const Statement& facts) {
  Digest digest;
  digest.add(facts.kind);
  digest.add(facts.inner_kind);
  digest.add(facts.flags.bits());
  for (const Relation& relation : facts.relations) {
    digest.add("relation");
    digest.add(relation.schema);
    digest.add(relation.name);
    digest.add(number(relation.access));
  }
  for (const Column& column : facts.columns) {
    digest.add("column");
    digest.add(column.schema);
    digest.add(column.table);
    digest.add(column.column);
    digest.add(number(column.access));
  }
  for (const Function& function : facts.functions) {
    digest.add("function");
    digest.add(function.schema);
    digest.add(function.name);
    digest.add(number(function.call));
  }
  for (const Setting& setting : facts.settings) {
    digest.add("setting");
    digest.add(setting.name);
  }
  for (const Defined& defined : facts.defined) {
    digest.add("defined");
    digest.add(number(defined.what));
    digest.add(defined.name);
    digest.add(defined.kind);
  }
  for (const Used& used : facts.used) {
    digest.add("used");
    digest.add(number(used.how));
    digest.add(used.name);
  }
  return digest.end();
}

struct FreeFingerprint {
  void operator()(PgQueryFingerprintResult* result) const noexcept { pg_query_free_fingerprint_result(*result); }
};

}  // namespace

std::string to_string(const Fingerprint& fingerprint) {
  return fmt::format("{:016x}-{:016x}", fingerprint.tree, fingerprint.facts);
}

std::optional<Fingerprint> read_fingerprint(std::string_view text) noexcept {
  constexpr std::size_t kHalf = 16;
  if (text.size() != 2 * kHalf + 1 || text[kHalf] != '-') {
    return std::nullopt;
  }
  Fingerprint made;
  const char* const middle = text.data() + kHalf;
  const char* const end = text.data() + text.size();
  const bool is_read = std::from_chars(text.data(), middle, made.tree, 16).ptr == middle &&
                       std::from_chars(middle + 1, end, made.facts, 16).ptr == end;
  return is_read ? std::optional(made) : std::nullopt;
}

bool may_be_learnt(const Statement& facts) noexcept {
  return facts.settings.empty() && facts.defined.empty() && facts.used.empty() && facts.kind != "CALL" &&
         !facts.flags.any({Flag::kDynamicSql, Flag::kDefinesCode, Flag::kHiddenSql, Flag::kFileFunction,
                           Flag::kAdminFunction, Flag::kCopyFile, Flag::kCopyProgram});
}

std::optional<Fingerprint> fingerprint(std::string_view text, const Statement& facts) {
  pg_pin_lexer();
  const std::string terminated(text);
  PgQueryFingerprintResult result = pg_query_fingerprint(terminated.c_str());
  const std::unique_ptr<PgQueryFingerprintResult, FreeFingerprint> owned(&result);
  if (result.error != nullptr) {
    return std::nullopt;
  }
  return Fingerprint{result.fingerprint, hash_of(facts)};
}

}  // namespace gabion::inspect::sql
