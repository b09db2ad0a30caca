// Inode, size and times of a file as text: see file_stamp.h.
#include "config/file_stamp.h"

#include <sys/stat.h>

#include <chrono>

namespace gabion::config {
namespace {

constexpr auto kSettled = std::chrono::milliseconds(100);  // many steps of the kernel's clock

std::string text_of(const struct stat& status) {
  std::string text;
  for (const auto number :
       {static_cast<long long>(status.st_dev), static_cast<long long>(status.st_ino),
        static_cast<long long>(status.st_size), static_cast<long long>(status.st_mtim.tv_sec),
        static_cast<long long>(status.st_mtim.tv_nsec), static_cast<long long>(status.st_ctim.tv_sec),
        static_cast<long long>(status.st_ctim.tv_nsec)}) {
    text.append(std::to_string(number)).push_back(',');
  }
  return text;
}

bool is_settled(const struct stat& status) {
  const auto changed = std::chrono::seconds(status.st_ctim.tv_sec) + std::chrono::nanoseconds(status.st_ctim.tv_nsec);
  const auto age = std::chrono::system_clock::now().time_since_epoch() - changed;
  return age > kSettled || age < -kSettled;
}

}  // namespace

std::string file_stamp(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? text_of(status) : std::string();
}

std::string settled_file_stamp(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && is_settled(status) ? text_of(status) : std::string();
}

}  // namespace gabion::config
