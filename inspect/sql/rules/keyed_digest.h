// A 128-bit name of bytes that nobody without the key can make two of: SipHash-2-4.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::sql {

struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend auto operator<=>(const Digest&, const Digest&) = default;
};

class KeyedDigest {
 public:
  using Key = std::array<std::uint64_t, 2>;

  explicit KeyedDigest(const Key& key) noexcept : key_(key) {}
  /// A key of this start of the program alone.
  [[nodiscard]] static KeyedDigest random();

  [[nodiscard]] Digest operator()(std::string_view bytes) const noexcept;

 private:
  Key key_;
};

}  // namespace gabion::inspect::sql
