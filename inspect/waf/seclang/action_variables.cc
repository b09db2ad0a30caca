// setvar, expirevar and initcol: how rules write to collections.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "inspect/waf/seclang/actions.h"
#include "inspect/waf/seclang/macro_text.h"

namespace gabion::inspect::waf::seclang {
namespace {

constexpr std::array kPersistent{Variable::kIp, Variable::kGlobal, Variable::kSession, Variable::kUser,
                                 Variable::kResource};

bool is_persistent(Variable variable) {
  return std::find(kPersistent.begin(), kPersistent.end(), variable) != kPersistent.end();
}

struct Member {
  Variable collection;
  MacroText name;
};

/// "tx.name" up to what the caller cut off.
std::optional<Member> parse_member(std::string_view action, std::string_view text, Remarks& remarks) {
  const std::size_t dot = text.find('.');
  const auto collection = variable_named(trimmed(text.substr(0, dot)));
  if (!collection || dot == std::string_view::npos || (*collection != Variable::kTx && !is_persistent(*collection))) {
    remarks.errors.push_back(
        fmt::format("{}: {} is not COLLECTION.name with one of tx, ip, global, session, user, "
                    "resource",
                    action, quoted(text)));
    return std::nullopt;
  }
  Member member{*collection, parse_macros(trimmed(text.substr(dot + 1)), remarks)};
  if (member.name.empty()) {
    remarks.errors.push_back(fmt::format("{}: the name after the '.' is empty", action));
    return std::nullopt;
  }
  return member;
}

/// Where the name ends.
std::size_t name_end(std::string_view text) {
  return std::min(text.find('='), text.size());
}

}  // namespace

void read_setvar(ActionList& list, std::string_view value, Remarks& remarks) {
  SetVariable set;
  if (!value.empty() && value.front() == '!') {
    set.change = SetVariable::Change::kUnset;
    value.remove_prefix(1);
    if (value.find('=') != std::string_view::npos) {
      remarks.errors.push_back(fmt::format("setvar: {} takes a variable away and cannot set it", quoted(value)));
    }
  }
  const std::size_t end = name_end(value);
  auto member = parse_member("setvar", value.substr(0, end), remarks);
  if (!member) {
    return;
  }
  set.collection = member->collection;
  set.name = std::move(member->name);
  if (set.change != SetVariable::Change::kUnset) {
    std::string_view amount = end == value.size() ? std::string_view("1") : value.substr(end + 1);
    if (!amount.empty() && (amount.front() == '+' || amount.front() == '-')) {
      set.change = amount.front() == '+' ? SetVariable::Change::kAdd : SetVariable::Change::kSubtract;
      amount.remove_prefix(1);
      if (amount.empty()) {
        remarks.errors.push_back(fmt::format("setvar: {} does not say how much", quoted(value)));
      }
    }
    set.value = parse_macros(amount, remarks);
  }
  list.set_variables.push_back(std::move(set));
}

void read_expirevar(ActionList& list, std::string_view value, Remarks& remarks) {
  const std::size_t end = name_end(value);
  auto member = parse_member("expirevar", value.substr(0, end), remarks);
  MacroText seconds = parse_macros(trimmed(value.substr(std::min(end + 1, value.size()))), remarks);
  if (seconds.empty() || (is_literal(seconds) && !number_of<std::uint32_t>(literal_of(seconds)))) {
    remarks.errors.push_back(fmt::format("expirevar: {} does not end with =SECONDS", quoted(value)));
    return;
  }
  if (member) {
    list.expire_variables.push_back({member->collection, std::move(member->name), std::move(seconds)});
  }
}

void read_initcol(ActionList& list, std::string_view value, Remarks& remarks) {
  const std::size_t end = name_end(value);
  const auto collection = variable_named(trimmed(value.substr(0, end)));
  MacroText key = parse_macros(trimmed(value.substr(std::min(end + 1, value.size()))), remarks);
  if (!collection || !is_persistent(*collection) || key.empty()) {
    remarks.errors.push_back(fmt::format(
        "initcol: {} is not COLLECTION=key with one of ip, global, session, user, resource", quoted(value)));
    return;
  }
  list.init_collections.push_back({*collection, std::move(key)});
}

}  // namespace gabion::inspect::waf::seclang
