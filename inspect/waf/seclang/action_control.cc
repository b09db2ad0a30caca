// ctl: what a rule changes for the rest of its transaction.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "inspect/waf/seclang/actions.h"
#include "inspect/waf/seclang/targets.h"

namespace gabion::inspect::waf::seclang {
namespace {

void require_word(const Control& control, std::initializer_list<std::string_view> words, Remarks& remarks) {
  const bool known =
      std::any_of(words.begin(), words.end(), [&](std::string_view word) { return same_name(word, control.value); });
  if (!known) {
    remarks.errors.push_back(
        fmt::format("ctl:{}: {} is not a value it can have", to_string(control.name), quoted(control.value)));
  }
}

void require_value(const Control& control, Remarks& remarks) {
  if (control.value.empty()) {
    remarks.errors.push_back(fmt::format("ctl:{} needs a value", to_string(control.name)));
  }
}

void read_ids(Control& control, Remarks& remarks) {
  const auto range = parse_id_range(control.value);
  if (!range) {
    remarks.errors.push_back(fmt::format("ctl:{}: {} is no rule id and no range like 1000-1999",
                                         to_string(control.name), quoted(control.value)));
    return;
  }
  control.first_id = range->first;
  control.last_id = range->second;
}

/// One control for each target: which rules stand before the ';', what is taken from them after it.
void add_target_removals(ActionList& list, Control control, Remarks& remarks) {
  const std::string value = control.value;
  const std::size_t semicolon = value.find(';');
  control.value = trimmed(std::string_view(value).substr(0, semicolon));
  if (semicolon == std::string::npos) {
    remarks.errors.push_back(fmt::format("ctl:{}: {} has no ';' and target", to_string(control.name), quoted(value)));
    return;
  }
  require_value(control, remarks);
  if (control.name == ControlName::kRuleRemoveTargetById) {
    read_ids(control, remarks);
  }
  for (Target& target : parse_targets(std::string_view(value).substr(semicolon + 1), remarks)) {
    if (target.count || target.exclude) {
      remarks.errors.push_back(fmt::format("ctl:{}: the target takes no '!' or '&'", to_string(control.name)));
    }
    control.target = std::move(target);
    list.controls.push_back(control);
  }
}

void check(Control& control, Remarks& remarks) {
  switch (control.name) {
    case ControlName::kRuleEngine:
      require_word(control, {"On", "Off", "DetectionOnly"}, remarks);
      return;
    case ControlName::kAuditEngine:
      require_word(control, {"On", "Off", "RelevantOnly"}, remarks);
      return;
    case ControlName::kForceRequestBodyVariable:
    case ControlName::kRequestBodyAccess:
    case ControlName::kResponseBodyAccess:
      require_word(control, {"On", "Off"}, remarks);
      return;
    case ControlName::kRequestBodyProcessor:
      require_word(control, {"URLENCODED", "MULTIPART", "JSON", "XML"}, remarks);
      return;
    case ControlName::kRuleRemoveById:
      read_ids(control, remarks);
      return;
    case ControlName::kAuditLogParts:
    case ControlName::kRuleRemoveByMsg:
    case ControlName::kRuleRemoveByTag:
    case ControlName::kRuleRemoveTargetById:
    case ControlName::kRuleRemoveTargetByMsg:
    case ControlName::kRuleRemoveTargetByTag:
      require_value(control, remarks);
      return;
  }
}

bool removes_target(ControlName name) {
  return name == ControlName::kRuleRemoveTargetById || name == ControlName::kRuleRemoveTargetByMsg ||
         name == ControlName::kRuleRemoveTargetByTag;
}

}  // namespace

void read_control(ActionList& list, std::string_view value, Remarks& remarks) {
  const std::size_t equals = value.find('=');
  const std::string_view word = trimmed(value.substr(0, equals));
  const auto name = control_named(word);
  if (!name) {
    remarks.errors.push_back(fmt::format("ctl:{} is not supported", word));
    return;
  }
  Control control;
  control.name = *name;
  if (equals != std::string_view::npos) {
    control.value = trimmed(value.substr(equals + 1));
  }
  if (removes_target(*name)) {
    add_target_removals(list, std::move(control), remarks);
    return;
  }
  check(control, remarks);
  list.controls.push_back(std::move(control));
}

}  // namespace gabion::inspect::waf::seclang
