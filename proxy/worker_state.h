// What every connection of one worker shares: plain members, one thread, no locks but one.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "inspect/scratch.h"
#include "proxy/admin/json_log.h"
#include "proxy/admin/metrics.h"
#include "proxy/admin/trace_context.h"
#include "proxy/capture/kept_plans.h"
#include "proxy/gateway/pod_shares.h"
#include "proxy/net/buffer.h"
#include "proxy/net/event_loop.h"
#include "proxy/net/own_dials.h"
#include "proxy/overload/guard.h"
#include "proxy/session/long_texts.h"
#include "proxy/session/postgres_cancels.h"
#include "proxy/session/sql_statement_judge.h"
#include "proxy/snapshot.h"
#include "proxy/tls/scram_crypto.h"
#include "proxy/upstream/endpoint_table.h"
#include "proxy/upstream/pool.h"

namespace gabion::proxy {

/// Numbers for peer identities, so that pool keys compare integers, and how many connections each holds.
/// A number is never given twice. An identity without connections keeps its number, so that it finds its pooled
/// connections again; beyond kKept entries it is forgotten at once.
class IdentityTable {
 public:
  struct Entry {
    std::uint64_t number = 0;
    std::uint32_t connections = 0;
  };
  /// The entry of `identity` ("" = none), with one connection more.
  [[nodiscard]] Entry enter(std::string_view identity) {
    Entry& entry = entries_[std::string(identity)];
    if (entry.number == 0) {
      entry.number = ++last_;
    }
    ++entry.connections;
    return entry;
  }
  void leave(std::string_view identity) {
    const auto found = entries_.find(std::string(identity));
    if (found != entries_.end() && --found->second.connections == 0 && entries_.size() > kKept) {
      entries_.erase(found);
    }
  }

 private:
  static constexpr std::size_t kKept = 1024;  // more peers than a service has; bounds the table
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t last_ = 0;
};

[[nodiscard]] inline std::uint64_t random_number(RandomSource& random) noexcept {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  random.fill(bytes);
  return std::bit_cast<std::uint64_t>(bytes);
}

/// How far a stop has come, as connections see it.
enum class DrainStep : std::uint8_t {
  kNone,
  kAnnounce,  ///< responses carry Connection: close on inbound listeners
  kInbound,   ///< inbound listeners are closed; quiet inbound connections close
  kAll,       ///< the same for outbound
};

/// All that changes and that workers have in common; each is thread-safe. Never null.
struct SharedByWorkers {
  std::shared_ptr<PostgresCancels> cancels;
  std::shared_ptr<OwnDials> dials;
  std::shared_ptr<LongTextReaders> readers;
};

struct WorkerState {
  WorkerState(EventLoop& its_loop, LogSinks& its_logs, std::size_t index, SharedByWorkers shared,
              std::shared_ptr<const Snapshot> first)
      : loop(its_loop),
        logs(its_logs),
        number(index),
        cancels(std::move(shared.cancels)),
        dials(std::move(shared.dials)),
        snapshot(std::move(first)),
        overload(loop, buffers, metrics, logs, index, snapshot->config),
        long_texts(loop, buffers, std::move(shared.readers)) {}

  /// Null when it cannot be made: nothing that must be judged by it may pass. REQUIRES: the worker's thread.
  [[nodiscard]] SqlJudges* sql_judges() {
    if (!sql) {
      auto made = inspect::sql::SqlJudge::make();
      if (!made) {
        logs.log(config::LogLevel::kError, "no judge for SQL", {{"error", made.error().what}});
        return nullptr;
      }
      sql.emplace(SqlJudges{std::move(*made), {}});
      logs.log(config::LogLevel::kInfo, "statements of SQL can be judged", {{"worker", std::to_string(number)}});
    }
    return &*sql;
  }

  /// What is in force now for whoever `earlier` was.
  [[nodiscard]] const std::shared_ptr<const Snapshot>& newest_of(
      const std::shared_ptr<const Snapshot>& earlier) const noexcept {
    return newest(snapshot, earlier);
  }

  EventLoop& loop;
  LogSinks& logs;
  std::size_t number;                        ///< in logs and metrics
  std::shared_ptr<PostgresCancels> cancels;  ///< of all workers
  std::shared_ptr<OwnDials> dials;           ///< of all workers
  KernelRandom random;
  BufferPool buffers;
  WorkerMetrics metrics;
  inspect::Scratch scratch;
  std::shared_ptr<const Snapshot> snapshot;
  OverloadGuard overload;  ///< before whatever gives memory back as it goes
  LongTexts long_texts;
  std::optional<SqlJudges> sql;  ///< made by the worker's thread, before the first snapshot that needs it is in force
  KeptPlans kept_plans{metrics};
  PodShares pod_shares;
  UpstreamPool pool{loop, buffers, metrics, &dials->of(number)};
  KnownEndpoints known = known_endpoints(*snapshot);
  EndpointTable endpoints{random_number(random)};
  IdentityTable identities;
  postgres::ScramKeyCache scram_keys{tls::scram_crypto()};
  std::uint32_t held_connections = 0;  ///< waiting for timeouts.unknown_peer
  DrainStep drain = DrainStep::kNone;
};

}  // namespace gabion::proxy
