// Connections without exchanges as metric families: see prometheus_tcp.h.
#include "proxy/admin/prometheus_tcp.h"

#include <iterator>
#include <utility>

namespace gabion::proxy {

using namespace metric_families;

namespace {

struct Workload {
  std::string_view name;
  std::string_view name_space;
  std::string_view principal;
};

/// The namespace of "spiffe://domain/ns/<namespace>/sa/<account>"; empty when it is not one.
std::string_view namespace_of(std::string_view principal) noexcept {
  constexpr std::string_view kMark = "/ns/";
  const std::size_t begin = principal.find(kMark);
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = principal.substr(begin + kMark.size());
  return rest.substr(0, rest.find('/'));
}

void append_workload(LabelList& labels, const std::string& prefix, const Workload& workload) {
  labels.push_back(label(prefix + "_workload", workload.name));
  labels.push_back(label(prefix + "_workload_namespace", workload.name_space));
  labels.push_back(label(prefix + "_principal", workload.principal));
  labels.push_back(label(prefix + "_app", kUnknown));
  labels.push_back(label(prefix + "_version", kUnknown));
  labels.push_back(label(prefix + "_cluster", kUnknown));
}

LabelList tcp_labels(const RequestSeriesKey& key, const ProcessFacts& facts) {
  LabelList labels = end_labels(key, facts);
  labels.push_back(label("request_protocol", "tcp"));
  labels.push_back(label("response_flags", key.response_flags.empty() ? "-" : key.response_flags));
  labels.push_back(label("connection_security_policy", key.mutual_tls ? "mutual_tls" : "none"));
  labels.push_back(label("listener", key.listener));
  return labels;
}

}  // namespace

LabelList end_labels(const RequestSeriesKey& key, const ProcessFacts& facts) {
  const bool inbound = key.side == inspect::Side::kIngress;
  const Workload self{facts.pod, facts.workload_namespace, facts.principal};
  const Workload peer{{}, namespace_of(key.peer_principal), key.peer_principal};
  LabelList labels = {label("reporter", inbound ? "destination" : "source")};
  append_workload(labels, "source", inbound ? peer : self);
  append_workload(labels, "destination", inbound ? self : peer);
  labels.push_back(label("destination_service", kUnknown));
  // Outbound, the route is the operator's own name for the service; inbound, a workload does not know its services.
  labels.push_back(label("destination_service_name", inbound ? kUnknown : std::string_view(key.route)));
  labels.push_back(label("destination_service_namespace", inbound ? self.name_space : peer.name_space));
  return labels;
}

void append_tcp(Families& families, const TcpCounts& tcp, const ProcessFacts& facts) {
  struct Family {
    std::string_view name;
    std::string_view help;
    std::uint64_t TcpTotals::*member;
  };
  constexpr Family kFamilies[] = {
      {"istio_tcp_connections_opened_total", "Connections of TCP that were opened.", &TcpTotals::opened},
      {"istio_tcp_connections_closed_total", "Connections of TCP that ended.", &TcpTotals::closed},
      {"istio_tcp_received_bytes_total", "Bytes from clients on connections of TCP.", &TcpTotals::received},
      {"istio_tcp_sent_bytes_total", "Bytes to clients on connections of TCP.", &TcpTotals::sent}};
  if (tcp.series().empty()) {
    return;
  }
  for (const Family& each : kFamilies) {
    MetricFamily& family = add_family(families, each.name, each.help, MetricType::Counter);
    for (const auto& [key, totals] : tcp.series()) {
      add_value(family, totals.*each.member, tcp_labels(key, facts));
    }
    if (const auto rest = tcp.other().*each.member; rest != 0) {
      LabelList labels = tcp_labels(RequestSeriesKey{RequestSeriesView{}}, ProcessFacts{});
      for (ClientMetric::Label& one : labels) {
        one.value = kOther;
      }
      add_value(family, rest, std::move(labels));
    }
  }
}

}  // namespace gabion::proxy
