// Values that the SQL and HTML detectors are measured with, and libinjection beside them where it is installed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

namespace gabion::inspect {

/// What people type into forms.
inline constexpr auto kFormValues = std::to_array<std::string_view>({"Smith",
                                                                     "Anna-Maria",
                                                                     "O'Brien",
                                                                     "anna.smith@example.com",
                                                                     "12 Main Street",
                                                                     "Springfield",
                                                                     "62701",
                                                                     "US",
                                                                     "+1 217 555 0142",
                                                                     "1985-04-12",
                                                                     "true",
                                                                     "42",
                                                                     "Ms.",
                                                                     "red",
                                                                     "XL",
                                                                     "standard shipping",
                                                                     "c0ffee-1234-5678",
                                                                     "on",
                                                                     "en-US",
                                                                     "Please ring twice, the bell is old."});

inline constexpr std::string_view kUserAgent =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36";
inline constexpr std::string_view kProse =
    "We've read the boys' letters, and (as \"agreed\") sent 12 copies to the office; they arrive on or after Monday.";
inline constexpr std::string_view kQuery = "https://shop.example.com/list?page=2&sort=price&q=red%20shoes+size=42#top";

template <class Detect>
void measure(benchmark::State& state, Detect detect, std::string_view value) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    benchmark::DoNotOptimize(detect(value));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}

/// One iteration is one value, on average over a form.
template <class Detect>
void measure_form(benchmark::State& state, Detect detect) {
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(detect(kFormValues[i]));
    i = i + 1 < kFormValues.size() ? i + 1 : 0;
  }
}

}  // namespace gabion::inspect
