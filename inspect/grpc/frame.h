// The length-prefixed messages of a gRPC body (gRPC over HTTP/2, "Length-Prefixed-Message").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::grpc {

constexpr std::size_t kPrefixBytes = 5;

/// What stands at the front of a body's bytes.
struct Prefix {
  enum class Status : std::uint8_t {
    kMore,    ///< fewer than kPrefixBytes
    kWhole,   ///< `size` is how long the message is
    kBroken,  ///< the first byte is neither 0 nor 1
  };
  Status status = Status::kMore;
  bool is_compressed = false;
  std::uint32_t size = 0;  ///< of the message, without the prefix
};

/// A first byte that is wrong is told at once, so that the result does not depend on how the body was cut.
[[nodiscard]] constexpr Prefix read_prefix(std::string_view bytes) noexcept {
  Prefix prefix;
  if (bytes.empty()) {
    return prefix;
  }
  const auto byte = [bytes](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(bytes[at])}; };
  if (byte(0) > 1) {
    prefix.status = Prefix::Status::kBroken;
    return prefix;
  }
  prefix.is_compressed = byte(0) == 1;
  if (bytes.size() >= kPrefixBytes) {
    prefix.status = Prefix::Status::kWhole;
    prefix.size = byte(1) << 24U | byte(2) << 16U | byte(3) << 8U | byte(4);
  }
  return prefix;
}

/// Appends a prefix. `size` fits into four bytes.
enum class Compressed : std::uint8_t { kNo, kYes };
inline void write_prefix(std::string& out, Compressed compressed, std::size_t size) {
  out.push_back(compressed == Compressed::kYes ? '\1' : '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU));
  }
}

/// Follows a body that passes: whether it stands between two messages, and how many there were.
class FrameTracker {
 public:
  void feed(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
      if (left_ != 0) {
        const std::size_t passed = bytes.size() < left_ ? bytes.size() : static_cast<std::size_t>(left_);
        left_ -= passed;
        bytes.remove_prefix(passed);
        continue;
      }
      prefix_[prefix_size_++] = bytes.front();
      bytes.remove_prefix(1);
      if (prefix_size_ == kPrefixBytes) {
        left_ = read_prefix({prefix_, kPrefixBytes}).size;
        prefix_size_ = 0;
        ++messages_;
      }
    }
  }
  [[nodiscard]] bool is_between() const noexcept { return left_ == 0 && prefix_size_ == 0; }
  [[nodiscard]] std::uint64_t messages() const noexcept { return messages_; }

 private:
  char prefix_[kPrefixBytes] = {};
  std::size_t prefix_size_ = 0;
  std::uint64_t left_ = 0;  ///< of the message that passes
  std::uint64_t messages_ = 0;
};

}  // namespace gabion::inspect::grpc
