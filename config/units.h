// Durations and sizes as configuration spells them; nobody else knows the spelling.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/result.h"

namespace gabion::config {

/// A whole number and one of ms, s, m, h: "10ms", "5s", "1m", "1h". No sign, fraction, blank or combination; "0s" is
/// fine, "0" is not. At most what std::chrono::milliseconds holds; errors have no place.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The same with us, ms or s, to the microsecond: "250us".
[[nodiscard]] Result<std::chrono::microseconds> parse_short_duration(std::string_view text);

/// A whole number of bytes, alone or with B, KiB, MiB, GiB: "512", "64KiB". Decimal units (k, KB, MB) are errors: they
/// mean two things.
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);

/// A whole number without sign or unit.
[[nodiscard]] Result<std::uint64_t> parse_count(std::string_view text);

/// The shortest spelling that parses back to the same value: "90s", "1h", "0s", "1500ms".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// Likewise: "250us", "1ms", "0s".
[[nodiscard]] std::string format_short_duration(std::chrono::microseconds duration);

/// Likewise: "64KiB", "1000B", "0B".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

}  // namespace gabion::config
