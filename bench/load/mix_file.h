// Reads a LoadMix file: which requests a run sends, how often each, and what is a good answer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/request_mix.h"
#include "config/config_files.h"

namespace gabion::bench {

inline constexpr std::size_t kMaxMixRequests = 1'000;
inline constexpr std::uint64_t kMaxBodyBytes = 256U << 20U;  ///< of all requests of a file together

/// Bodies of files are read from `folder`. Every error is file:line: key: what is wrong.
[[nodiscard]] config::CheckedResult<std::vector<RequestSpec>> parse_mix(std::string_view text,
                                                                        const std::string& shown_name,
                                                                        const config::ConfigFolder& folder);

[[nodiscard]] config::CheckedResult<std::vector<RequestSpec>> load_mix(const std::filesystem::path& file);

/// A whole file of at most kMaxBodyBytes. The error names it.
[[nodiscard]] config::Result<std::string> read_body_file(const std::filesystem::path& file);

enum class Fill : std::uint8_t {
  kText,    ///< lines of words: what compresses and reads like prose
  kRandom,  ///< every byte value, the same in each run
};
[[nodiscard]] std::string make_body(std::uint64_t bytes, Fill fill);

}  // namespace gabion::bench
