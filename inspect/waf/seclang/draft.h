// Rules as they were read, before default actions, removals and updates are known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/result.h"
#include "inspect/waf/seclang/actions.h"
#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::seclang {

struct DraftLink {
  Place place;
  std::vector<Target> targets;
  Operator op;
  ActionList said;
};

struct DraftRule {
  std::vector<DraftLink> links;  ///< at least one
  bool is_base = false;          ///< of our own base configuration: gives way to a rule of the same id

  /// 0 while it has none, which is an error of its own.
  [[nodiscard]] std::uint32_t id() const noexcept { return links.front().said.id.value_or(0); }
};

using DraftItem = std::variant<DraftRule, Marker>;

/// SecDefaultAction of one phase.
struct DefaultActions {
  Place place;
  ActionList said;
};

/// Index is the phase; [0] stays empty.
using Defaults = std::array<std::optional<DefaultActions>, 6>;

enum class RulesBy : std::uint8_t { kId, kTag, kMessage };

/// Which rules a SecRuleRemove… or SecRuleUpdate… speaks of.
struct RuleChoice {
  RulesBy by = RulesBy::kId;
  std::vector<IdRange> ids;
  std::string text;  ///< tag or message, equal as a whole and with case
};

/// A change to rules that holds wherever it stands: it is made after everything was read.
struct Revision {
  struct Remove {};
  struct AddTargets {
    std::vector<Target> targets;
  };
  struct AddActions {
    ActionList said;
  };

  Place place;
  std::string directive;  ///< its name, for messages
  RuleChoice rules;
  std::variant<Remove, AddTargets, AddActions> change;
};

/// An error or a warning about a place in the files.
struct Finding {
  Place place;
  std::string what;
};

struct Findings {
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
};

/// "file:line".
[[nodiscard]] std::string place_text(Place place, const std::vector<std::string>& files);
[[nodiscard]] config::Errors as_errors(const std::vector<Finding>& errors, const std::vector<std::string>& files);

/// Makes the changes in order. A choice that meets no rule is a warning.
void revise(std::vector<DraftItem>& items, const std::vector<Revision>& revisions, Findings& findings);

/// No id is given twice.
void check_ids(const std::vector<DraftItem>& items, const std::vector<std::string>& files, Findings& findings);
/// Markers that are skipped to stand after their rule.
void check_markers(const std::vector<DraftItem>& items, Findings& findings);

/// The rule with its phase's defaults merged in.
[[nodiscard]] Rule compose(DraftRule draft, const Defaults& defaults);

}  // namespace gabion::inspect::waf::seclang
