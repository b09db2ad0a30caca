// What a server last said of the columns of one prepared statement or portal, counted towards its session's memory.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "proxy/protocol/postgres/byte_share.h"
#include "proxy/protocol/postgres/rows/row_description.h"

namespace gabion::proxy::postgres {

/// Shared by all rules that a text ever had: a description that is under way while rules change is not lost.
class KnownColumns {
 public:
  /// `total` lives longer. What would bring it above `most` is not kept.
  void count_towards(std::size_t& total, std::size_t most) noexcept {
    total_ = &total;
    most_ = most;
    share_.set(total, described_ ? described_->heap_bytes() : 0);
  }
  void keep(RowDescription description) {
    described_.reset();
    const std::size_t bytes = description.heap_bytes();
    if (total_ != nullptr) {
      share_.set(*total_, 0);
      if (*total_ + bytes > most_) {
        return;
      }
      share_.set(*total_, bytes);
    }
    described_ = std::move(description);
  }
  void forget() noexcept {
    described_.reset();
    if (total_ != nullptr) {
      share_.set(*total_, 0);
    }
  }
  /// Null: it said nothing, or there was no place to remember it.
  [[nodiscard]] const RowDescription* find() const noexcept { return described_ ? &*described_ : nullptr; }

 private:
  std::optional<RowDescription> described_;
  std::size_t* total_ = nullptr;
  std::size_t most_ = 0;
  ByteShare share_;
};

}  // namespace gabion::proxy::postgres
