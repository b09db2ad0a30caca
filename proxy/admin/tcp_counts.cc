// Connections that are carried as they are, by series: see metrics.h.
#include "proxy/admin/metrics.h"

namespace gabion::proxy {

TcpTotals& TcpTotals::operator+=(const TcpTotals& more) noexcept {
  opened += more.opened;
  closed += more.closed;
  received += more.received;
  sent += more.sent;
  return *this;
}

void TcpCounts::add(const RequestSeriesView& series, const TcpTotals& more) {
  if (const auto found = series_.find(series); found != series_.end()) {
    found->second += more;
    return;
  }
  if (series_.size() >= kMaxSeries) {
    other_ += more;
    return;
  }
  series_.emplace(RequestSeriesKey(series), more);
}

void TcpCounts::add_all(const TcpCounts& more) {
  for (const auto& [key, totals] : more.series_) {
    add(key.view(), totals);
  }
  other_ += more.other_;
}

}  // namespace gabion::proxy
