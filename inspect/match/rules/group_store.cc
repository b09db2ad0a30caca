// Files are opened without following links, checked by their descriptor, and written beside their place first.
#include "inspect/match/rules/group_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "inspect/match/rules/stored_bytes.h"

namespace gabion::inspect::match {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

std::string reason(int error) {
  return std::generic_category().message(error);
}

/// What is wrong with the file behind `status`; empty: nothing.
std::string distrust(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) {
    return "is not a regular file";
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return "belongs to another user";
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return "may be written by other users";
  }
  if (static_cast<std::uintmax_t>(status.st_size) > GroupStore::kMostFileBytes) {
    return "is larger than stored patterns may be";
  }
  return {};
}

bool read_all(int file, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    done += static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) {
      continue;
    }
    if (put <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

/// Written beside `path` and renamed.
config::Result<void> write_whole(const std::string& path, std::string_view bytes) {
  std::string draft = path + ".XXXXXX";
  const Descriptor file(::mkostemp(draft.data(), O_CLOEXEC));  // mode 0600
  if (file.number() < 0) {
    return config::Error{"cannot be written: " + reason(errno), path};
  }
  if (!write_all(file.number(), bytes) || ::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    return config::Error{"cannot be written: " + reason(error), path};
  }
  return {};
}

}  // namespace

std::string GroupStore::path_of(const Sha256::Digest& key) const {
  return folder_ + "/" + std::string(kPrefix) + to_hex(key);
}

config::Result<std::optional<StoredGroup>> GroupStore::load(const Sha256::Digest& key) const {
  const std::string path = path_of(key);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) {
    if (errno == ENOENT) {
      return std::optional<StoredGroup>();
    }
    return config::Error{"cannot be read: " + reason(errno), path};
  }
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) {
    return config::Error{"cannot be read: " + reason(errno), path};
  }
  if (std::string wrong = distrust(status); !wrong.empty()) {
    return config::Error{std::move(wrong), path};
  }
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (!read_all(file.number(), bytes)) {
    return config::Error{"cannot be read whole", path};
  }
  auto group = from_bytes(bytes, key);
  if (!group) {
    return config::Error{group.error().what, path};
  }
  return std::optional<StoredGroup>(std::move(*group));
}

config::Result<void> GroupStore::save(const Sha256::Digest& key, const std::vector<Engine>& engines,
                                      const hs_database_t* regexes, const hs_database_t* phrases) const {
  const auto bytes = to_bytes(key, engines, regexes, phrases);
  if (!bytes) {
    return bytes.error();
  }
  if (::mkdir(folder_.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return config::Error{"cannot be made: " + reason(errno), folder_};
  }
  auto written = write_whole(path_of(key), *bytes);
  if (written) {
    forget_oldest();
  }
  return written;
}

void GroupStore::forget_oldest() const noexcept {
  namespace fs = std::filesystem;
  try {
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with(kPrefix)) {
        files.emplace_back(entry.last_write_time(), entry.path());
      }
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = kMostFiles; i < files.size(); ++i) {
      fs::remove(files[i].second);
    }
  } catch (const std::exception&) {
    // Somebody else tidies up at the same time, or will at the next save.
  }
}

}  // namespace gabion::inspect::match
