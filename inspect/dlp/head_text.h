// The fields of a head as one text, so that one scan looks at all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/field_place.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// Values behind each other with a line end after each: no value runs into the next. Belongs to one connection; keeps
/// its capacity. The text is wiped by clear().
class HeadText final : public FieldSource {
 public:
  ~HeadText() override;

  void clear() noexcept;
  /// `name` is borrowed until clear(), `value` copied. `index` is the caller's.
  void add(std::string_view name, std::string_view value, std::size_t index);

  [[nodiscard]] std::size_t held_bytes() const noexcept { return heap_bytes(text_) + heap_bytes(entries_); }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] FieldPlace at(FlatOffset at) const noexcept override;

  struct Entry {
    FlatOffset begin = 0;
    FlatOffset end = 0;
    std::string_view name;
    std::size_t index = 0;
  };
  /// The field that holds flat byte `at`. REQUIRES: some text.
  [[nodiscard]] const Entry& entry_at(FlatOffset at) const noexcept;

 private:
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace gabion::inspect::dlp
