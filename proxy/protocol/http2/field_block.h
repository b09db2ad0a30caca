// The fields of one HTTP/2 header block in the order they came, owned in one piece and used again for the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "inspect/message.h"

namespace gabion::proxy::http2 {

/// Pseudo-header fields included. Swapping two is cheap: who wants to keep a block swaps it away. A dozen fields of
/// every message go through one at each hop, so it writes its bytes itself.
class FieldBlock {
 public:
  FieldBlock() = default;
  FieldBlock(FieldBlock&& other) noexcept { swap(other); }
  FieldBlock& operator=(FieldBlock&& other) noexcept {
    FieldBlock(std::move(other)).swap(*this);
    return *this;
  }

  void append(std::string_view name, std::string_view value) {
    char* const at = begin_field(name, name.size() + value.size());
    put(put(at, name), value);
    end_field(name, value.size());
  }
  /// The name in lower case, the value in two pieces.
  void append_lower(std::string_view name, std::string_view value, std::string_view rest) {
    char* const at = begin_field(name, name.size() + value.size() + rest.size());
    put(at, name);
    for (std::size_t i = 0; i < name.size();
         i += sizeof(std::uint64_t)) {  // what it spoils behind the name is written next
      lower_eight(at + i);
    }
    put(put(at + name.size(), value), rest);
    end_field(name, value.size() + rest.size());
  }
  /// Behind the last value. REQUIRES: not empty().
  void append_more(std::string_view rest) {
    put(make_room(rest.size()), rest);
    used_ += rest.size();
    places_.back().value += static_cast<std::uint32_t>(rest.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
  [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
  /// A view: valid until the block changes; a swap takes it along.
  [[nodiscard]] inspect::HeaderField operator[](std::size_t index) const noexcept {
    const Place& place = places_[index];
    const char* const name = bytes_.get() + place.at;
    return {std::string_view(name, place.name), std::string_view(name + place.name, place.value)};
  }
  /// All of them, as views.
  void list(std::vector<inspect::HeaderField>& fields) const {
    fields.resize(size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      fields[i] = (*this)[i];
    }
  }
  void clear() noexcept {
    used_ = 0;
    places_.clear();
  }
  void swap(FieldBlock& other) noexcept {
    bytes_.swap(other.bytes_);
    std::swap(used_, other.used_);
    std::swap(capacity_, other.capacity_);
    places_.swap(other.places_);
  }
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return capacity_ + places_.capacity() * sizeof(Place); }

 private:
  struct Place {
    std::uint32_t at;
    std::uint32_t name;
    std::uint32_t value;
  };
  static constexpr std::size_t kLeastBytes = 512;
  static constexpr std::size_t kLeastFields = 16;
  static constexpr std::size_t kSlack = sizeof(std::uint64_t);  // lower_eight() may write so far behind the last byte

  /// Where `count` bytes can be written.
  [[nodiscard]] char* make_room(std::size_t count) {
    if (capacity_ < used_ + count + kSlack) [[unlikely]] {
      grow(used_ + count + kSlack);
    }
    return bytes_.get() + used_;
  }
  void grow(std::size_t least) {
    const std::size_t capacity = std::max({least, capacity_ * 2, kLeastBytes});
    auto bytes = std::make_unique<char[]>(capacity);
    std::copy_n(bytes_.get(), used_, bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  [[nodiscard]] char* begin_field(std::string_view name, std::size_t count) {
    char* const at = make_room(count);
    if (places_.capacity() == 0) [[unlikely]] {
      places_.reserve(kLeastFields);
    }
    places_.push_back({static_cast<std::uint32_t>(used_), static_cast<std::uint32_t>(name.size()), 0});
    return at;
  }
  void end_field(std::string_view name, std::size_t value_bytes) noexcept {
    places_.back().value = static_cast<std::uint32_t>(value_bytes);
    used_ += name.size() + value_bytes;
  }
  static char* put(char* at, std::string_view bytes) noexcept {
    if (!bytes.empty()) {
      std::memcpy(at, bytes.data(), bytes.size());
    }
    return at + bytes.size();
  }
  /// A to Z become a to z in the next eight bytes, others stay.
  static void lower_eight(char* at) noexcept {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    const std::uint64_t low = word & kEach * 0x7f;
    const std::uint64_t from_a = low + kEach * (0x80 - 'A');
    const std::uint64_t behind_z = low + kEach * (0x7f - 'Z');
    const std::uint64_t is_upper = ~word & (from_a ^ behind_z) & kEach * 0x80;
    word |= is_upper >> 2U;
    std::memcpy(at, &word, sizeof word);
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::vector<Place> places_;
};

}  // namespace gabion::proxy::http2
