// How a page of metrics is put together: families of prometheus-cpp with their values and labels.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gabion::proxy::metric_families {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;
using LabelList = std::vector<ClientMetric::Label>;

inline constexpr std::string_view kUnknown = "unknown";

[[nodiscard]] inline ClientMetric::Label label(std::string_view name, std::string_view value) {
  return {std::string(name), std::string(value.empty() ? kUnknown : value)};
}

/// Valid until the next family is added.
inline MetricFamily& add_family(Families& families, std::string_view name, std::string_view help, MetricType type) {
  MetricFamily& family = families.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

inline void add_value(MetricFamily& family, double value, LabelList labels) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  (family.type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = value;
}

inline void add_value(MetricFamily& family, std::uint64_t value, LabelList labels = {}) {
  add_value(family, static_cast<double>(value), std::move(labels));
}

inline void add_counter(Families& families, std::string_view name, std::string_view help, std::uint64_t value) {
  add_value(add_family(families, name, help, MetricType::Counter), value);
}

inline void add_gauge(Families& families, std::string_view name, std::string_view help, double value) {
  add_value(add_family(families, name, help, MetricType::Gauge), value, {});
}

}  // namespace gabion::proxy::metric_families
