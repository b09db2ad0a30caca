// Texts that one group of patterns is to look at, joined line by line: most of the time one scan says "nothing" of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::engine {

class LineBatch {
 public:
  static constexpr std::size_t kMostBytes = 4096;      ///< of a batch
  static constexpr std::size_t kMostTextBytes = 1024;  ///< longer texts gain nothing

  struct Item {
    const plan::ScanField* field = nullptr;
    std::uint64_t nodes = 0;
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  [[nodiscard]] bool has_room(std::size_t size) const noexcept { return bytes_.size() + size < kMostBytes; }
  void add(const plan::ScanField& field, std::uint64_t nodes, std::string_view text) {
    items_.push_back({&field, nodes, bytes_.size(), text.size()});
    bytes_ += text;
    bytes_ += '\n';
  }
  void clear() noexcept {
    bytes_.clear();
    items_.clear();
  }

  [[nodiscard]] std::span<const Item> items() const noexcept { return items_; }
  [[nodiscard]] std::string_view text_of(const Item& item) const noexcept {
    return std::string_view(bytes_).substr(item.begin, item.size);
  }
  /// Without the line feed behind the last one.
  [[nodiscard]] std::string_view lines() const noexcept {
    return std::string_view(bytes_).substr(0, bytes_.empty() ? 0 : bytes_.size() - 1);
  }

 private:
  std::string bytes_;
  std::vector<Item> items_;
};

}  // namespace gabion::inspect::waf::engine
