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
  explicit BodyReader(std::string_view body) noexcept : rest_(body) {}

  [[nodiscard]] std::optional<std::string_view> text() noexcept {
    const std::size_t end = rest_.find('\0');
    if (end == std::string_view::npos) {
      return fail<std::string_view>();
    }
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
  }
  [[nodiscard]] std::optional<std::uint16_t> int16() noexcept {
    const auto found = bytes(2);
    if (!found) {
      return std::nullopt;
    }
    const auto* at = reinterpret_cast<const unsigned char*>(found->data());
    return static_cast<std::uint16_t>(at[0] << 8U | at[1]);
  }
  [[nodiscard]] std::optional<std::uint32_t> int32() noexcept {
    const auto found = bytes(4);
    return found ? std::optional(read_uint32(found->data())) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string_view> bytes(std::size_t count) noexcept {
    if (rest_.size() < count) {
      return fail<std::string_view>();
    }
    const std::string_view found = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return found;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  /// Everything was read and nothing was missing.
  [[nodiscard]] bool at_end() const noexcept { return !failed_ && rest_.empty(); }

 private:
  template <class Value>
  std::optional<Value> fail() noexcept {
    failed_ = true;
    rest_ = {};
    return std::nullopt;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace gabion::proxy::postgres
