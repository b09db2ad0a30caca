// The distinct texts that the transformations of a field make of one value, each made once for all fields.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/waf/engine/state.h"
#include "inspect/waf/plan/scan_plan.h"

namespace gabion::inspect::waf::engine {

class ValueTexts {
 public:
  struct Text {
    std::string_view bytes;
    std::uint32_t classes = 0;
    std::uint64_t nodes = 0;  ///< of the field of the last call to of(): those that have this text; 0 = none
  };

  /// Another value, of the transaction that is charged for what is made of it; where that may look at no more, texts
  /// are left as they were. It must stay as it is until the next one.
  void begin(State& state, std::string_view value);
  /// What `field` looks at, until the next call of either.
  [[nodiscard]] std::span<const Text> of(const plan::ScanField& field);
  /// After the last value: what a large one needed is not kept.
  void trim() noexcept;

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{16} * 1024;  ///< of one buffer, for values to come
  static constexpr std::uint8_t kUnknown = 0xff;
  static constexpr std::size_t kTransformations = static_cast<std::size_t>(seclang::Transformation::kUtf8ToUnicode) + 1;
  /// All a value can have: one for each node of its fields, and itself.
  static constexpr std::size_t kMostTexts = plan::kLanes * (plan::ScanField::kMostNodes - 1) + 1;
  static_assert(kMostTexts < kUnknown);
  /// Of one text, by transformation: the index of what it makes of it.
  using Made = std::array<std::uint8_t, kTransformations>;

  void walk(const plan::ScanField& field);
  void walk_always(const plan::ScanField& field);
  void take_step(const plan::ScanField& field, std::size_t node);
  [[nodiscard]] std::uint8_t transform(std::uint8_t from, seclang::Transformation transformation);
  [[nodiscard]] std::uint8_t make(std::uint8_t from, seclang::Transformation transformation);

  State* state_ = nullptr;
  std::vector<Text> texts_;           ///< [0] is the value
  std::vector<Made> made_;            ///< beside texts_
  std::vector<std::string> buffers_;  ///< behind texts_[1…]
  std::size_t longest_ = 0;           ///< capacity of a buffer used since the last trim()
  std::array<std::uint8_t, plan::ScanField::kMostNodes> text_of_{};  ///< by node of the field in work
};

}  // namespace gabion::inspect::waf::engine
