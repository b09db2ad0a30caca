// Rewrites what COPY … TO STDOUT answers by a plan of columns: text, CSV and binary, rows cut anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/row_judge.h"
#include "proxy/protocol/postgres/rows/row_plan.h"

namespace gabion::proxy::postgres {

/// How the rows are written, as the statement says: with the server's defaults, other delimiters, quotes and NULLs are
/// for the caller to deny near withheld columns.
enum class CopyFormat : std::uint8_t {
  kText,
  kCsv,
  kBinary,
};

/// The stream of all CopyData bodies of one COPY: no message need hold a row, and none need begin with one. A withheld
/// value leaves as NULL, since nothing tells its type here: \N in text, nothing in CSV, -1 in binary. A value that is
/// looked at is held whole, up to the bound.
class CopyRewriter {
 public:
  explicit CopyRewriter(const RowBounds& bounds) noexcept : bounds_(bounds) {}

  enum class Header : std::uint8_t { kNone, kFirstLine };
  /// Borrows both; `judge` may be null where no column is scanned.
  void begin(const RowPlan& plan, inspect::RowJudge* judge, CopyFormat format, Header header = Header::kNone);

  /// Appends to `out` what may leave: bytes of CopyData bodies, without any message's header. kMalformed: not rows of
  /// the planned columns.
  [[nodiscard]] RowResult feed(std::string_view bytes, std::string& out);
  /// CopyDone. kMalformed: in the middle of a row.
  [[nodiscard]] RowResult end() const noexcept;

  /// With the line of the header.
  [[nodiscard]] std::uint64_t rows() const noexcept { return lines_; }
  [[nodiscard]] std::uint64_t withheld_values() const noexcept { return withheld_; }
  /// In which the judge found something that was covered.
  [[nodiscard]] std::uint64_t covered_values() const noexcept { return covered_; }
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_.capacity(); }

 private:
  enum class Move : std::uint8_t { kCopy, kWithhold, kHold };
  enum class Part : std::uint8_t {
    kSignature,
    kFlags,
    kExtensionLength,
    kExtension,
    kCount,
    kLength,
    kValue,
    kTrailer
  };

  // Of all formats.
  [[nodiscard]] Move move_of(std::size_t column) const noexcept;
  /// What held_ leaves as; nothing: as it came.
  [[nodiscard]] RowResult judge(std::string_view text, inspect::RowText::Kind kind,
                                std::optional<std::string>& instead);

  // Of lines.
  [[nodiscard]] RowResult feed_lines(std::string_view bytes, std::string& out);
  [[nodiscard]] RowResult take_byte(char c, std::string& out);
  [[nodiscard]] RowResult end_field(std::string& out);
  [[nodiscard]] RowResult end_line(char c, std::string& out);
  [[nodiscard]] RowResult leave_held(std::string& out);
  void begin_field() noexcept;
  void put(char c, std::string& out);

  // Of binary.
  [[nodiscard]] RowResult feed_binary(std::string_view bytes, std::string& out);
  [[nodiscard]] RowResult take_number(std::string& out);
  [[nodiscard]] RowResult begin_value(std::string& out);
  [[nodiscard]] RowResult move_bytes(std::string_view bytes, std::string& out);
  [[nodiscard]] RowResult end_value(std::string& out);
  void begin_part(Part part, std::uint32_t bytes) noexcept;
  void next_value() noexcept;

  RowBounds bounds_;
  const RowPlan* plan_ = nullptr;
  inspect::RowJudge* judge_ = nullptr;
  CopyFormat format_ = CopyFormat::kText;
  Header header_ = Header::kNone;
  std::uint64_t lines_ = 0;
  std::uint64_t withheld_ = 0;
  std::uint64_t covered_ = 0;
  std::size_t column_ = 0;
  Move move_ = Move::kCopy;
  std::string held_;
  std::vector<inspect::RowCover> covers_;

  bool escaped_ = false;  ///< text: behind a backslash
  bool quoted_ = false;   ///< CSV: between quotes
  bool is_empty_ = true;  ///< nothing of the field has come yet

  Part part_ = Part::kSignature;
  std::uint32_t number_ = 0;
  std::uint32_t rest_ = 0;  ///< bytes of the part
};

}  // namespace gabion::proxy::postgres
