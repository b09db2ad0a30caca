// From files to snapshots, beside the traffic: compiles on a thread of its own, keeps the last good one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "config/result.h"
#include "proxy/snapshot.h"

namespace gabion::proxy {

/// Belongs to the control thread, where its callbacks run. One compilation at a time; requests while one runs become
/// one more.
class Reloader {
 public:
  struct Callbacks {
    std::function<void(std::shared_ptr<const Snapshot>)> loaded;
    std::function<void(const config::Errors&)> refused;
  };
  Reloader(boost::asio::io_context& io, std::filesystem::path config_file, Callbacks callbacks);
  ~Reloader();

  /// Reads and compiles now, on the calling thread: for the start.
  [[nodiscard]] config::CheckedResult<std::shared_ptr<const Snapshot>> load_first();
  /// Compiles if a file changed since the last attempt, or `always`.
  enum class When : std::uint8_t { kIfChanged, kAlways };
  void request(When when);
  /// Folders whose changes matter for `config`.
  [[nodiscard]] static std::set<std::filesystem::path> folders_of(const config::ProxyConfig& config);
  void stop();

 private:
  void run();

  boost::asio::io_context& io_;
  std::filesystem::path config_file_;
  Callbacks callbacks_;
  boost::asio::thread_pool compiler_{1};
  std::uint64_t generation_ = 0;
  std::string seen_;                           // state of all files at the last attempt
  std::shared_ptr<const Snapshot> last_good_;  // whose files are looked at
  bool running_ = false;
  bool again_ = false;
};

}  // namespace gabion::proxy
