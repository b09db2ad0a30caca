// A list that never changes and is shared by every rule set that did not need another one.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace gabion::config::policy {

/// Copies share. Reads like a const vector; never null.
template <class T>
class SharedList {
 public:
  SharedList() : items_(std::make_shared<const std::vector<T>>()) {}
  explicit SharedList(std::shared_ptr<const std::vector<T>> items) : items_(std::move(items)) {}
  explicit SharedList(std::vector<T> items) : items_(std::make_shared<const std::vector<T>>(std::move(items))) {}

  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return (*items_)[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return items_->size(); }
  [[nodiscard]] bool empty() const noexcept { return items_->empty(); }
  [[nodiscard]] auto begin() const noexcept { return items_->begin(); }
  [[nodiscard]] auto end() const noexcept { return items_->end(); }
  [[nodiscard]] const T& front() const noexcept { return items_->front(); }
  [[nodiscard]] const T& back() const noexcept { return items_->back(); }
  /// Whether both are one list, not merely equal.
  [[nodiscard]] bool same_as(const SharedList& other) const noexcept { return items_ == other.items_; }

 private:
  std::shared_ptr<const std::vector<T>> items_;
};

}  // namespace gabion::config::policy
