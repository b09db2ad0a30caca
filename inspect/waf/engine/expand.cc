// A macro takes the first value of its variable.
#include "inspect/waf/engine/expand.h"

#include "inspect/waf/engine/resolve.h"
#include "inspect/waf/operators/numbers.h"

namespace gabion::inspect::waf::engine {
namespace {

void append(State& state, const plan::SlotValue& value, std::string& out) {
  switch (value.kind) {
    case plan::SlotValue::Kind::kUnset:
      return;
    case plan::SlotValue::Kind::kNumber:
      out += digits_of(state, value.number);
      return;
    case plan::SlotValue::Kind::kText:
      out += value.text();
      return;
  }
}

void append_first(State& state, const plan::TextPart& part, std::string& out) {
  plan::Target target;
  target.variable = *part.variable;
  target.selection = part.key.empty() ? seclang::Selection::kAll : seclang::Selection::kName;
  target.name = part.key;
  bool done = false;
  each_value(state, target, [&](const Value& value) {
    if (!done) {
      done = true;
      out += value.is_number ? digits_of(state, value.number) : value.text;
    }
  });
}

void append(State& state, const plan::TextPart& part, std::string& out) {
  if (!part.variable) {
    out += part.literal;
  } else if (part.slot != plan::kNoSlot) {
    append(state, state.tx.get(part.slot), out);
  } else if (*part.variable == Variable::kMatchedVar) {
    if (!state.matched.empty()) {
      out += state.matched.back().text;
    }
  } else if (*part.variable == Variable::kMatchedVarName) {
    if (!state.matched.empty()) {
      out += full_name(state, state.matched.back().variable, state.matched.back().name);
    }
  } else {
    append_first(state, part, out);
  }
}

}  // namespace

std::string_view expand(State& state, const plan::Text& text, std::string& buffer) {
  if (!text.has_macro) {
    return text.literal();
  }
  buffer.clear();
  for (const auto& part : text.parts) {
    append(state, part, buffer);
  }
  return buffer;
}

std::int64_t expand_number(State& state, const plan::Text& text) {
  if (!text.has_macro) {
    return text.number;
  }
  if (text.only_slot != plan::kNoSlot) {
    const auto& value = state.tx.get(text.only_slot);
    if (value.kind == plan::SlotValue::Kind::kNumber) {
      return value.number;
    }
  }
  return operators::integer_of(expand(state, text, state.expanded));
}

}  // namespace gabion::inspect::waf::engine
