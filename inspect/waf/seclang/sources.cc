// Reads files as far as limits allow; the only part of the SecLang reader that touches the file system.
#include "inspect/waf/seclang/sources.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "config/file_stamp.h"

namespace gabion::inspect::waf::seclang {
namespace {

namespace fs = std::filesystem;

config::Error failure(std::string what) {
  return {std::move(what), {}};
}

config::Error too_large(const LoadLimits& limits) {
  return failure(fmt::format("all files together have more than {} bytes", limits.total_bytes));
}

/// One glob(3) result, freed at the end.
class Matches {
 public:
  explicit Matches(const std::string& pattern) { found_ = glob(pattern.c_str(), GLOB_NOSORT, nullptr, &result_) == 0; }
  Matches(const Matches&) = delete;
  Matches& operator=(const Matches&) = delete;
  ~Matches() { globfree(&result_); }

  [[nodiscard]] std::vector<std::string> sorted() const {
    std::vector<std::string> paths;
    if (found_) {
      paths.assign(result_.gl_pathv, result_.gl_pathv + result_.gl_pathc);
      std::sort(paths.begin(), paths.end());
    }
    return paths;
  }

 private:
  glob_t result_{};
  bool found_ = false;
};

}  // namespace

config::Result<std::string> Sources::read(const std::string& path) {
  if (++reads_ > limits_.files) {
    return failure(fmt::format("{}: more than {} files are read", path, limits_.files));
  }
  stamps_.try_emplace(path, config::file_stamp(path));
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return failure(fmt::format("{}: {}", path, error ? error.message() : "No such file or directory"));
  }
  if (!fs::is_regular_file(status)) {  // looked at before opening: a FIFO would wait for its other end
    return failure(
        fmt::format("{}: {}", path,
                    fs::is_directory(status) ? "is a folder; name its files, as in folder/*.conf" : "is not a file"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::string block(std::size_t{64} << 10U, '\0');
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    const auto size = static_cast<std::size_t>(file.gcount());
    bytes_ += size;
    if (bytes_ > limits_.total_bytes) {
      return too_large(limits_);
    }
    text.append(block, 0, size);
  }
  if (!file.eof()) {
    return failure(fmt::format("{}: cannot be read", path));
  }
  return text;
}

config::Result<std::string> Sources::take(std::string_view text) {
  bytes_ += text.size();
  if (bytes_ > limits_.total_bytes) {
    return too_large(limits_);
  }
  return std::string(text);
}

std::uint32_t Sources::number_of_file(const std::string& path) {
  const auto [place, is_new] = numbers_.try_emplace(path, static_cast<std::uint32_t>(names_.size()));
  if (is_new) {
    names_.push_back(path);
  }
  return place->second;
}

std::vector<std::string> Sources::matching(const std::string& pattern, const std::string& includer) {
  constexpr std::string_view kWild = "*?[";
  const std::string path = resolve(pattern, includer);
  const bool is_wild = pattern.find_first_of(kWild) != std::string::npos;
  std::error_code error;
  if (!is_wild && fs::exists(path, error)) {
    return {path};
  }
  // A file that comes later changes its folder: the last one before anything wild.
  const std::string folder = fs::path(path.substr(0, path.find_first_of(kWild))).parent_path().string();
  stamps_.try_emplace(folder, config::file_stamp(folder));
  return is_wild ? Matches(path).sorted() : std::vector<std::string>{};
}

std::string resolve(std::string_view path, const std::string& includer) {
  return (fs::path(includer).parent_path() / fs::path(path)).lexically_normal().string();
}

}  // namespace gabion::inspect::waf::seclang
