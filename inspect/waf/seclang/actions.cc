// The actions by name: each reads its value into the list.
#include "inspect/waf/seclang/actions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inspect/waf/seclang/macro_text.h"

namespace gabion::inspect::waf::seclang {
namespace {

enum class Value : std::uint8_t { kNone, kNeeded, kOptional };

struct Action {
  std::string_view name;
  Value value;
  void (*read)(ActionList& list, std::string_view value, Remarks& remarks);
};

void refuse(Remarks& remarks, std::string_view action, std::string_view value, std::string_view wanted) {
  remarks.errors.push_back(fmt::format("{}: {} is not {}", action, quoted(value), wanted));
}

template <class Number>
std::optional<Number> number_between(std::string_view text, Number lowest, Number highest) {
  const auto number = number_of<Number>(text);
  return number && *number >= lowest && *number <= highest ? number : std::nullopt;
}

/// A wrong id becomes 0, which is said, and is none.
void read_id(ActionList& list, std::string_view value, Remarks& remarks) {
  list.id = number_of<std::uint32_t>(value).value_or(0);
  if (list.id == 0U) {
    refuse(remarks, "id", value, "a number from 1 to 4294967295");
  }
}

void read_phase(ActionList& list, std::string_view value, Remarks& remarks) {
  constexpr std::array<std::pair<std::string_view, std::uint8_t>, 3> kNames{
      {{"request", 2}, {"response", 4}, {"logging", 5}}};
  list.phase = number_between<std::uint8_t>(value, 1, 5);
  for (const auto& [name, phase] : kNames) {
    if (same_name(name, value)) {
      list.phase = phase;
    }
  }
  if (!list.phase) {
    refuse(remarks, "phase", value, "1 to 5, request, response or logging");
  }
}

void read_allow(ActionList& list, std::string_view value, Remarks& remarks) {
  if (value.empty()) {
    list.disruptive = Disruptive::kAllow;
  } else if (same_name(value, "phase")) {
    list.disruptive = Disruptive::kAllowPhase;
  } else if (same_name(value, "request")) {
    list.disruptive = Disruptive::kAllowRequest;
  } else {
    refuse(remarks, "allow", value, "phase or request");
  }
}

void read_redirect(ActionList& list, std::string_view value, Remarks& remarks) {
  list.disruptive = Disruptive::kRedirect;
  list.redirect = parse_macros(value, remarks);
}

void read_status(ActionList& list, std::string_view value, Remarks& remarks) {
  list.status = number_between<std::uint16_t>(value, 200, 599);
  if (!list.status) {
    refuse(remarks, "status", value, "a status from 200 to 599");
  }
}

void read_severity(ActionList& list, std::string_view value, Remarks& remarks) {
  list.severity = severity_named(value);
  if (const auto number = number_between<std::uint8_t>(value, 0, 7)) {
    list.severity = static_cast<Severity>(*number);
  }
  if (!list.severity) {
    refuse(remarks, "severity", value, "0 to 7 and no name like CRITICAL");
  }
}

void read_skip(ActionList& list, std::string_view value, Remarks& remarks) {
  list.skip = number_between<std::uint32_t>(value, 1, UINT32_MAX);
  if (!list.skip) {
    refuse(remarks, "skip", value, "how many rules to skip");
  }
}

void read_maturity(ActionList& list, std::string_view value, Remarks& remarks) {
  list.maturity = number_between<std::uint8_t>(value, 0, 9);
  if (!list.maturity) {
    refuse(remarks, "maturity", value, "0 to 9");
  }
}

void read_accuracy(ActionList& list, std::string_view value, Remarks& remarks) {
  list.accuracy = number_between<std::uint8_t>(value, 0, 9);
  if (!list.accuracy) {
    refuse(remarks, "accuracy", value, "0 to 9");
  }
}

void read_transformation(ActionList& list, std::string_view value, Remarks& remarks) {
  if (same_name(value, "none")) {
    list.forgets_transformations = true;
    list.transformations.clear();
  } else if (const auto transformation = transformation_named(value)) {
    list.transformations.push_back(*transformation);
  } else {
    remarks.errors.push_back(fmt::format("transformation t:{} is not supported", value));
  }
}

void read_message(ActionList& list, std::string_view value, Remarks& remarks) {
  list.message_text = value;
  list.message = parse_macros(value, remarks);
}

// `log` speaks of both logs, as does `nolog`; the audit words of one.
void read_log(ActionList& list, std::string_view /*value*/, Remarks& /*remarks*/) {
  list.log = list.audit_log = true;
}
void read_nolog(ActionList& list, std::string_view /*value*/, Remarks& /*remarks*/) {
  list.log = list.audit_log = false;
}

template <Disruptive disruptive>
void say(ActionList& list, std::string_view /*value*/, Remarks& /*remarks*/) {
  list.disruptive = disruptive;
}

template <auto member>
void switch_on(ActionList& list, std::string_view /*value*/, Remarks& /*remarks*/) {
  list.*member = true;
}

template <auto member>
void keep(ActionList& list, std::string_view value, Remarks& /*remarks*/) {
  list.*member = std::string(value);
}

constexpr auto kActions = std::to_array<Action>({
    {"accuracy", Value::kNeeded, read_accuracy},
    {"allow", Value::kOptional, read_allow},
    {"auditlog", Value::kNone, switch_on<&ActionList::audit_log>},
    {"block", Value::kNone, say<Disruptive::kBlock>},
    {"capture", Value::kNone, switch_on<&ActionList::capture>},
    {"chain", Value::kNone, switch_on<&ActionList::chain>},
    {"ctl", Value::kNeeded, read_control},
    {"deny", Value::kNone, say<Disruptive::kDeny>},
    {"drop", Value::kNone, say<Disruptive::kDrop>},
    {"expirevar", Value::kNeeded, read_expirevar},
    {"id", Value::kNeeded, read_id},
    {"initcol", Value::kNeeded, read_initcol},
    {"log", Value::kNone, read_log},
    {"logdata", Value::kNeeded,
     [](ActionList& list, std::string_view value, Remarks& remarks) { list.log_data = parse_macros(value, remarks); }},
    {"maturity", Value::kNeeded, read_maturity},
    {"msg", Value::kNeeded, read_message},
    {"multiMatch", Value::kNone, switch_on<&ActionList::multi_match>},
    {"noauditlog", Value::kNone, [](ActionList& list, std::string_view, Remarks&) { list.audit_log = false; }},
    {"nolog", Value::kNone, read_nolog},
    {"pass", Value::kNone, say<Disruptive::kPass>},
    {"phase", Value::kNeeded, read_phase},
    {"redirect", Value::kNeeded, read_redirect},
    {"rev", Value::kNeeded, keep<&ActionList::revision>},
    {"setvar", Value::kNeeded, read_setvar},
    {"severity", Value::kNeeded, read_severity},
    {"skip", Value::kNeeded, read_skip},
    {"skipAfter", Value::kNeeded, keep<&ActionList::skip_after>},
    {"status", Value::kNeeded, read_status},
    {"t", Value::kNeeded, read_transformation},
    {"tag", Value::kNeeded, [](ActionList& list, std::string_view value, Remarks&) { list.tags.emplace_back(value); }},
    {"ver", Value::kNeeded, keep<&ActionList::version>},
});

void read(ActionList& list, const ActionText& text, Remarks& remarks) {
  const auto* const action = std::find_if(kActions.begin(), kActions.end(),
                                          [&](const Action& known) { return same_name(known.name, text.name); });
  if (action == kActions.end()) {
    remarks.errors.push_back(fmt::format("action {} is not supported", quoted(text.name)));
    return;
  }
  const bool has_value = text.value && !text.value->empty();
  if (action->value == Value::kNone && text.value) {
    remarks.errors.push_back(fmt::format("action {} takes no value, not {}", action->name, quoted(*text.value)));
  } else if (action->value == Value::kNeeded && !has_value) {
    remarks.errors.push_back(fmt::format("action {} needs a value", action->name));
  } else {
    action->read(list, text.value.value_or(std::string()), remarks);
  }
}

}  // namespace

ActionList parse_actions(std::string_view text, Remarks& remarks) {
  ActionList list;
  for (const ActionText& action : split_actions(text, remarks)) {
    read(list, action, remarks);
  }
  return list;
}

}  // namespace gabion::inspect::waf::seclang
