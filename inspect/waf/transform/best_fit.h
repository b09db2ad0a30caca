// Windows' best fit of Unicode in code page 20127 (US-ASCII): what a lenient server makes of %uXXXX.
#pragma once

namespace gabion::inspect::waf::transform {

/// The ASCII byte `code` is taken for, or NUL without an entry (ASCII itself has none). The entries are those of
/// section 20127 of ModSecurity's unicode.mapping, which lists what Windows converts, and the two ideographic full
/// stops (U+3002, U+FF61) that ModSecurity adds by itself.
[[nodiscard]] char best_fit(char16_t code) noexcept;

}  // namespace gabion::inspect::waf::transform
