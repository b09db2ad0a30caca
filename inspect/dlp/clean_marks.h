// Values in which nothing was found, as marks that only this process can make: the values themselves are not kept.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::dlp {

/// Of one worker: 8 KiB. Marks are SipHash-2-4 (Aumasson and Bernstein, 2012) under a key of its own: nobody can choose
/// a value that has the mark of another.
class CleanMarks {
 public:
  static constexpr std::size_t kPlaces = 1024;
  /// Longer values have no mark.
  static constexpr std::size_t kMostValueBytes = 8192;
  using Mark = std::uint64_t;
  static constexpr Mark kNone = 0;

  CleanMarks();

  /// Name and value do not run into each other. kNone: too long.
  [[nodiscard]] Mark mark_of(std::string_view name, std::string_view value) const noexcept;
  [[nodiscard]] bool holds(Mark mark) const noexcept;
  /// The older of two leaves for it. REQUIRES: mark != kNone.
  void keep(Mark mark) noexcept;

 private:
  static constexpr std::size_t kKeyBytes = 16;
  std::array<unsigned char, kKeyBytes> key_{};
  std::array<std::array<Mark, 2>, kPlaces / 2> places_{};
};

}  // namespace gabion::inspect::dlp
