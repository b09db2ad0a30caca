// Header blocks that wait to be written.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "proxy/protocol/http2/field_block.h"

namespace gabion::proxy::http2 {

/// One for each message whose head was submitted and not written; few, since a turn ends with writing.
class SendingBlocks {
 public:
  /// Takes the fields of `block`, which is empty afterwards. REQUIRES: not block.empty().
  [[nodiscard]] const FieldBlock& keep(FieldBlock& block) {
    if (spare_.empty()) {
      kept_.push_back(std::make_unique<FieldBlock>());
    } else {
      kept_.push_back(std::move(spare_.back()));
      spare_.pop_back();
      spare_bytes_ -= kept_.back()->kept_bytes();
    }
    kept_.back()->swap(block);
    return *kept_.back();
  }
  /// The block whose first name stands at `first`; null: none.
  [[nodiscard]] const FieldBlock* find(const void* first) const noexcept {
    const std::size_t found = place_of(first);
    return found == kept_.size() ? nullptr : kept_[found].get();
  }
  /// The block whose first name stands at `first` was written, or never will be. Unknown ones are no error.
  void release(const void* first) {
    const std::size_t found = place_of(first);
    if (found == kept_.size()) {
      return;
    }
    auto block = std::move(kept_[found]);
    kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(found));
    block->clear();
    const std::size_t bytes = block->kept_bytes();
    if (bytes <= kMostBytesOfOne && spare_bytes_ + bytes <= kMostBytesKept) {
      spare_bytes_ += bytes;
      spare_.push_back(std::move(block));
    }
  }
  /// Gives the memory back that is kept for what comes.
  void release() noexcept {
    spare_.clear();
    spare_.shrink_to_fit();
    spare_bytes_ = 0;
  }
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

 private:
  static constexpr std::size_t kMostBytesOfOne = 4096;
  static constexpr std::size_t kMostBytesKept = 16UL * 1024;  // some twenty usual heads: what a turn gathers

  [[nodiscard]] std::size_t place_of(const void* first) const noexcept {
    std::size_t place = 0;
    while (place < kept_.size() && (*kept_[place])[0].name.data() != first) {
      ++place;
    }
    return place;
  }

  std::vector<std::unique_ptr<FieldBlock>> kept_;
  std::vector<std::unique_ptr<FieldBlock>> spare_;
  std::size_t spare_bytes_ = 0;
};

}  // namespace gabion::proxy::http2
