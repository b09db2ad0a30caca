// What was found out about texts that come again: their facts and the rulings made of them, bounded in bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/sql/facts.h"
#include "inspect/sql/rules/evaluate.h"
#include "inspect/sql/rules/keyed_digest.h"

namespace gabion::inspect::sql {

/// Both answers to one text for one subject.
struct Judged {
  Digest subject;
  SqlRuling enforced;
  std::optional<SqlRuling> with_dry_run;  ///< where a DryRun policy applies
};

struct CacheCounts {
  std::uint64_t hits = 0;       ///< neither parsed nor judged
  std::uint64_t fact_hits = 0;  ///< judged anew, by known facts
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

/// One a worker. An entry is found by the digest of the text alone, so the digest must be keyed. Keeps no literal, and
/// no text but those of remember(), in which no number and no quoted text is. Facts outlive a change of policy; rulings
/// are of one subject (user, database, rules). A text is kept when it is seen for the second time, so that texts that
/// never come again evict none.
class VerdictCache {
 public:
  static constexpr std::size_t kMostSubjects = 8;  ///< of one text
  static constexpr std::size_t kMostRecent = 64;   ///< remembered, of a KiB at most each

  /// `most_bytes` 0: keeps nothing.
  explicit VerdictCache(std::size_t most_bytes);

  struct Entry {
    Digest text;
    Facts facts;
    std::vector<Judged> judged;  ///< the latest is the last
    std::size_t bytes = 0;
    std::size_t recent = kMostRecent;  ///< its place there; none
    bool is_shape = false;             ///< `text` names a shape: facts and rulings are of all texts that have it

    [[nodiscard]] const Judged* find(const Digest& subject) const noexcept;
  };

  /// Null: not known. Valid until the next add() or admit().
  [[nodiscard]] Entry* find(const Digest& text) noexcept;
  /// An entry that was found just now is known by `bytes`, which are its own alone, without a digest: until it is
  /// dropped, or others need the place. REQUIRES: no value stands in `bytes`.
  void remember(std::string_view bytes);
  /// Null: not remembered. Else as find().
  [[nodiscard]] Entry* recall(std::string_view bytes) noexcept;
  /// Keeps a ruling of an entry. The answer is valid as long as the entry.
  [[nodiscard]] const Judged& add(Entry& entry, Judged judged);
  /// Whether this text was seen before, and is worth keep().
  [[nodiscard]] bool admit(const Digest& text) noexcept;
  /// REQUIRES: find() did not know it.
  enum class Of : std::uint8_t { kText, kShape };
  void keep(const Digest& text, const Facts& facts, const Judged& judged, Of what = Of::kText);

  void count_hit() noexcept { ++counts_.hits; }
  void count_fact_hit() noexcept { ++counts_.fact_hits; }
  void count_miss() noexcept { ++counts_.misses; }
  [[nodiscard]] const CacheCounts& counts() const noexcept { return counts_; }

 private:
  struct LowWord {
    [[nodiscard]] std::size_t operator()(const Digest& digest) const noexcept { return digest.low; }
  };

  struct Recent {
    std::string bytes;  ///< empty: none
    std::list<Entry>::iterator entry;
  };

  void forget(const Entry& entry) noexcept;
  void weigh(Entry& entry) noexcept;
  void shrink();

  std::size_t most_bytes_;
  std::list<Entry> entries_;  ///< the latest used first
  std::unordered_map<Digest, std::list<Entry>::iterator, LowWord> places_;
  std::array<Recent, kMostRecent> recent_;
  std::vector<std::uint64_t> seen_;  ///< once; by the low word
  CacheCounts counts_;
};

}  // namespace gabion::inspect::sql
