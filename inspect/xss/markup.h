// Which elements, attributes and URLs of HTML can run script.
#pragma once

#include <cstdint>
#include <string_view>

namespace gabion::inspect::xss {

enum class Element : std::uint8_t {
  kOrdinary,
  kActive,   ///< runs or loads code by itself: script, iframe, svg, x:script
  kLoading,  ///< does so by an attribute: object, base, link, meta
  kStyle,    ///< does so by its text
};

/// `name` may be in any case, have a prefix and hold NULs.
[[nodiscard]] Element element_of(std::string_view name) noexcept;

/// on and letters: a handler inside a tag that was seen to begin.
[[nodiscard]] bool is_handler(std::string_view name) noexcept;

/// A handler that browsers have: asked where the tag is only supposed to be there.
[[nodiscard]] bool is_known_handler(std::string_view name) noexcept;

/// A known handler with signs behind it, which old browsers passed over: onload!#$%=
[[nodiscard]] bool is_garbled_handler(std::string_view name) noexcept;

/// javascript:, vbscript:, data: of a type that holds script. Blanks, controls and character references within the
/// scheme are passed over as browsers do.
[[nodiscard]] bool is_script_scheme(std::string_view value) noexcept;

/// In an attribute: the same, and data: of any type but pictures, fonts and sound.
[[nodiscard]] bool is_script_url(std::string_view value) noexcept;

/// Style text that loads or computes: expression(, javascript:, -moz-binding, behavior, @import; also CSS comments and
/// escapes, which in an attribute only hide such words.
[[nodiscard]] bool is_active_style(std::string_view value) noexcept;

/// ASCII, without regard to case.
[[nodiscard]] bool equal(std::string_view left, std::string_view lower_right) noexcept;
[[nodiscard]] bool contains(std::string_view text, std::string_view lower_part) noexcept;

}  // namespace gabion::inspect::xss
