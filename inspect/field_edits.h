// What detectors want fields of a head to say instead.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect {

/// A field of a head that leaves with another value.
struct FieldEdit {
  static constexpr std::size_t kPath = ~std::size_t{0};       ///< of a request: its path
  static constexpr std::size_t kQuery = ~std::size_t{0} - 1;  ///< of a request: its query
  std::size_t index = 0;                                      ///< of the head's fields
  std::string value;
};

/// Those of one head, each field once. No memory before the first.
class FieldEditList {
 public:
  void clear() noexcept { items_.clear(); }
  [[nodiscard]] std::span<const FieldEdit> items() const noexcept { return items_; }

  /// Takes in a detector's; `original(index)` is a field's value as it came. Two detectors may change the same field
  /// where both keep its length: then each one's changed bytes count. False: they do not go together, and the message
  /// must not leave.
  /// Whatever was asked for that field before.
  void set(FieldEdit edit);

  template <class Original>
  [[nodiscard]] bool add(std::span<const FieldEdit> edits, Original&& original) {
    for (const FieldEdit& edit : edits) {
      if (!add_one(edit, original(edit.index))) {
        return false;
      }
    }
    return true;
  }

 private:
  [[nodiscard]] bool add_one(const FieldEdit& edit, std::string_view original);
  std::vector<FieldEdit> items_;
};

}  // namespace gabion::inspect
