// The only part of the configuration reader that touches the file system.
#include "config/config_files.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

namespace gabion::config {
namespace {

namespace fs = std::filesystem;

fs::path resolve(std::string_view text, const ConfigFolder& folder) {
  return (folder.path / fs::path(text)).lexically_normal();  // an absolute right side wins
}

void refuse(const ConfigField& field, const fs::path& path, std::string_view why) {
  field.refuse(fmt::format("{}: {}", path.string(), why));
}

void check_directory(const ConfigField& field, const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    refuse(field, path, error ? error.message() : "No such file or directory");
    return;
  }
  if (!fs::is_directory(status)) {
    refuse(field, path, "is not a directory");
    return;
  }
  const fs::directory_iterator listing(path, error);
  if (error) {
    refuse(field, path, error.message());
  }
}

/// The kind is looked at before opening: opening a FIFO would wait for its other end.
void check_file(const ConfigField& field, const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    refuse(field, path, error ? error.message() : "No such file or directory");
    return;
  }
  if (!fs::is_regular_file(status)) {
    refuse(field, path, "is not a file");
    return;
  }
  if (!std::ifstream(path, std::ios::binary).is_open()) {
    refuse(field, path, "cannot be opened for reading");
  }
}

}  // namespace

std::optional<fs::path> read_file_path(const ConfigField& field, const ConfigFolder& folder) {
  const auto text = field.string();
  if (!text) {
    return std::nullopt;
  }
  fs::path path = resolve(*text, folder);
  if (folder.checks == FileChecks::kCheck) {
    check_file(field, path);
  }
  return path;
}

std::optional<fs::path> read_directory_path(const ConfigField& field, const ConfigFolder& folder) {
  const auto text = field.string();
  if (!text) {
    return std::nullopt;
  }
  fs::path path = resolve(*text, folder);
  if (folder.checks == FileChecks::kCheck) {
    check_directory(field, path);
  }
  return path;
}

std::optional<std::string> read_sink(const ConfigField& field, const ConfigFolder& folder) {
  const auto word = field.word();
  if (!word || *word == "stdout" || *word == "stderr" || *word == "off") {
    return word ? std::optional<std::string>(*word) : std::nullopt;
  }
  const auto text = field.string();
  if (!text) {
    return std::nullopt;
  }
  if (text->find('/') == std::string::npos || text->back() == '/') {
    field.refuse(fmt::format("must be stdout, stderr, off or a file's path with a '/', not \"{}\"", *text));
    return std::nullopt;
  }
  const fs::path path = resolve(*text, folder);
  if (folder.checks == FileChecks::kCheck) {
    check_directory(field, path.parent_path());
  }
  return path.string();
}

}  // namespace gabion::config
