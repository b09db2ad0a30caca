// Names of TX variables that stand in the rules get a slot, a small number, so that a request looks up no strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gabion::inspect::waf::plan {

using Slot = std::uint16_t;
inline constexpr Slot kNoSlot = 0xffff;
/// TX.0 to TX.9, the captures, are the first slots.
inline constexpr Slot kCaptureSlots = 10;

/// What a TX variable holds. Text views memory that outlives the transaction's use of it.
struct SlotValue {
  enum class Kind : std::uint32_t { kUnset, kNumber, kText };
  Kind kind = Kind::kUnset;
  std::uint32_t size = 0;  ///< kText
  union {
    std::int64_t number = 0;
    const char* bytes;
  };

  [[nodiscard]] static SlotValue of(std::int64_t number) noexcept {
    SlotValue value;
    value.kind = Kind::kNumber;
    value.number = number;
    return value;
  }
  /// Views at most 4 GiB - 1 of `text`.
  [[nodiscard]] static SlotValue of(std::string_view text) noexcept {
    SlotValue value;
    value.kind = Kind::kText;
    value.size = static_cast<std::uint32_t>(text.size() < 0xffffffff ? text.size() : 0xffffffff);
    value.bytes = text.data();
    return value;
  }
  /// REQUIRES: kText.
  [[nodiscard]] std::string_view text() const noexcept { return {bytes, size}; }
  [[nodiscard]] bool is_set() const noexcept { return kind != Kind::kUnset; }
};

/// ASCII letters in lower case, as names compare.
[[nodiscard]] std::string lower(std::string_view text);
/// The same in `buffer`, whose memory is reused.
[[nodiscard]] std::string_view lower(std::string_view text, std::string& buffer);

class SlotNames {
 public:
  SlotNames();

  /// The slot of a name, made where there is none. At most 4096: kNoSlot behind that.
  [[nodiscard]] Slot add(std::string_view name);
  /// `lower_name` in lower case; kNoSlot: not static.
  [[nodiscard]] Slot find(std::string_view lower_name) const noexcept;
  /// As first written.
  [[nodiscard]] const std::string& name_of(Slot slot) const noexcept { return names_[slot]; }
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, Slot, Hash, std::equal_to<>> slots_;
  std::vector<std::string> names_;
};

}  // namespace gabion::inspect::waf::plan
