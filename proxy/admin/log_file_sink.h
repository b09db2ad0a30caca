// A log file that can be opened again under its name, so that what was moved away is let go.
#pragma once

#include <spdlog/details/file_helper.h>
#include <spdlog/sinks/base_sink.h>

#include <memory>
#include <mutex>
#include <string>

#include "config/result.h"

namespace gabion::proxy {

/// Thread-safe. Appends; its folder must exist.
class LogFileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  /// Throws spdlog::spdlog_ex when the file cannot be opened.
  explicit LogFileSink(std::string path);

  /// Lines written from now on go to the file that has the name now, made if there is none. Error: it cannot be
  /// opened; the file before stays. A pipe or device stays, too: there is nothing to rotate.
  [[nodiscard]] config::Result<void> reopen();

 private:
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override;

  std::string path_;
  std::unique_ptr<spdlog::details::file_helper> file_;
};

}  // namespace gabion::proxy
