// Tells when something in a folder was written, moved or removed: inotify on the control thread, debounced.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <set>

#include "config/result.h"

namespace gabion::proxy {

/// Folders, not files: Kubernetes swaps a symlink, editors rename. Belongs to the control thread.
class FileWatch {
 public:
  /// `changed` is called 100 ms after the last event of a burst, and at the latest 1 s after its first.
  [[nodiscard]] static config::Result<std::unique_ptr<FileWatch>> create(boost::asio::io_context& io,
                                                                         std::function<void()> changed);
  /// Watches exactly these.
  void watch(const std::set<std::filesystem::path>& folders);
  /// Looks for them again: a folder that was replaced is another one under the same name, and one that was not there
  /// may be by now. Done after each burst of events, too; else it is for the periodic look of the server.
  void renew();
  void stop();

 private:
  FileWatch(boost::asio::io_context& io, int fd, std::function<void()> changed);
  void read_events();
  void schedule();

  boost::asio::posix::stream_descriptor descriptor_;
  boost::asio::steady_timer quiet_;
  std::chrono::steady_clock::time_point burst_began_{};
  std::function<void()> changed_;
  std::set<std::filesystem::path> folders_;
  std::set<int> watches_;
  std::array<char, 4096> events_;
};

}  // namespace gabion::proxy
