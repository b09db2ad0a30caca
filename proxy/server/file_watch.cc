// Tells when something in a folder was written, moved or removed: see file_watch.h.
#include "proxy/server/file_watch.h"

#include <sys/inotify.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace gabion::proxy {
namespace {

constexpr auto kQuiet = std::chrono::milliseconds(100);  // mesh.md §2
constexpr auto kLongestBurst = std::chrono::seconds(1);
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

config::Result<std::unique_ptr<FileWatch>> FileWatch::create(boost::asio::io_context& io,
                                                             std::function<void()> changed) {
  const int fd = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) {
    return config::Error{std::string("inotify: ") + std::strerror(errno), ""};
  }
  std::unique_ptr<FileWatch> watch(new FileWatch(io, fd, std::move(changed)));
  watch->read_events();
  return watch;
}

FileWatch::FileWatch(boost::asio::io_context& io, int fd, std::function<void()> changed)
    : descriptor_(io, fd), quiet_(io), changed_(std::move(changed)) {}

void FileWatch::watch(const std::set<std::filesystem::path>& folders) {
  folders_ = folders;
  renew();
}

/// The kernel knows a folder it already watches and answers the same id.
void FileWatch::renew() {
  std::set<int> found;
  for (const auto& folder : folders_) {
    const int id = ::inotify_add_watch(descriptor_.native_handle(), folder.c_str(), kEvents);
    if (id >= 0) {
      found.insert(id);
    }
  }
  for (const int old : watches_) {
    if (!found.contains(old)) {
      ::inotify_rm_watch(descriptor_.native_handle(), old);
    }
  }
  watches_ = std::move(found);
}

void FileWatch::stop() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  quiet_.cancel();
}

void FileWatch::read_events() {
  descriptor_.async_read_some(boost::asio::buffer(events_), [this](boost::system::error_code error, std::size_t) {
    if (error) {
      return;
    }
    schedule();
    read_events();
  });
}

void FileWatch::schedule() {
  const auto now = std::chrono::steady_clock::now();
  if (burst_began_ == std::chrono::steady_clock::time_point{}) {
    burst_began_ = now;
  }
  quiet_.expires_at(std::min(now + kQuiet, burst_began_ + kLongestBurst));
  quiet_.async_wait([this](boost::system::error_code error) {
    if (!error) {
      burst_began_ = {};
      renew();
      changed_();
    }
  });
}

}  // namespace gabion::proxy
