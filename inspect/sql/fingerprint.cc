// Which statements count as the same: see fingerprint.h.
// The functions OpenSSL 3 calls deprecated: those that replace them allocate at every call.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "inspect/sql/fingerprint.h"

#include <openssl/sha.h>
#include <pg_query.h>

#include <array>
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

bool may_be_learnt(const Statement& facts) noexcept {
  return facts.settings.empty() && facts.defined.empty() && facts.used.empty() && facts.kind != "CALL" &&
         !facts.flags.any({Flag::kDynamicSql, Flag::kDefinesCode});
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
