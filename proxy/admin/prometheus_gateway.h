// What a gateway counts for the pods of its node.
#pragma once

#include "proxy/admin/prometheus_families.h"
#include "proxy/admin/prometheus_text.h"

namespace gabion::proxy {

/// Nothing of a sidecar.
void append_gateway(metric_families::Families& families, const LabelledCounts& pods, const ProcessFacts& facts);

}  // namespace gabion::proxy
