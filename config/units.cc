// A number, then a unit from a table.
#include "config/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace gabion::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 4> kDurations{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 3> kShortDurations{{{"s", 1'000'000}, {"ms", 1'000}, {"us", 1}}};
constexpr std::array<Unit, 4> kSizes{{{"GiB", 1ULL << 30U}, {"MiB", 1ULL << 20U}, {"KiB", 1ULL << 10U}, {"B", 1}}};
constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

struct Quantity {
  std::uint64_t number = 0;
  std::string_view unit;
};

std::string quote(std::string_view text) {
  return fmt::format("\"{}\"", text.substr(0, kShownBytes));
}

/// Digits, then the rest as the unit.
Result<Quantity> split(std::string_view text, std::string_view expected) {
  Quantity quantity;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (parsed.ec == std::errc::result_out_of_range) {
    return Error{quote(text) + " is too large", ""};
  }
  if (parsed.ec != std::errc{}) {
    return Error{fmt::format("{} is not {}", quote(text), expected), ""};
  }
  quantity.unit = text.substr(static_cast<std::size_t>(parsed.ptr - text.data()));
  return quantity;
}

std::optional<std::uint64_t> find_factor(std::span<const Unit> units, std::string_view name) noexcept {
  for (const Unit& unit : units) {
    if (unit.name == name) {
      return unit.factor;
    }
  }
  return std::nullopt;
}

Result<std::uint64_t> scale(std::string_view text, std::uint64_t number, std::uint64_t factor, std::uint64_t max) {
  if (number > max / factor) {
    return Error{quote(text) + " is too large", ""};
  }
  return number * factor;
}

template <class Time>
Result<Time> parse_time(std::string_view text, std::span<const Unit> units, std::string_view expected) {
  const auto quantity = split(text, expected);
  if (!quantity) {
    return quantity.error();
  }
  const auto factor = find_factor(units, quantity->unit);
  if (!factor) {
    return Error{fmt::format("{} is not {}", quote(text), expected), ""};
  }
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<typename Time::rep>::max());
  const auto value = scale(text, quantity->number, *factor, kMax);
  if (!value) {
    return value.error();
  }
  return Time(static_cast<typename Time::rep>(*value));
}

/// The largest unit that divides `value`.
std::string format_quantity(std::span<const Unit> units, std::uint64_t value) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) {
      return fmt::format("{}{}", value / unit.factor, unit.name);
    }
  }
  return fmt::format("{}", value);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  return parse_time<std::chrono::milliseconds>(text, kDurations,
                                               "a duration: a whole number with ms, s, m or h, as in 10s");
}

Result<std::chrono::microseconds> parse_short_duration(std::string_view text) {
  return parse_time<std::chrono::microseconds>(text, kShortDurations,
                                               "a short duration: a whole number with us, ms or s, as in 250us");
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::string_view kExpected = "a size: a whole number of bytes, or one with B, KiB, MiB or GiB, as in 64KiB";
  const auto quantity = split(text, kExpected);
  if (!quantity) {
    return quantity.error();
  }
  const auto factor = quantity->unit.empty() ? std::optional<std::uint64_t>(1) : find_factor(kSizes, quantity->unit);
  if (!factor) {
    return Error{fmt::format("{} is not {}", quote(text), kExpected), ""};
  }
  return scale(text, quantity->number, *factor, std::numeric_limits<std::uint64_t>::max());
}

Result<std::uint64_t> parse_count(std::string_view text) {
  constexpr std::string_view kExpected = "a whole number";
  const auto quantity = split(text, kExpected);
  if (!quantity) {
    return quantity.error();
  }
  if (!quantity->unit.empty()) {
    return Error{fmt::format("{} is not {}", quote(text), kExpected), ""};
  }
  return quantity->number;
}

std::string format_duration(std::chrono::milliseconds duration) {
  return duration.count() <= 0 ? "0s" : format_quantity(kDurations, static_cast<std::uint64_t>(duration.count()));
}

std::string format_short_duration(std::chrono::microseconds duration) {
  return duration.count() <= 0 ? "0s" : format_quantity(kShortDurations, static_cast<std::uint64_t>(duration.count()));
}

std::string format_bytes(std::uint64_t bytes) {
  return bytes == 0 ? "0B" : format_quantity(kSizes, bytes);
}

}  // namespace gabion::config
