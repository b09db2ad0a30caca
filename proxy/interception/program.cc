// Runs a program of the system: files in memory stand for pipes, so that nobody waits for anybody.
#include "proxy/interception/program.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace gabion::proxy::interception {
namespace {

constexpr std::size_t kMaxOutput = 1 << 20;
constexpr std::array<const char*, 6> kFolders = {"/usr/sbin", "/sbin", "/usr/local/sbin",
                                                 "/usr/bin",  "/bin",  "/usr/local/bin"};

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) noexcept : fd_(::memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }

  [[nodiscard]] bool put(std::string_view text) noexcept {
    while (!text.empty()) {
      const auto written = ::write(fd_, text.data(), text.size());
      if (written < 0) {
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::lseek(fd_, 0, SEEK_SET) == 0;
  }

  [[nodiscard]] std::string text() const {
    std::string text(kMaxOutput, '\0');
    const auto got = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  int fd_;
};

std::optional<std::string> find_program(const std::string& name) {
  for (const char* folder : kFolders) {
    std::string path = std::string(folder) + "/" + name;
    if (::access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return std::nullopt;
}

int wait_for(pid_t process) noexcept {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0) {
    if (errno != EINTR) {
      return 127;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

config::Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input) {
  const auto path = find_program(words.front());
  if (!path) {
    return config::Error{"is not installed", words.front()};
  }
  MemoryFile in("input");
  MemoryFile out("output");
  MemoryFile errors("errors");
  if (in.fd() < 0 || out.fd() < 0 || errors.fd() < 0 || !in.put(input)) {
    return config::Error{std::strerror(errno), words.front()};
  }
  std::vector<char*> arguments;
  for (const auto& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // execve does not write to them
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.fd(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.fd(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors.fd(), STDERR_FILENO);
  pid_t process = 0;
  const int failed = ::posix_spawn(&process, path->c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return config::Error{std::strerror(failed), words.front()};
  }
  ProgramEnd end;
  end.status = wait_for(process);
  end.output = out.text();
  end.errors = errors.text();
  return end;
}

}  // namespace gabion::proxy::interception
