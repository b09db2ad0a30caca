// One worker's counters: plain integers while it works, a plain copy when somebody asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/admin/inspect_times.h"
#include "proxy/admin/labelled_counts.h"
#include "proxy/admin/records.h"
#include "proxy/overload/ladder.h"
#include "proxy/upstream/endpoint_table.h"

namespace gabion::proxy {

/// Which of config::Limits was reached: gabion_limit_total{limit=<its key in gabion.yaml>}.
enum class Limit : std::uint8_t {
  kRequestLineBytes,
  kHeaderBytes,
  kHeaderCount,
  kTrailerBytes,
  kRequestBodyBytes,
  kBufferBytes,
  kHoldBytes,
  kScanBytes,
  kInFlightBytes,
  kConnections,
  kConnectionsPerIdentity,
  kConnectionsPerPod,
  kPendingHops,
  kHeldConnections,
  kUpstreamConnections,
  kIdleUpstreamConnections,
  kRequestsPerConnection,
  kConcurrentStreams,
  kHttp2Flood,  ///< of frames that cost the peer nothing: no key of gabion.yaml
  kBodyBytesPerSecond,
  kDecodedBytes,
  kDecodedRatio,
  kWebSocketMessageBytes,
  kGrpcMessageBytes,
  kPlannedEndpoints,
  kCount
};

[[nodiscard]] std::string_view to_string(Limit limit) noexcept;

/// Values by enumerator: `counts[Limit::kHeaderBytes] += 1`. REQUIRES: an enumerator below kCount.
template <class Enum>
class EnumCounts {
 public:
  static constexpr std::size_t kSize = static_cast<std::size_t>(Enum::kCount);

  [[nodiscard]] std::uint64_t& operator[](Enum index) noexcept { return values_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] std::uint64_t operator[](Enum index) const noexcept { return values_[static_cast<std::size_t>(index)]; }

  EnumCounts& operator+=(const EnumCounts& more) noexcept {
    for (std::size_t i = 0; i < kSize; ++i) {
      values_[i] += more.values_[i];
    }
    return *this;
  }

 private:
  std::array<std::uint64_t, kSize> values_{};
};

/// TLS on one side of the proxy.
struct HandshakeCounters {
  std::uint64_t ok = 0;  ///< resumed ones included
  std::uint64_t resumed = 0;
  std::uint64_t failed = 0;

  HandshakeCounters& operator+=(const HandshakeCounters& more) noexcept;
};

/// Connections of one side of the proxy. Open now = opened - closed.
struct ConnectionCounters {
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t bytes_received = 0;  ///< from the socket, TLS removed
  std::uint64_t bytes_sent = 0;      ///< to the socket, before TLS
  HandshakeCounters tls;

  ConnectionCounters& operator+=(const ConnectionCounters& more) noexcept;
};

/// Of long results of PostgreSQL (docs/postgres.md):
/// why pauses within them were over.
struct ResultPauses {
  std::uint64_t full = 0;   ///< as much waited as is read at once
  std::uint64_t time = 0;   ///< less did, when the time had passed
  std::uint64_t end = 0;    ///< the result's end was there
  std::uint64_t empty = 0;  ///< nothing had come: the next byte is read when it comes

  ResultPauses& operator+=(const ResultPauses& more) noexcept;
};
/// What the data path counts by itself, wherever it happens.
struct WorkerCounters {
  ConnectionCounters downstream;
  ConnectionCounters upstream;
  std::uint64_t accepted = 0;  ///< sockets taken from listeners, refused ones included
  std::uint64_t loop_iterations = 0;
  std::uint64_t protocol_mismatch = 0;
  std::uint64_t pool_hits = 0;
  std::uint64_t pool_misses = 0;
  std::uint64_t websocket_opened = 0;
  std::uint64_t websocket_closed = 0;
  std::uint64_t websocket_request_messages = 0;   ///< from clients, complete ones
  std::uint64_t websocket_response_messages = 0;  ///< from services
  std::uint64_t postgres_opened = 0;
  std::uint64_t postgres_closed = 0;
  std::uint64_t postgres_statements = 0;  ///< Query and Parse
  std::uint64_t postgres_denied = 0;      ///< of those and of their uses
  std::uint64_t postgres_cut = 0;         ///< answers, by limits or for what was found in them
  std::uint64_t postgres_cancels = 0;     ///< of those, that the server was told to stop
  std::uint64_t postgres_withheld = 0;    ///< values of columns that rules withhold
  std::uint64_t postgres_covered = 0;     ///< values in which something sensitive was covered
  ResultPauses postgres_pauses;           ///< within long results
  std::uint64_t sql_long_texts = 0;       ///< statements that readers beside the loop had to read
  std::uint64_t sql_long_refused = 0;     ///< of those, denied because too many waited
  std::uint64_t sql_tainted = 0;          ///< statements with structure that came with a request
  std::uint64_t findings_dropped = 0;     ///< of exchanges with more than are kept
  std::uint64_t evicted_scans = 0;        ///< values rules had remembered that left for others
  EnumCounts<Limit> limit_total;
  EnumCounts<OverloadStep> overload_entered;  ///< kNone: how often it was over
  std::uint64_t overload_refused_connections = 0;
  std::uint64_t overload_refused_requests = 0;
  std::uint64_t overload_ended = 0;        ///< largest holders, asked to end
  std::uint64_t overload_ended_bytes = 0;  ///< what they held
  EndpointCounters endpoints;
  // Gauges: the value now.
  std::uint64_t buffered_bytes = 0;  ///< in read buffers and send queues, and kept by detectors
  std::uint64_t hold_bytes = 0;      ///< held for a verdict
  std::uint64_t active_exchanges = 0;
  std::uint64_t idle_upstream = 0;  ///< connections waiting in pools
  std::uint64_t ejected_endpoints = 0;
  std::uint64_t memory_limit_bytes = 0;
  OverloadStep overload_step = OverloadStep::kNone;  ///< of several workers the highest

