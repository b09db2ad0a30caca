// Collections that outlive a transaction (IP, GLOBAL, …): a bounded table in memory whose entries expire.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::engine {

/// Belongs to one worker: what one worker counts, another does not see. Memory: kMostRecords records of kMostVariables.
class PersistentTable {
 public:
  using Time = std::chrono::system_clock::time_point;
  static constexpr std::size_t kMostRecords = 4096;    ///< the one longest unused leaves first
  static constexpr std::size_t kMostVariables = 64;    ///< of one record; more are not stored
  static constexpr std::size_t kMostTextBytes = 1024;  ///< of a key, a name or a value; what is longer is not stored

  /// A record without a change for `timeout` is forgotten.
  explicit PersistentTable(std::chrono::seconds timeout = std::chrono::seconds{3600}) noexcept : timeout_(timeout) {}

  /// A view until the next call that changes the table.
  [[nodiscard]] std::optional<std::string_view> find(seclang::Variable collection, std::string_view key,
                                                     std::string_view name, Time now) const;
  void set(seclang::Variable collection, std::string_view key, std::string_view name, std::string_view value, Time now);
  void unset(seclang::Variable collection, std::string_view key, std::string_view name);
  /// The variable, if it is there, is gone from `when` on.
  void expire(seclang::Variable collection, std::string_view key, std::string_view name, Time when);
  /// Every variable that has not expired: name, value.
  void each(seclang::Variable collection, std::string_view key, Time now,
            const std::function<void(std::string_view, std::string_view)>& visit) const;

  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

 private:
  struct Entry {
    std::string name;
    std::string value;
    Time expires = Time::max();
  };
  struct Record {
    std::vector<Entry> entries;
    Time changed;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  [[nodiscard]] const Record* record_of(seclang::Variable collection, std::string_view key) const;
  [[nodiscard]] Entry* entry_of(seclang::Variable collection, std::string_view key, std::string_view name);
  void make_room(Time now);

  std::chrono::seconds timeout_;
  std::unordered_map<std::string, Record, Hash, std::equal_to<>> records_;
  mutable std::string lookup_;
};

}  // namespace gabion::inspect::waf::engine
