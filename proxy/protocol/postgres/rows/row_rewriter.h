// Rewrites DataRow messages by a plan while they pass: a row is held up to a bound, one that is longer streams.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/row_judge.h"
#include "proxy/protocol/postgres/rows/row_plan.h"

namespace gabion::proxy::postgres {

/// Of one session. A row's length stands before its values, so that what is known when it leaves is replaced freely and
/// what comes later keeps its length. Nothing is held between rows.
class RowRewriter {
 public:
  explicit RowRewriter(const RowBounds& bounds) noexcept : bounds_(bounds) {}

  /// For rows that begin from now on. Borrows both; `judge` may be null where no column is scanned.
  void use(const RowPlan& plan, inspect::RowJudge* judge) noexcept {
    plan_ = &plan;
    judge_ = judge;
  }

  /// A row whose body has `length` bytes begins. REQUIRES: use(), and no row is under way.
  void begin(std::uint32_t length) noexcept;
  /// The next bytes of its body, at most as many as are missing. Appends to `out` what may leave, its header first.
  /// Anything but kOk: what was appended is not all of a message, and the session must end unless nothing was.
  [[nodiscard]] RowResult feed(std::string_view piece, std::string& out);
  [[nodiscard]] bool is_under_way() const noexcept { return received_ != length_; }
  /// Some of the row under way has left, and not all of it.
  [[nodiscard]] bool has_begun_to_leave() const noexcept { return is_open_; }

  /// Of columns that are withheld.
  [[nodiscard]] std::uint64_t withheld_values() const noexcept { return withheld_; }
  /// In which something was found, or that could not be looked at, and that were covered.
  [[nodiscard]] std::uint64_t covered_values() const noexcept { return covered_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_.capacity(); }

 private:
  /// What leaves in the place of one value whose length is known before the row's own has left.
  struct Decision {
    enum class Leaves : std::uint8_t { kItself, kNull, kText } leaves = Leaves::kItself;
    std::size_t begin = 0;  ///< kText: in texts_
    std::size_t size = 0;
  };
  /// A value that the judge is shown.
  struct Shown {
    std::size_t column = 0;
    std::uint32_t length = 0;
    bool is_hex = false;
    bool is_replaced_whole = false;  ///< what is shown is not how the value is written
  };
  enum class Move : std::uint8_t { kCopy, kSkip, kFill };

  [[nodiscard]] RowResult open(std::string_view prefix, std::string& out);
  [[nodiscard]] RowResult measure(std::string_view prefix);
  void decide(const PlannedColumn& column, std::string_view value, std::uint32_t length);
  void decide_scan(const PlannedColumn& column, std::string_view value, std::uint32_t length);
  void read_exponents(inspect::RowText& text, Shown& shown);
  void cover(const Shown& shown, std::string_view text);
  void redact(Decision& decision, const PlannedColumn& column);
  void replace(Decision& decision, std::string_view before, std::string_view text);
  [[nodiscard]] bool judge_texts();
  [[nodiscard]] RowResult run(std::string_view bytes, std::string& out);
  [[nodiscard]] RowResult begin_value(std::uint32_t length, std::string& out);
  [[nodiscard]] RowResult begin_late_value(const PlannedColumn& column, std::uint32_t length, std::string& out);
  void move_value(std::string_view bytes, std::string& out);

  RowBounds bounds_;
  const RowPlan* plan_ = nullptr;
  inspect::RowJudge* judge_ = nullptr;
  std::uint32_t length_ = 0;
  std::uint32_t received_ = 0;
  bool is_open_ = false;
  std::uint64_t withheld_ = 0;
  std::uint64_t covered_ = 0;
  std::string held_;

  std::vector<Decision> decisions_;  ///< of the first columns; known lengths
  std::string texts_;
  std::vector<inspect::RowText> shown_;
  std::vector<Shown> shown_columns_;
  std::vector<std::string> made_;  ///< texts of values that are none themselves
  std::vector<inspect::RowCover> covers_;

  // Of the walk over a row that leaves.
  std::uint32_t walked_ = 0;
  std::size_t column_ = 0;
  std::uint32_t header_ = 0;
  std::uint8_t header_bytes_ = 0;
  std::uint32_t value_rest_ = 0;
  std::uint32_t value_length_ = 0;
  Move move_ = Move::kCopy;
};

}  // namespace gabion::proxy::postgres
