// A protobuf number as people write it, and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/grpc/schema.h"

namespace gabion::inspect::grpc {

/// The text of a value that was read as `bits` from the wire.
class NumberText {
 public:
  /// `names` may be null; an enum's value without a name is its number. Borrows it.
  NumberText(config::GrpcKind kind, std::uint64_t bits, const config::GrpcEnum* names) noexcept;
  [[nodiscard]] std::string_view view() const noexcept {
    return name_.empty() ? std::string_view(text_.data(), size_) : name_;
  }

 private:
  template <class Number>
  void write(Number number) noexcept;
  std::array<char, 32> text_;
  std::size_t size_ = 0;
  std::string_view name_;
};

/// Appends `text` as a value of that kind, at least `least` bytes long if it is a varint; what is no such number is 0.
void write_number(std::string& out, config::GrpcKind kind, std::string_view text, std::size_t least);

}  // namespace gabion::inspect::grpc
