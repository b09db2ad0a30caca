// Header blocks that wait to be compressed: nghttp2 reads them where they are, so somebody keeps them until then.
#pragma once

#include <algorithm>
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
    }
    kept_.back()->swap(block);
    return *kept_.back();
  }
  /// The block whose first name stands at `first` was written, or never will be. Unknown ones are no error.
  void release(const void* first) {
    const auto found =
        std::find_if(kept_.begin(), kept_.end(), [&](const auto& block) { return (*block)[0].name.data() == first; });
    if (found == kept_.end()) {
      return;
    }
    (*found)->clear();
    if (spare_.size() < kMostSpare && (*found)->kept_bytes() <= kMostBytesKept) {
      spare_.push_back(std::move(*found));
    }
    kept_.erase(found);
  }
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

 private:
  static constexpr std::size_t kMostSpare = 4;
  static constexpr std::size_t kMostBytesKept = 4096;

  std::vector<std::unique_ptr<FieldBlock>> kept_;
  std::vector<std::unique_ptr<FieldBlock>> spare_;
};

}  // namespace gabion::proxy::http2
