// Compiles the user's own patterns, or says why not.
#pragma once

#include "inspect/dlp/type_tables.h"

namespace gabion::inspect::dlp {

/// Everything wrong with the pattern is added to `errors`; nothing then.
[[nodiscard]] std::optional<CompiledCustom> compile_custom(const CustomType& custom, config::Errors& errors);

/// Examples that a compiled set does not decide as it should are added to `errors`.
void check_examples(const TypeSet& set, std::span<const CustomType> custom, config::Errors& errors);

}  // namespace gabion::inspect::dlp
