// Every place of a rule where a TX variable can stand.
#include "inspect/waf/plan/touched.h"

namespace gabion::inspect::waf::plan {

void Touched::add(const Text& text) {
  for (const auto& part : text.parts) {
    if (part.slot != kNoSlot) {
      slots_.insert(part.slot);
    } else if (part.variable == seclang::Variable::kTx) {
      all_ = true;
    }
  }
}

void Touched::add(const Link& link) {
  for (const auto& target : link.targets) {
    slots_.insert(target.slots.begin(), target.slots.end());
    if (target.slot != kNoSlot) {
      slots_.insert(target.slot);
    }
  }
  add(link.operation.argument);
  for (const auto& change : link.set_variables) {
    add(change.name);
    add(change.value);
    if (change.slot != kNoSlot) {
      slots_.insert(change.slot);
    } else if (change.collection == seclang::Variable::kTx) {
      all_ = true;
    }
  }
  for (const auto* texts : {&link.expire_names, &link.expire_seconds, &link.init_keys}) {
    for (const auto& text : *texts) {
      add(text);
    }
  }
}

void Touched::add(const Rule& rule) {
  for (const auto& link : rule.links) {
    add(link);
  }
  add(rule.message);
  add(rule.log_data);
  add(rule.redirect);
}

}  // namespace gabion::inspect::waf::plan
