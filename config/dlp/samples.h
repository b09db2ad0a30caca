// What users expect DLP to find in texts of their own: the file of `gabion dlp test`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config::dlp {

struct ExpectedFinding {
  std::string entity;
  std::optional<std::string> value;    ///< the text found, or
  std::optional<std::uint64_t> start;  ///< its place in bytes; neither: anywhere
  std::optional<std::uint64_t> end;
};

struct Sample {
  std::string name;  ///< given, or "samples[3]"
  std::string text;
  std::vector<ExpectedFinding> expect;
  int line = 0;
};

struct SampleFile {
  std::vector<std::string> entities;  ///< as a policy has them; empty: default
  std::uint8_t min_score = 50;        ///< hundredths
  std::vector<Sample> samples;
};

inline constexpr std::size_t kMaxSamples = 100'000;

/// One document:
///     entities: [default, +IMEI]
///     minScore: 0.5
///     samples:
///     - text: "card 4111 1111 1111 1111"
///       expect: [{entity: CREDIT_CARD, value: "4111 1111 1111 1111"}]
///     - {text: "order 4111111111111112", expect: []}
/// Every error, with its line; an unknown field is one.
[[nodiscard]] CheckedResult<SampleFile> parse_samples(std::string_view text, std::string_view file);

}  // namespace gabion::config::dlp
