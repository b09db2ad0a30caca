// Whether the part of a statement that a client wrote is more than one value: the decision on a hit.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql::taint {

struct Covered {
  enum class What : std::uint8_t {
    kContained,  ///< part of one token, or a whole one; or names, numbers and signs that cannot change the statement
    kStructure,  ///< it ends a literal, or adds a keyword, an operator or a comment
  };
  What what = What::kContained;
  std::uint32_t tokens = 0;  ///< that the part touches
};

/// Of the bytes [begin, end) of `text`, which was cut into `tokens`. More than one token is structure, but for:
///
///     WHERE id IN (1,2,-3)      numbers, their signs and the commas between them
///     ORDER BY name DESC, t.id  a list of names, after ORDER BY or GROUP BY and other names only
///     two words                 names and numbers side by side, which no statement has
///
/// One token is structure where the part opens or closes a comment, or opens a literal that others end.
///
/// One statement's parts; borrows its text and tokens. What is found in one part about the tokens before it is kept for
/// the next.
class PartJudge {
 public:
  PartJudge(std::string_view text, std::span<const Token> tokens) noexcept : text_(text), tokens_(tokens) {}

  [[nodiscard]] Covered judge(std::uint32_t begin, std::uint32_t end);
  /// Tokens looked at so far.
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }

 private:
  friend class Part;
  [[nodiscard]] bool is_sorted_behind(std::size_t token);

  std::string_view text_;
  std::span<const Token> tokens_;
  std::vector<bool> sorted_;  ///< by token: what stands before it is a list back to ORDER BY or GROUP BY
  std::uint64_t work_ = 0;
};

}  // namespace gabion::inspect::sql::taint
