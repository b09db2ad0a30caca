// SecLang's transformations of a value, byte for byte as ModSecurity v3 does them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inspect/waf/seclang/words.h"

namespace gabion::inspect::waf::transform {

/// Bits of classes_of(): which kinds of byte a value holds, as far as some transformation cares.
using ByteClasses = std::uint32_t;

/// One pass over the value.
[[nodiscard]] ByteClasses classes_of(std::string_view value) noexcept;

/// False: `transformation` gives back a value of these classes unchanged. True: it may change it. Never wrong in the
/// first case (fuzzed). Transformations that always change (base64Decode, sha1, hexEncode, length, …) give true.
[[nodiscard]] bool may_change(seclang::Transformation transformation, ByteClasses classes) noexcept;

/// Writes the transformed value to `out`, whose capacity is reused (no other memory). Returns whether the bytes differ
/// from `value`. `value` must not view `out`. Output is at most 8 times the input plus 64 bytes.
/// ModSecurity 3.0.9's cssDecode ends its result before the first NUL, so that a chain of jsDecode and cssDecode leaves
/// nothing of "\0<script>" and every rule behind it is blind: not here. It is followed where it loses less:
/// sqlHexDecode drops a last byte that belongs to no number, utf8toUnicode drops NUL and lead bytes without
/// continuation, removeComments appends NUL to a comment at the very end.
[[nodiscard]] bool apply(seclang::Transformation transformation, std::string_view value, std::string& out);

}  // namespace gabion::inspect::waf::transform
