// A log file that can be opened again: see log_file_sink.h.
#include "proxy/admin/log_file_sink.h"

#include <filesystem>
#include <system_error>
#include <utility>

namespace gabion::proxy {
namespace {

std::unique_ptr<spdlog::details::file_helper> open_file(const std::string& path) {
  auto file = std::make_unique<spdlog::details::file_helper>();
  file->open(path);
  return file;
}

}  // namespace

LogFileSink::LogFileSink(std::string path) : path_(std::move(path)), file_(open_file(path_)) {}

config::Result<void> LogFileSink::reopen() {
  std::error_code unknown;
  const auto status = std::filesystem::status(path_, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return {};  // opening a pipe would wait for its reader
  }
  try {
    auto file = open_file(path_);
    const std::lock_guard lock(mutex_);
    file_.swap(file);
    return {};
  } catch (const spdlog::spdlog_ex& failure) {
    return config::Error{failure.what(), path_};
  }
}

void LogFileSink::sink_it_(const spdlog::details::log_msg& line) {
  spdlog::memory_buf_t text;
  formatter_->format(line, text);
  file_->write(text);
}

void LogFileSink::flush_() {
  file_->flush();
}

}  // namespace gabion::proxy
