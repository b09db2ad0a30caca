// One reader of each kind, made when first needed and used for message after message.
#pragma once

#include <array>
#include <memory>

#include "inspect/dlp/fields/make_reader.h"

namespace gabion::inspect::dlp {

/// Belongs to one direction of a connection: the readers it gives are used one at a time.
class ReaderSet {
 public:
  /// begin() is the caller's.
  [[nodiscard]] FieldReader& body(Format format);
  /// Gives back what only large messages needed.
  void release() noexcept;
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  std::array<std::unique_ptr<FieldReader>, kFormatCount> readers_;
};

}  // namespace gabion::inspect::dlp
