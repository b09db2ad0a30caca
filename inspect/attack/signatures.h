// What an attack looks like: named patterns, the places of a request each applies to, and their compiled form.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/match/pattern_set.h"
#include "inspect/match/stream_set.h"

namespace gabion::inspect::attack {

/// Where a value was found; bits of Signature::places.
enum Place : unsigned {
  kPath = 1U << 0U,
  kQuery = 1U << 1U,
  kHeader = 1U << 2U,     ///< any field value
  kUserAgent = 1U << 3U,  ///< in addition to kHeader
  kForm = 1U << 4U,       ///< application/x-www-form-urlencoded
  kJson = 1U << 5U,
  kRaw = 1U << 6U,  ///< any other body, possibly binary and large
};

/// Begins and ends each value in what the signatures see (ASCII "record separator").
inline constexpr char kValueEdge = '\x1e';

struct Signature {
  const char* name;        ///< "<family>.<what>", the rule in findings and verdicts
  unsigned places;         ///< of Place
  const char* expression;  ///< see match::Pattern
};

/// All of them; the index is the signature's id.
[[nodiscard]] std::span<const Signature> signatures() noexcept;

/// The compiled signatures, shared by every profile of a snapshot and all workers.
class SignatureSets {
 public:
  /// Takes a good part of a second. Errors: a pattern that does not compile.
  [[nodiscard]] static config::Result<std::shared_ptr<const SignatureSets>> compile();

  /// A set for streams together with the signature id of each of its patterns.
  struct BodySet {
    match::StreamSet set;
    std::vector<std::uint32_t> ids;
  };

  /// Complete values; pattern index = signature id.
  [[nodiscard]] const match::PatternSet& values() const noexcept { return values_; }
  /// Forms and JSON.
  [[nodiscard]] const BodySet& text_body() const noexcept { return text_body_; }
  /// Anything else.
  [[nodiscard]] const BodySet& raw_body() const noexcept { return raw_body_; }

  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

 private:
  SignatureSets(match::PatternSet values, BodySet text_body, BodySet raw_body) noexcept;

  match::PatternSet values_;
  BodySet text_body_;
  BodySet raw_body_;
};

}  // namespace gabion::inspect::attack
