// Spellings of durations and sizes, and the messages for what is none.
#include "config/units.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

constexpr const char* kNoDuration = " is not a duration: a whole number with ms, s, m or h, as in 10s";
constexpr const char* kNoSize = " is not a size: a whole number of bytes, or one with B, KiB, MiB or GiB, as in 64KiB";

TEST(Units, Durations) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0s", 0},      {"10ms", 10},      {"5s", 5'000},
                                                        {"1m", 60'000}, {"1h", 3'600'000}, {"007s", 7'000}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_duration(text).value().count(), expected) << text;
  }
}

TEST(Units, DurationsThatAreNone) {
  for (const char* text :
       {"", "0", "5", "s", "-5s", "+5s", "1.5s", "5 s", " 5s", "5s ", "5S", "1m30s", "1d", "5us", "5sec"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.has_value()) << text;
    EXPECT_EQ(duration.error().what, "\"" + std::string(text) + "\"" + kNoDuration);
  }
}

TEST(Units, ShortDurations) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"0s", 0}, {"0us", 0}, {"250us", 250}, {"1ms", 1'000}, {"2s", 2'000'000}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_short_duration(text).value().count(), expected) << text;
  }
  for (const char* text : {"", "0", "250", "us", "-1us", "1.5ms", "1 ms", "1m", "1h", "1ns", "1US"}) {
    const auto duration = parse_short_duration(text);
    ASSERT_FALSE(duration.has_value()) << text;
    EXPECT_EQ(duration.error().what,
              "\"" + std::string(text) + "\" is not a short duration: a whole number with us, ms or s, as in 250us");
  }
  EXPECT_EQ(parse_short_duration("9223372036855s").error().what, "\"9223372036855s\" is too large");
  const std::pair<std::int64_t, const char*> formatted[] = {
      {0, "0s"}, {250, "250us"}, {1'000, "1ms"}, {1'500, "1500us"}, {3'000'000, "3s"}};
  for (const auto& [count, text] : formatted) {
    EXPECT_EQ(format_short_duration(std::chrono::microseconds(count)), text);
  }
}

TEST(Units, Sizes) {
  const std::pair<const char*, std::uint64_t> cases[] = {{"0", 0},
                                                         {"512", 512},
                                                         {"512B", 512},
                                                         {"64KiB", 65'536},
                                                         {"1MiB", 1'048'576},
                                                         {"2GiB", 2'147'483'648},
                                                         {"18446744073709551615", 18'446'744'073'709'551'615U},
                                                         {"17179869183GiB", 18'446'744'072'635'809'792U}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_bytes(text).value(), expected) << text;
  }
}

TEST(Units, SizesThatAreNone) {
  for (const char* text :
       {"", "KiB", "-1", "+1", "1k", "1K", "1KB", "1kib", "1 KiB", "1.5MiB", "0x10", "1TiB", "1e3", "1_0"}) {
    const auto size = parse_bytes(text);
    ASSERT_FALSE(size.has_value()) << text;
    EXPECT_EQ(size.error().what, "\"" + std::string(text) + "\"" + kNoSize);
  }
}

TEST(Units, Counts) {
  EXPECT_EQ(parse_count("100").value(), 100U);
  EXPECT_EQ(parse_count("10KiB").error().what, "\"10KiB\" is not a whole number");
  EXPECT_EQ(parse_count("-1").error().what, "\"-1\" is not a whole number");
}

TEST(Units, OverflowIsAnErrorNotAWrap) {
  EXPECT_EQ(parse_bytes("18446744073709551616").error().what, "\"18446744073709551616\" is too large");
  EXPECT_EQ(parse_bytes("17179869184GiB").error().what, "\"17179869184GiB\" is too large");
  EXPECT_EQ(parse_duration("9223372036854775808ms").error().what, "\"9223372036854775808ms\" is too large");
  EXPECT_EQ(parse_duration("2562047788016h").error().what, "\"2562047788016h\" is too large");
  EXPECT_EQ(parse_duration("2562047788015h").value().count(), 9'223'372'036'854'000'000);
}

TEST(Units, WhatIsFormattedParsesBack) {
  using std::chrono::milliseconds;
  const std::pair<std::int64_t, const char*> durations[] = {{0, "0s"},       {10, "10ms"},   {1'500, "1500ms"},
                                                            {90'000, "90s"}, {60'000, "1m"}, {3'600'000, "1h"}};
  for (const auto& [count, text] : durations) {
    EXPECT_EQ(format_duration(milliseconds(count)), text);
    EXPECT_EQ(parse_duration(text).value().count(), count);
  }
  const std::pair<std::uint64_t, const char*> sizes[] = {
      {0, "0B"}, {1'000, "1000B"}, {65'536, "64KiB"}, {3U << 30U, "3GiB"}};
  for (const auto& [count, text] : sizes) {
    EXPECT_EQ(format_bytes(count), text);
    EXPECT_EQ(parse_bytes(text).value(), count);
  }
}

}  // namespace
}  // namespace gabion::config
