// Comments that tell what injection added to a text and what stood there, so that it can be taken out again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config::inject {

inline constexpr std::string_view kMark = "# gabion:";

/// Views of the lines of a text, each with its end; the last may have none.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);
/// Blanks at the front of a line.
[[nodiscard]] std::size_t indentation(std::string_view line);
/// Whether nothing but a comment of ours is on this line.
[[nodiscard]] bool is_mark(std::string_view line);

/// Lines to put in before line `at` (from 0), in place of the `replaced` lines from there.
struct TextEdit {
  std::size_t at = 0;
  std::size_t replaced = 0;
  std::size_t column = 0;  ///< of the marks
  std::vector<std::string> lines;
  std::string above;  ///< one more line of ours, in front of the mark; empty: none
};

/// `edits` in the order of their places, not overlapping; those of one place that replace nothing share a pair of
/// marks.
[[nodiscard]] std::string with_edits(std::string_view text, const std::vector<TextEdit>& edits);

/// A comment before line `at`: "# gabion:note text". Behind the last line it stands between marks.
[[nodiscard]] TextEdit comment(std::size_t at, std::string_view word, std::string_view text);

/// The text as it was, byte for byte. Errors: marks without their counterpart; where = "line N".
[[nodiscard]] Result<std::string> without_marks(std::string_view text);

/// The text with an empty comment in place of each mark: to see whether all of them are comments.
[[nodiscard]] std::string with_blank_marks(std::string_view text);

}  // namespace gabion::config::inject
