// Why some traffic is allowed or denied, layer by layer, with every rule looked at; `policy explain` shows it.
// shows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/policy/traffic.h"
#include "config/result.h"
#include "inspect/policy/cluster_view.h"

namespace gabion::inspect::policy {

/// A rule as a report shows it; owns its texts.
struct RuleLine {
  std::string rule;    ///< "shop/orders/ingress[0]"
  std::string label;   ///< the rule's own name, may be empty
  std::string kind;    ///< "NetworkPolicy", "L7Policy"
  std::string action;  ///< "Allow", "Deny"
  bool dry_run = false;
  bool met = false;
  std::string failed;  ///< the first condition that does not hold, empty when met
  std::string text;    ///< what it got and what it wants
  bool nearest = false;
};

enum class Layer : std::uint8_t { kNetwork, kMessage };

struct LayerLine {
  Layer layer = Layer::kNetwork;
  Side side = Side::kIngress;
  bool allowed = false;
  std::string basis;  ///< of policy §4.3
  std::string rule;   ///< that decided; empty when none did
  std::string text;
  std::vector<RuleLine> considered;
};

struct AccessReport {
  bool allowed = false;
  std::string reason;   ///< of the denial, as in logs; empty when allowed
  std::string rule;     ///< that decided
  std::string detail;   ///< the sentence of the log
  std::string dry_run;  ///< "would allow by ..", "would deny by .."; empty: no difference
  std::vector<LayerLine> layers;
};

/// Errors as in ClusterView::ask.
[[nodiscard]] config::Result<AccessReport> report_access(ClusterView& view, const config::policy::Traffic& traffic);

/// "L4 egress", "L7 ingress".
[[nodiscard]] std::string name_of(const LayerLine& line);

}  // namespace gabion::inspect::policy
