// Connections without exchanges as metric families, and the labels that all istio_* families share.
#pragma once

#include "proxy/admin/metrics.h"
#include "proxy/admin/prometheus_families.h"
#include "proxy/admin/prometheus_text.h"

namespace gabion::proxy {

inline constexpr std::string_view kOther = "other";  ///< the label of what did not fit

/// Reporter, both ends and the service: the labels that Istio's dashboards join by.
[[nodiscard]] metric_families::LabelList end_labels(const RequestSeriesKey& key, const ProcessFacts& facts);

/// istio_tcp_*; nothing as long as there was no such connection.
void append_tcp(metric_families::Families& families, const TcpCounts& tcp, const ProcessFacts& facts);

}  // namespace gabion::proxy
