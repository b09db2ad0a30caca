// The interface of who looks at the texts of a row that a database answers, and says what leaves instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect {

struct RowText {
  enum class Kind : std::uint8_t { kText, kJson };
  std::string_view column;  ///< the result column's name: a cue
  std::string_view text;
  Kind kind = Kind::kText;
};

/// Instead of the text with that index.
struct RowCover {
  std::size_t index = 0;
  std::string text;
};

/// Of one session, on its worker.
class RowJudge {
 public:
  virtual ~RowJudge() = default;
  /// What is shown from now on is of another answer.
  virtual void begin_answer() = 0;
  /// The texts of one row, all of each. Adds to `covers`, by index. False: the answer must not go on.
  [[nodiscard]] virtual bool judge(std::span<const RowText> texts, std::vector<RowCover>& covers) = 0;
};

}  // namespace gabion::inspect
