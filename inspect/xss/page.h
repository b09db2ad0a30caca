// Walks a value as HTML from one place of a page on, and stops at the first thing that runs script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gabion::inspect::xss {

/// Where in the page the value begins.
enum class Start : std::uint8_t {
  kText,
  kUnquoted,  ///< <input value=HERE>
  kDouble,    ///< <input value="HERE">
  kSingle,
  kBackTick,
};

/// Belongs to one value and one start. Each byte is read a constant number of times.
class Page {
 public:
  Page(std::string_view value, Start start) noexcept;

  /// Why script would run; empty when none would.
  [[nodiscard]] std::string_view judge() noexcept;

  /// Looks for active elements only, wherever a '<' stands: in quotes and comments too.
  [[nodiscard]] std::string_view judge_elements() noexcept;

 private:
  [[nodiscard]] std::string_view judge_text() noexcept;
  [[nodiscard]] std::string_view judge_markup() noexcept;
  [[nodiscard]] std::string_view judge_element() noexcept;
  [[nodiscard]] bool style_has_text() noexcept;
  [[nodiscard]] std::string_view judge_declaration() noexcept;
  [[nodiscard]] std::string_view judge_attributes() noexcept;
  [[nodiscard]] std::string_view judge_attribute(std::string_view name, std::string_view value) const noexcept;
  [[nodiscard]] std::string_view take_until(std::string_view stops) noexcept;
  [[nodiscard]] std::string_view take_value() noexcept;
  void skip_blanks() noexcept;

  std::string_view value_;
  std::size_t at_ = 0;
  std::size_t last_style_mark_ = 0;  ///< 1 + the last { or @, 0 when not looked for yet
  Start start_;
  bool supposed_ = false;  ///< the tag we are in began before the value
};

}  // namespace gabion::inspect::xss
