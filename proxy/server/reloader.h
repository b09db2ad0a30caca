// From files to snapshots, beside the traffic: compiles on threads of its own, keeps the last good one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "config/result.h"
#include "proxy/server/watched_files.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Belongs to the control thread, where its callbacks run. One compilation at a time; requests while one runs become
/// one more, as strong as the strongest of them. Databases that a provisional snapshot lacks are compiled beside that,
/// at low priority, and come as one more snapshot.
class Reloader {
 public:
  /// What came of putting a snapshot into force. Errors: why it could not be; the one before stays the last good one.
  using Installed = std::function<void(const config::CheckedResult<void>&)>;
  struct Callbacks {
    /// Calls the function once, at once or later.
    std::function<void(std::shared_ptr<const Snapshot>, Installed)> install;
    /// Not called when an attempt that no change and no command brought about ends as the one before it.
    std::function<void(const config::Errors&)> refused;
  };
  Reloader(boost::asio::io_context& io, const std::filesystem::path& config_file, Callbacks callbacks);
  ~Reloader();

  /// Reads and compiles now, on the calling thread: for the start. The result may be provisional; the first request()
  /// begins to complete it.
  [[nodiscard]] config::CheckedResult<std::shared_ptr<const Snapshot>> load_first();

  /// Why to compile, from weak to strong.
  enum class When : std::uint8_t {
    kIfChanged,           ///< a file changed since the last attempt
    kIfChangedOrRefused,  ///< likewise, or that attempt was refused for a reason that may have passed (a certificate
                          ///< not yet valid, a port still taken)
    kAlways,
  };
  void request(When when);

  /// Where changes matter: to what was read last, whether it was taken or refused.
  [[nodiscard]] std::set<std::filesystem::path> folders() const { return files_.folders(); }
  void stop();

 private:
  /// One reading: what it found, and of which files in which state.
  struct Attempt {
    WatchedFiles files;
    std::string state;
    config::CheckedResult<std::shared_ptr<const Snapshot>> result;
  };
  [[nodiscard]] static Attempt attempt(const std::filesystem::path& config_file, WatchedFiles known,
                                       std::uint64_t generation, const Snapshot* previous,
                                       const inspect::RuleSets* rules);
  using Rules = std::shared_ptr<const inspect::RuleSets>;
  using Completed = config::CheckedResult<Rules>;
  void complete_rules();
  void take_completed(const Completed& completed);
  void run(When when);
  void finish(When when, Attempt done, const Rules& rules);
  void conclude(When when, const config::Errors& errors);

  boost::asio::io_context& io_;
  std::filesystem::path config_file_;
  Callbacks callbacks_;
  boost::asio::thread_pool compiler_{1};
  boost::asio::thread_pool completer_{1};
  std::stop_source stop_;
  std::uint64_t generation_ = 0;
  WatchedFiles files_;   // of the last attempt
  std::string seen_;     // their state before they were read
  std::string refusal_;  // why the last attempt came to nothing; empty: it did not
  std::shared_ptr<const Snapshot> last_good_;
  Rules completed_;  // until a snapshot has taken them up
  bool completing_ = false;
  bool running_ = false;      // compiling, or being installed
  std::optional<When> next_;  // asked for while one runs
};

}  // namespace gabion::proxy
