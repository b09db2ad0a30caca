// The TX slots that a set of rules may read or write; private to fold().
#pragma once

#include <set>

#include "inspect/waf/plan/plan.h"

namespace gabion::inspect::waf::plan {

class Touched {
 public:
  void add(const Rule& rule);
  [[nodiscard]] bool test(Slot slot) const { return all_ || slots_.contains(slot); }

 private:
  void add(const Link& link);
  void add(const Text& text);

  std::set<Slot> slots_;
  bool all_ = false;  ///< a name made by macro may be any
};

}  // namespace gabion::inspect::waf::plan
