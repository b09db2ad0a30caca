// The files of one load: opened within the limits, numbered in the order of inclusion.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "inspect/waf/seclang/load.h"

namespace gabion::inspect::waf::seclang {

class Sources {
 public:
  explicit Sources(const LoadLimits& limits) : limits_(limits) {}

  /// The whole file; only regular files are read. The error has no place.
  [[nodiscard]] config::Result<std::string> read(const std::string& path);

  /// Counts text that was not read from a file.
  [[nodiscard]] config::Result<std::string> take(std::string_view text);

  /// The file's number; the same for the same path.
  [[nodiscard]] std::uint32_t number_of_file(const std::string& path);

  /// Files that `pattern` names, seen from the folder of `includer`, sorted; empty if there are none. A pattern is a
  /// path in which * ? and [ ] may stand.
  [[nodiscard]] std::vector<std::string> matching(const std::string& pattern, const std::string& includer);

  /// Every file that was read, and every folder in which a pattern or a missing file was looked for: the stamp
  /// (config/file_stamp.h) each had before.
  [[nodiscard]] const std::map<std::string, std::string>& stamps() const noexcept { return stamps_; }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  const LoadLimits& limits_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint32_t> numbers_;
  std::map<std::string, std::string> stamps_;
  std::size_t bytes_ = 0;
  std::size_t reads_ = 0;
};

/// `path` seen from the folder of `includer`.
[[nodiscard]] std::string resolve(std::string_view path, const std::string& includer);

}  // namespace gabion::inspect::waf::seclang