  WorkerCounters& operator+=(const WorkerCounters& more) noexcept;
};

/// What tells one series of istio_requests_total from another. Comes from configuration, identities and the proxy's own
/// answers; the only value the other side chooses is the status code, hence the bound.
struct RequestSeriesView {
  inspect::Side side = inspect::Side::kIngress;
  std::string_view peer_principal;  ///< "spiffe://…"; empty = unknown
  std::string_view listener;
  std::string_view route;
  std::uint16_t response_code = 0;
  std::string_view response_flags;  ///< static text of ReasonTraits, empty when none
  bool mutual_tls = false;
  std::uint8_t grpc_status = kNotGrpc;  ///< 0 to 16, or one of the two below

  static constexpr std::uint8_t kNotGrpc = 255;
  static constexpr std::uint8_t kNoGrpcStatus = 254;  ///< a call whose answer had none, or one out of range
  friend bool operator==(const RequestSeriesView&, const RequestSeriesView&) = default;
};

/// The same, owned.
struct RequestSeriesKey {
  inspect::Side side = inspect::Side::kIngress;
  std::string peer_principal;
  std::string listener;
  std::string route;
  std::uint16_t response_code = 0;
  std::string_view response_flags;  ///< static text
  bool mutual_tls = false;
  std::uint8_t grpc_status = RequestSeriesView::kNotGrpc;

