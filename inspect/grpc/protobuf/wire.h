// The protobuf wire format, value by value: varints, tags, fixed and length-delimited values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::grpc {

enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kGroupEnd = 4, kFixed32 = 5 };

/// Reads on from an offset. Every call that answers false leaves the offset where it was or at the end of what is
/// broken: nothing more is to be read then.
class WireReader {
 public:
  WireReader(std::string_view bytes, std::size_t at) noexcept : bytes_(bytes), at_(at) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] bool at_end() const noexcept { return at_ >= bytes_.size(); }

  /// At most ten bytes; bits above the 64th are dropped, as protobuf does.
  [[nodiscard]] bool varint(std::uint64_t& value) noexcept {
    value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      if (at_end()) {
        return false;
      }
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= shift < 64 ? std::uint64_t{byte & 0x7FU} << shift : 0U;
      if (byte < 0x80) {
        return true;
      }
    }
    return false;
  }

  /// False for field number 0, numbers above 2^29 - 1 and the wire types 6 and 7.
  [[nodiscard]] bool tag(std::uint32_t& number, WireType& type) noexcept {
    std::uint64_t value = 0;
    if (!varint(value) || value > 0xFFFFFFFFU || (value >> 3U) == 0 || (value & 7U) > 5) {
      return false;
    }
    number = static_cast<std::uint32_t>(value >> 3U);
    type = static_cast<WireType>(value & 7U);
    return true;
  }

  /// Little endian.
  [[nodiscard]] bool fixed(std::size_t size, std::uint64_t& value) noexcept {
    if (bytes_.size() - at_ < size) {
      return false;
    }
    value = 0;
    for (std::size_t i = size; i-- > 0;) {
      value = value << 8U | static_cast<unsigned char>(bytes_[at_ + i]);
    }
    at_ += size;
    return true;
  }

  /// Its bytes are [begin, at()) afterwards.
  [[nodiscard]] bool delimited(std::size_t& begin) noexcept {
    std::uint64_t size = 0;
    if (!varint(size) || size > bytes_.size() - at_) {
      return false;
    }
    begin = at_;
    at_ += static_cast<std::size_t>(size);
    return true;
  }

 private:
  std::string_view bytes_;
  std::size_t at_;
};

/// Appends a varint, padded to at least `least` bytes (at most 10) in a form every reader takes.
inline void write_varint(std::string& out, std::uint64_t value, std::size_t least = 1) {
  std::size_t written = 1;
  for (; value >= 0x80 || written < least; ++written) {
    out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

inline void write_fixed(std::string& out, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i, value >>= 8U) {
    out.push_back(static_cast<char>(value & 0xFFU));
  }
}

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63U);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1U ^ (0U - (value & 1U)));
}

}  // namespace gabion::inspect::grpc
