// The values of requests that are open, or ended a moment ago, as statements of this process may hold them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/sql_taint_config.h"
#include "inspect/sql/taint/candidate.h"
#include "inspect/sql/taint/gram_filter.h"

namespace gabion::inspect::sql::taint {

/// Where a value stands in a statement.
struct Hit {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t value = 0;      ///< index of Found::values
  bool of_other_trace = false;  ///< requests of the statement's trace are known, and none of them has the value
};

/// What find() found, and its working memory; reused from statement to statement.
struct Found {
  struct Value {
    std::uint32_t id = 0;  ///< the store's own
    std::string source;
  };
  std::vector<Hit> hits;      ///< by `begin`
  std::vector<Value> values;  ///< that were found
  std::string folded;         ///< the statement
  std::uint64_t work = 0;     ///< bytes compared, and what each step costs beside them

  void clear() noexcept {
    hits.clear();
    values.clear();
    work = 0;
  }
};

/// One of a process; every function by any thread at any time. Requests and SQL sessions live on different workers:
/// writers take a lock for as long as it takes to copy a request's values; a reader takes it only where the bytes of
/// its statement begin like a value that is kept. Equal values (but for case) are kept once. Bounded by memory_bytes:
/// at the bound values of requests that ended go first, then new ones are not kept; both are counted. What a place of a
/// statement costs grows with how much of its text values repeat and with how many stand there whole, not with how many
/// values there are, begin alike, or are of the statement's trace.
class CandidateStore {
 public:
  using Clock = std::chrono::steady_clock;

  explicit CandidateStore(const config::SqlTaintConfig& config);

  /// A request while it is open; close() it or it stays.
  class Request {
   public:
    [[nodiscard]] bool is_open() const noexcept { return slot_ != kNone; }

   private:
    friend class CandidateStore;
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    std::uint32_t slot_ = kNone;
  };

  /// Keeps values for `request`, which it opens with the first. `trace` null: none is known.
  void add(Request& request, const Trace* trace, std::span<const Candidate> values, Clock::time_point now);
  /// From now on its values stay for the grace window.
  void close(Request& request, Clock::time_point now);

  /// Nothing is kept: no statement need be looked at. One load.
  [[nodiscard]] bool empty() const noexcept { return live_.load(std::memory_order_acquire) == 0; }

  enum class Search : std::uint8_t {
    kAll,      ///< every place is told
    kTooLong,  ///< a text that repeats itself, and values that repeat it, at more places than there is time for
  };

  /// Every place where a live value stands in `statement` (less than 4 GiB), ASCII letters of either case the same.
  /// `trace` null: the statement says none.
  [[nodiscard]] Search find(std::string_view statement, const Trace* trace, Clock::time_point now, Found& found);

  struct Counts {
    std::uint64_t values = 0;   ///< kept now
    std::uint64_t bytes = 0;    ///< of them
    std::uint64_t kept = 0;     ///< since the start
    std::uint64_t evicted = 0;  ///< requests whose grace window was cut short
    std::uint64_t dropped = 0;  ///< values that were not kept
  };
  [[nodiscard]] Counts counts() const;

 private:
  static constexpr std::uint32_t kNone = Request::kNone;
  struct Value {
    std::string bytes;  ///< folded
    std::string source;
    std::uint32_t hash = 0;
    std::uint32_t holders = 0;  ///< requests, open or in their grace window
    std::uint32_t open = 0;     ///< of them open
    std::uint32_t place = 0;    ///< in Found::values, of the search `seen_in`
    std::uint64_t seen_in = 0;
    std::uint64_t of_trace_in = 0;  ///< the last search whose trace has it
    Clock::time_point last_closed;
  };
  struct Entry {
    std::vector<std::uint32_t> values;
    Trace trace{};
    bool has_trace = false;
    Clock::time_point closed;
  };
  /// By their bytes; a text stands beside the values that it begins with.
  struct InOrder {
    using is_transparent = void;
    const std::vector<Value>* values;
    [[nodiscard]] std::string_view bytes(std::uint32_t index) const noexcept { return (*values)[index].bytes; }
    [[nodiscard]] static std::string_view bytes(std::string_view text) noexcept { return text; }
    template <class Left, class Right>
    [[nodiscard]] bool operator()(const Left& left, const Right& right) const noexcept {
      return bytes(left) < bytes(right);
    }
  };
  struct TraceHash {
    std::size_t operator()(const Trace& trace) const noexcept;
  };

  void open(Request& request, const Trace* trace);
  void add_value(Entry& entry, const Candidate& candidate);
  [[nodiscard]] std::uint32_t find_value(std::string_view folded) const noexcept;
  [[nodiscard]] std::uint32_t make_value(const Candidate& candidate, std::uint32_t hash);
  [[nodiscard]] bool make_room(std::size_t bytes);
  void sweep(Clock::time_point now);
  void forget_oldest();
  void let_go(std::uint32_t value);
  [[nodiscard]] bool is_live(const Value& value, Clock::time_point now) const noexcept {
    return value.open != 0 || now <= value.last_closed + config_.grace;
  }
  [[nodiscard]] bool knows(const Trace& trace) const { return traces_.find(trace) != traces_.end(); }
  struct Comparing;
  void mark_trace(Comparing& comparing);
  void compare(Comparing& comparing, std::size_t at, Found& found);
  void tell(Comparing& comparing, std::size_t at, std::uint32_t index, Found& found);
  /// A value, and how much of it some text begins with.
  struct Shared {
    std::uint32_t value = kNone;
    std::uint32_t bytes = 0;
  };
  /// Of all values the last that is not behind `text`; kNone: none is, or it shares less than a gram.
  [[nodiscard]] Shared last_before(Comparing& comparing, std::string_view text) const;
  [[nodiscard]] std::uint32_t longest_beginning(Comparing& comparing, Shared of);
  [[nodiscard]] std::uint64_t gram(std::string_view folded) const noexcept;

  const config::SqlTaintConfig config_;
  GramFilter filter_;
  std::atomic<std::uint32_t> live_{0};
  mutable std::mutex mutex_;  ///< guards all that follows, and writing to the filter
  std::string scratch_;
  std::vector<std::uint32_t> of_hash_;                        ///< how many values there are
  std::unordered_map<std::uint64_t, std::uint32_t> of_gram_;  ///< likewise, of exactly these first bytes
  std::vector<Value> values_;
  std::set<std::uint32_t, InOrder> ordered_;
  std::vector<std::uint32_t> free_values_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_entries_;
  std::deque<std::uint32_t> closed_;  ///< entries in the order in which their grace windows end
  std::unordered_multimap<Trace, std::uint32_t, TraceHash> traces_;
  std::size_t bytes_ = 0;
  std::uint64_t searches_ = 0;
  /// What longest_beginning() found in this search, as far as it is still known.
  struct Step {
    std::uint64_t search = 0;
    Shared of;
    std::uint32_t found = kNone;
  };
  std::vector<Step> steps_;
  std::vector<Shared> path_;
  Counts counts_;
};

}  // namespace gabion::inspect::sql::taint
