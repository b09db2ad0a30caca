// The fields of one HTTP/2 header block in the order they came, owned in one piece and used again for the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/message.h"

namespace gabion::proxy::http2 {

/// Pseudo-header fields included. Swapping two is cheap: who wants to keep a block swaps it away.
class FieldBlock {
 public:
  void append(std::string_view name, std::string_view value) {
    places_.push_back({static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size())});
    bytes_.append(name).append(value);
  }
  /// The name in lower case, the value in two pieces.
  void append_lower(std::string_view name, std::string_view value, std::string_view rest) {
    const std::size_t at = bytes_.size();
    append(name, value);
    for (std::size_t i = at; i < at + name.size(); ++i) {
      const char c = bytes_[i];
      bytes_[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    }
    bytes_.append(rest);
    places_.back().value += static_cast<std::uint32_t>(rest.size());
  }
  /// Behind the last value. REQUIRES: not empty().
  void append_more(std::string_view rest) {
    bytes_.append(rest);
    places_.back().value += static_cast<std::uint32_t>(rest.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }
  [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
  /// A view: valid until the block changes or is swapped.
  [[nodiscard]] inspect::HeaderField operator[](std::size_t index) const noexcept {
    const Place& place = places_[index];
    const std::string_view both(bytes_.data() + place.at, place.name + place.value);
    return {both.substr(0, place.name), both.substr(place.name)};
  }
  /// All of them, as views.
  void list(std::vector<inspect::HeaderField>& fields) const {
    fields.clear();
    for (std::size_t i = 0; i < size(); ++i) {
      fields.push_back((*this)[i]);
    }
  }
  void clear() noexcept {
    bytes_.clear();
    places_.clear();
  }
  void swap(FieldBlock& other) noexcept {
    bytes_.swap(other.bytes_);
    places_.swap(other.places_);
  }
  [[nodiscard]] std::size_t kept_bytes() const noexcept {
    return bytes_.capacity() + places_.capacity() * sizeof(Place);
  }

 private:
  struct Place {
    std::uint32_t at;
    std::uint32_t name;
    std::uint32_t value;
  };
  std::string bytes_;  // short texts live inside a string object: a swap moves them, so views are made when asked
  std::vector<Place> places_;
};

}  // namespace gabion::proxy::http2
