// A cursor over the body of one message: numbers in network order, texts that end with NUL, nothing beyond the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace gabion::proxy::postgres {

/// REQUIRES: four bytes.
[[nodiscard]] inline std::uint32_t read_uint32(const char* at) noexcept {
  const auto* bytes = reinterpret_cast<const unsigned char*>(at);
  return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
         static_cast<std::uint32_t>(bytes[2]) << 8U | static_cast<std::uint32_t>(bytes[3]);
}

/// Borrows. Once a read went beyond the end, every later one answers nothing.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) noexcept : at_(body.data()), end_(at_ + body.size()) {}

  [[nodiscard]] std::optional<std::string_view> text() noexcept {
    if (at_ != end_ && *at_ == '\0') {  // most names are
      return std::string_view(at_++, 0);
    }
    const auto* const end = static_cast<const char*>(at_ == end_ ? nullptr : std::memchr(at_, '\0', left()));
    if (end == nullptr) {
      return fail<std::string_view>();
    }
    const std::string_view found(at_, static_cast<std::size_t>(end - at_));
    at_ = end + 1;
    return found;
  }
  [[nodiscard]] std::optional<std::uint16_t> int16() noexcept {
    if (left() < 2) {
      return fail<std::uint16_t>();
    }
    const auto* bytes = reinterpret_cast<const unsigned char*>(at_);
    at_ += 2;
    return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
  }
  [[nodiscard]] std::optional<std::uint32_t> int32() noexcept {
    if (left() < 4) {
      return fail<std::uint32_t>();
    }
    const std::uint32_t found = read_uint32(at_);
    at_ += 4;
    return found;
  }
  [[nodiscard]] std::optional<std::string_view> bytes(std::size_t count) noexcept {
    if (left() < count) {
      return fail<std::string_view>();
    }
    const std::string_view found(at_, count);
    at_ += count;
    return found;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return {at_, left()}; }
  /// Everything was read and nothing was missing.
  [[nodiscard]] bool at_end() const noexcept { return !failed_ && at_ == end_; }

 private:
  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  template <class Value>
  std::optional<Value> fail() noexcept {
    failed_ = true;
    at_ = end_;
    return std::nullopt;
  }

  const char* at_;
  const char* end_;
  bool failed_ = false;
};

}  // namespace gabion::proxy::postgres
