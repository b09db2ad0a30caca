// Fields of heads in which nothing was found, for one worker: they come again with every message of a connection.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/clean_marks.h"
#include "inspect/dlp/type_set.h"
#include "inspect/value_memo.h"

namespace gabion::inspect::dlp {

/// Of one set of types. The name of a field counts (it is a cue), as it is written.
class CleanMemo {
 public:
  enum class Known : std::uint8_t {
    kClean,  ///< nothing is in it
    kNew,    ///< keep() may take it
    kNever,  ///< not of those that are kept (memorable.h), or too long: see private_ones()
  };
  [[nodiscard]] Known look_up(std::string_view name, std::string_view value);
  /// Nothing is to be found in the value, whatever stands before or behind the field. What is not public (memorable.h)
  /// or too long is not kept.
  void keep(std::string_view name, std::string_view value);

  /// What is found in the value may depend on the field behind it: that one has to be looked at with it.
  [[nodiscard]] static bool depends_on_next(std::string_view value) noexcept;

  /// What is not to be kept as it is.
  [[nodiscard]] CleanMarks& private_ones() noexcept { return marks_; }

  [[nodiscard]] std::uint64_t evicted() const noexcept { return memo_.evicted(); }
  [[nodiscard]] std::size_t size() const noexcept { return memo_.size(); }

 private:
  struct Nothing {};
  using Memo = ValueMemo<Nothing>;
  [[nodiscard]] static bool fits(std::string_view name, std::string_view value) noexcept;
  /// Name and value as one text in key_. REQUIRES: they fit.
  [[nodiscard]] std::string_view write_key(std::string_view name, std::string_view value) noexcept;

  Memo memo_;
  CleanMarks marks_;
  std::array<char, Memo::kMostValueBytes> key_{};
};

class CleanMemos final : public OwnedMemos<TypeSet::Tables, CleanMemo> {};

}  // namespace gabion::inspect::dlp