  explicit RequestSeriesKey(const RequestSeriesView& series);
  [[nodiscard]] RequestSeriesView view() const noexcept;
};

/// A table by series is asked with views and keeps keys.
struct RequestSeriesHash {
  using is_transparent = void;
  std::size_t operator()(const RequestSeriesView& series) const noexcept;
  std::size_t operator()(const RequestSeriesKey& key) const noexcept { return (*this)(key.view()); }
};
struct RequestSeriesEqual {
  using is_transparent = void;
  bool operator()(const RequestSeriesKey& a, const RequestSeriesKey& b) const noexcept { return a.view() == b.view(); }
  bool operator()(const RequestSeriesView& a, const RequestSeriesKey& b) const noexcept { return a == b.view(); }
  bool operator()(const RequestSeriesKey& a, const RequestSeriesView& b) const noexcept { return a.view() == b; }
};

/// Upper bounds in milliseconds (mesh.md §9: Envoy's and Istio's default buckets); +Inf follows.
inline constexpr std::array<double, 19> kDurationBucketsMs = {
    0.5,   1,     5,      10,     25,     50,      100,     250,       500,      1'000,
    2'500, 5'000, 10'000, 30'000, 60'000, 300'000, 600'000, 1'800'000, 3'600'000};

/// How long exchanges took and how much they moved.
struct RequestDistribution {
  std::uint64_t count = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t request_messages = 0;  ///< of gRPC calls
  std::uint64_t response_messages = 0;
  std::uint64_t duration_us_sum = 0;
  std::array<std::uint64_t, kDurationBucketsMs.size() + 1> duration_buckets{};  ///< not cumulative; the last is +Inf

  RequestDistribution& operator+=(const RequestDistribution& more) noexcept;
};

/// Exchanges by series, bounded twice: a counter is one line of text, a distribution 28, and the whole page stays
/// below 10,000 lines (mesh.md §9). Series without a distribution of their own share the one called "other".
class RequestCounts {
 public:
  static constexpr std::size_t kMaxSeries = 4'000;
  static constexpr std::size_t kMaxDistributions = 160;

  /// Adds `count` exchanges that look like `distribution`. Allocates only for a series not seen before.
  void add(const RequestSeriesView& series, std::uint64_t count, const RequestDistribution& distribution);

  /// Adds another worker's, oldest series first, so that a full table keeps the same series from one time to the next.
  void add_all(const RequestCounts& more);

  /// Every series in the order of its first appearance. Borrows until the next change; `distribution` is null when
  /// the series shares other_distribution().
  struct Entry {
    const RequestSeriesKey* key = nullptr;
    std::uint64_t count = 0;
    const RequestDistribution* distribution = nullptr;
  };
  [[nodiscard]] std::vector<Entry> entries() const;

  /// 0 for a series that does not exist.
  [[nodiscard]] std::uint64_t value(const RequestSeriesView& series) const;
  [[nodiscard]] std::size_t size() const noexcept { return series_.size(); }
  [[nodiscard]] std::uint64_t other_count() const noexcept { return other_count_; }
  [[nodiscard]] const RequestDistribution& other_distribution() const noexcept { return other_distribution_; }

 private:
  struct Series {
    std::uint64_t count = 0;
    std::size_t ordinal = 0;  ///< how many came before; also the index of its distribution, if it has one
  };

  [[nodiscard]] Series* find_or_create(const RequestSeriesView& series);

  using Map = std::unordered_map<RequestSeriesKey, Series, RequestSeriesHash, RequestSeriesEqual>;
  /// Of this map only: a copy begins with none.
  struct Last {
    Map::value_type* entry = nullptr;
    Last() = default;
    Last(const Last& /*other*/) noexcept {}
    Last& operator=(const Last& /*other*/) noexcept {
      entry = nullptr;
      return *this;
    }
  };

  Map series_;
  Last last_;  ///< found last, in series_
  std::vector<RequestDistribution> distributions_;
  std::uint64_t other_count_ = 0;
  RequestDistribution other_distribution_;
};

/// Connections that are carried as they are, and their bytes. Open now = opened - closed.
struct TcpTotals {
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::uint64_t received = 0;  ///< from the client
  std::uint64_t sent = 0;      ///< to the client

  TcpTotals& operator+=(const TcpTotals& more) noexcept;
};

/// The same by series, bounded: four lines of text each.
class TcpCounts {
 public:
  static constexpr std::size_t kMaxSeries = 250;

  /// Allocates only for a series not seen before; one too many is counted by other().
  void add(const RequestSeriesView& series, const TcpTotals& more);
  void add_all(const TcpCounts& more);

  using Series = std::unordered_map<RequestSeriesKey, TcpTotals, RequestSeriesHash, RequestSeriesEqual>;
  [[nodiscard]] const Series& series() const noexcept { return series_; }
  [[nodiscard]] const TcpTotals& other() const noexcept { return other_; }

 private:
  Series series_;
  TcpTotals other_;
};

/// Everything one worker has counted: a value that may travel between threads.
struct MetricsSample {
  static constexpr std::size_t kMaxPolicySeries = 300;
  static constexpr std::size_t kMaxFindingSeries = 300;
  static constexpr std::size_t kMaxPodSeries = 1'200;

  WorkerCounters counters;
  InspectTimes inspect_times;
  RequestCounts requests;
  TcpCounts tcp;
  EnumCounts<Reason> exchange_reasons;
  EnumCounts<Reason> connection_reasons;
  LabelledCounts authz_allow{kMaxPolicySeries};  ///< kind, policy, rule, basis
  LabelledCounts authz_deny{kMaxPolicySeries};   ///< kind, policy, rule, basis
  LabelledCounts dry_run{kMaxPolicySeries};      ///< policy, rule, outcome ("would_deny", "would_allow")
  LabelledCounts findings{kMaxFindingSeries};    ///< detector, rule, action ("block", "mask", "log")
  LabelledCounts pods{kMaxPodSeries};            ///< of a gateway: pod, side, outcome ("well", "otherwise")

  /// Adds another worker's; bounds stay those of one.
  void add_all(const MetricsSample& more);
};

/// Belongs to one worker and is used by its thread only.
class WorkerMetrics {
 public:
  /// Counts a finished exchange: request series, reason, policy, dry run, findings. Once an exchange.
  void count(const ExchangeRecord& record);

  /// Of a connection that is carried as it is: as it goes, since one may last for days.
  void count(const RequestSeriesView& series, const TcpTotals& more) { sample_.tcp.add(series, more); }

  /// Of a message of a WebSocket, long before its exchange ends.
  void count_findings(const ExchangeRecord& record);
  void count_findings(std::span<const inspect::Finding> findings, std::uint64_t dropped);

  /// DryRun policies would have judged a statement otherwise, by `rule`.
  enum class WouldBe : std::uint8_t { kDenied, kAllowed };
  void count_dry_run(std::string_view rule, WouldBe would_be);

  /// Counts a connection that ended for a reason; exchanges on it are counted by themselves.
  void count(const ConnectionEvent& event) noexcept;

  /// `metrics.counters().downstream.opened += 1`.
  [[nodiscard]] WorkerCounters& counters() noexcept { return sample_.counters; }
  void reached(Limit limit) noexcept { sample_.counters.limit_total[limit] += 1; }

  /// Answers what `call`, a question to inspection, does, and now and then measures it.
  template <class Call>
  decltype(auto) timed(InspectStage stage, Call call) {
    return sample_.inspect_times.time(stage, std::move(call));
  }

  /// A copy; up to a few hundred KiB with many identities. Post this call to the worker.
  [[nodiscard]] MetricsSample sample() const { return sample_; }

 private:
  void count_verdict(const inspect::Verdict& verdict);

  MetricsSample sample_;
};

}  // namespace gabion::proxy
