// The fields that a peer has told HPACK to remember.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "inspect/message.h"

namespace gabion::proxy::http2 {

/// The dynamic table of RFC 7541 §2.3.2. Takes no memory before its first field, then at most four times its size.
class HpackTable {
 public:
  static constexpr std::size_t kFieldOverheadBytes = 32;  // RFC 7541 §4.1, RFC 9113 §6.5.2

  explicit HpackTable(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}

  [[nodiscard]] std::size_t size() const noexcept { return fields_.size() - first_; }
  /// 0 is the newest. A view: valid until insert() or resize(). REQUIRES: index < size().
  [[nodiscard]] inspect::HeaderField operator[](std::size_t index) const noexcept {
    const Place& place = fields_[fields_.size() - 1 - index];
    const char* const name = bytes_.get() + place.at;
    return {std::string_view(name, place.name), std::string_view(name + place.name, place.value)};
  }
  /// One that is larger than the table empties it (RFC 7541 §4.4). REQUIRES: no view of this table.
  void insert(std::string_view name, std::string_view value);
  /// Oldest ones go until the rest has room.
  void resize(std::size_t most_bytes) noexcept;
  [[nodiscard]] std::size_t most_bytes() const noexcept { return most_bytes_; }

 private:
  struct Place {
    std::uint32_t at;
    std::uint32_t name;
    std::uint32_t value;
  };
  void evict_to(std::size_t bytes) noexcept;
  void make_room(std::size_t count);

  std::size_t most_bytes_;
  std::size_t bytes_used_ = 0;  // as RFC 7541 §4.1 counts them
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t end_ = 0;        // of what is written in bytes_
  std::vector<Place> fields_;  // oldest first
  std::size_t first_ = 0;      // of fields_ that is still there
};

}  // namespace gabion::proxy::http2
