// The second look at a value: decoded once more, comments and blanks collapsed. Most values do not need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "inspect/attack/decoders.h"

namespace gabion::inspect::attack {

/// Offset of the first byte from which on the second view differs from the first by more than blanks: an escape that
/// decodes ("%41", "%u") or "/*". npos when there is none.
[[nodiscard]] std::size_t find_second_view(std::string_view first_view) noexcept;

/// How many bytes at the end may be the beginning of what find_second_view looks for, once more bytes are known.
[[nodiscard]] std::size_t undecided_tail(std::string_view first_view) noexcept;

/// Turns the first view into the second, piece by piece.
class SecondView {
 public:
  void reset() noexcept;
  /// Replaces `out` by what is certain so far. `between` is working memory, kept by the caller for its capacity.
  void feed(std::string_view in, std::string& between, std::string& out);
  /// Replaces `out` by what was kept back.
  void finish(std::string& between, std::string& out);

  [[nodiscard]] bool is_idle() const noexcept { return decoder_.is_idle() && collapser_.is_idle(); }
  /// Input bytes since the last difference to the first view, counted low.
  [[nodiscard]] std::uint64_t quiet_bytes() const noexcept;

 private:
  PercentDecoder decoder_{PercentSyntax::kPath};
  CommentCollapser collapser_;
};

}  // namespace gabion::inspect::attack
