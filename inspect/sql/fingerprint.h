// Which statements count as the same: the shape of the tree, and everything the facts tell.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/sql/facts.h"

namespace gabion::inspect::sql {

/// Equal only if both are. `tree` alone merges too much (digits of table names, values of SET): never allow by it.
struct Fingerprint {
  std::uint64_t tree = 0;  ///< pg_query_fingerprint
  std::uint64_t facts =
      0;  ///< hash of kind, relations, columns, functions, settings, names and flags; stable over releases

  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

/// "9e3ec818c32c423c-01def9fde0013001", and back; nothing where `text` is no such.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);
[[nodiscard]] std::optional<Fingerprint> read_fingerprint(std::string_view text) noexcept;

/// Of one statement, `text` being its bytes. Only after it was parsed without an error: depth is not checked here and
/// needs a stack of 8 MiB. Nothing when the library refuses the text.
[[nodiscard]] std::optional<Fingerprint> fingerprint(std::string_view text, const Statement& facts);

/// Not of SET, PREPARE, EXECUTE, DO, CALL, DECLARE, set_config() and definitions of code: what matters in them is in
/// neither.
[[nodiscard]] bool may_be_learnt(const Statement& facts) noexcept;

}  // namespace gabion::inspect::sql
