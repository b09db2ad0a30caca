// One profile of `inspection.dlp`, compiled: what is looked for, and what becomes of each type in each direction.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/dlp_config.h"
#include "config/result.h"
#include "inspect/dlp/budget.h"
#include "inspect/dlp/keyed_hash.h"
#include "inspect/dlp/type_set.h"
#include "inspect/message.h"

namespace gabion::inspect::dlp {

/// What a rule of an L7Policy makes of a profile (policy.md §3): find and report, cover, refuse.
enum class Demand : std::uint8_t {
  kAsWritten,  ///< the profile's own rules
  kLog,        ///< nothing is touched
  kCover,      ///< as the profile covers; what it does not cover is masked
  kCoverMore,  ///< the profile's own rules, and what they only log is masked: the stricter of kAsWritten and kCover
  kBlock,      ///< whatever is found refuses the exchange
};

/// Immutable, shared by all workers.
class Profile {
 public:
  /// `hash` and `budget` outlive reloads, so that names and counts go on; `budget` is null where there is none.
  /// Every error has its place: unknown types, refused patterns. Takes milliseconds to seconds.
  [[nodiscard]] static config::CheckedResult<std::shared_ptr<const Profile>> compile(
      const config::DlpProfile& profile, std::shared_ptr<const KeyedHash> hash, std::shared_ptr<Budget> budget);

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] const TypeSet& types() const noexcept { return types_; }
  [[nodiscard]] const KeyedHash& hash() const noexcept { return *hash_; }
  [[nodiscard]] Budget* budget() const noexcept { return budget_.get(); }

  /// Never null: what the first rule that fits says, else the catalogue's default.
  [[nodiscard]] config::DlpTreatment treatment(TypeIndex type, Direction direction, Demand demand) const;
  /// Whether a rule for the type leaves values of this field alone.
  [[nodiscard]] bool is_excepted(TypeIndex type, Direction direction, std::string_view field) const noexcept;
  /// `canonical` as make_canonical() writes it.
  [[nodiscard]] bool is_allowed(std::string_view canonical) const { return allowed_.contains(canonical); }
  [[nodiscard]] bool has_allowed() const noexcept { return !allowed_.empty(); }

  [[nodiscard]] ValueClass value_class(TypeIndex type) const noexcept { return classes_[type]; }
  /// What a secret of this type begins with for everybody to see ("ghp_"); empty: nothing.
  [[nodiscard]] std::string_view public_prefix(TypeIndex type, std::string_view value) const noexcept;

  /// The strictest thing any type may suffer in that direction.
  struct Reach {
    bool refuses = false;         ///< an exchange may be refused
    bool covers = false;          ///< bytes may be covered in place
    bool changes_length = false;  ///< bytes may be replaced by more or fewer
    bool drops = false;           ///< whole fields may go
  };
  [[nodiscard]] const Reach& reach(Direction direction, Demand demand) const noexcept {
    return reach_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(demand)];
  }
  /// The most that may become of a message in that direction, whatever L7 rules demand.
  [[nodiscard]] Reach most(Direction direction) const noexcept;

 private:
  Profile(TypeSet types, const config::DlpProfile& profile, std::shared_ptr<const KeyedHash> hash,
          std::shared_ptr<Budget> budget);
  void classify();
  void choose_rules();
  [[nodiscard]] Reach reach_of(Direction direction, Demand demand) const;

  std::string name_;
  TypeSet types_;
  std::vector<config::DlpRule> rules_;                ///< the user's, then one for each default of the catalogue
  std::array<std::vector<std::uint16_t>, 2> chosen_;  ///< index in rules_, by Direction, then TypeIndex
  std::vector<ValueClass> classes_;                   ///< by TypeIndex
  std::array<std::array<Reach, 5>, 2> reach_;         ///< by Direction, then Demand
  std::set<std::string, std::less<>> allowed_;        ///< asked without a copy
  std::shared_ptr<const KeyedHash> hash_;
  std::shared_ptr<Budget> budget_;
};

/// A built-in profile's configuration: the group of that name with the catalogue's own actions.
[[nodiscard]] config::DlpProfile built_in_profile(std::string_view name);

}  // namespace gabion::inspect::dlp
