// What texts have in common that differ in whole numbers alone, as drivers make them that write values into the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::sql {

/// Two texts of one size and one shape have the same tree but for whole numbers from 0 to 999,999,999 that are literals
/// of their own, and these compare alike: which of them are equal, which is less than which, which are 0. Nothing else
/// of a number is looked at by the walk of a tree (conditions.c), so facts and rulings are the same, too; not
/// fingerprints. Keeps memory from text to text.
class TextShape {
 public:
  static constexpr std::size_t kMostBytes = 1024;  ///< longer texts have none
  static constexpr std::size_t kMostNumbers = 4;   ///< more would make too many shapes

  enum class Kind : std::uint8_t {
    kNone,       ///< values may stand in it, and it is like no other
    kText,       ///< no value stands in it: words, parameters ($1) and the marks that a shape may have
    kStandsFor,  ///< others: all of its shape
  };
  /// kStandsFor: at least one such number, and nothing else beside words, spaces, commas, points, parentheses,
  /// comparisons, stars, semicolons, a plus between spaces: no quotes, comments, signs, parameters.
  [[nodiscard]] Kind read(std::string_view text);
  /// After kText the text, after kStandsFor its shape; no two kinds have the same. Lives until the next read(), and as
  /// long as the text.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string shape_;
  std::string_view bytes_;
};

}  // namespace gabion::inspect::sql
