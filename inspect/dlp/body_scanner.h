// One direction's body, from raw bytes to findings with raw spans: a reader of its format in front of the scanner.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/fields/message_reader.h"
#include "inspect/dlp/fields/reader_set.h"
#include "inspect/dlp/match.h"
#include "inspect/dlp/scanner.h"
#include "inspect/heap_bytes.h"
#include "inspect/scratch.h"

namespace gabion::inspect::dlp {

/// A match and where it is in the message as it travels.
struct BodyFinding {
  Match match;
  RawSpan raw;  ///< all raw bytes of the value, whole escapes: what has to be covered
  RawForm form = RawForm::kSame;
  ValueKind kind = ValueKind::kText;
  bool is_whole_value = false;  ///< the value that holds it is nothing else
  std::string field;            ///< field_path() of the value that holds it; "" without structure
  std::string_view text;        ///< the value itself. Valid in take() only; never for a log
  Piece piece = Piece::kWhole;
};

class BodyFindingSink {
 public:
  virtual ~BodyFindingSink() = default;
  /// `reader` maps parts of the match to raw bytes: raw_span(match.begin + i, match.begin + j).
  virtual void take(const BodyFinding& finding, const FieldReader& reader) = 0;
};

/// Findings come in order of their end, roughly; the same ones wherever the body is cut, long values in pieces. One
/// thread.
class BodyScanner {
 public:
  enum class Hold : std::uint8_t {
    kUndecided,  ///< raw bytes from decided() on are in the next window again
    kNothing,    ///< only new bytes are
  };

  /// Borrows `set`.
  explicit BodyScanner(const TypeSet& set) noexcept : scanner_(set) {}

  /// Another body, by its Content-Type value. `below`: names all of it stands below, outermost first (a column of a
  /// row), viewed until the next begin(). False: the pattern engine failed.
  [[nodiscard]] bool begin(std::string_view content_type, Hold hold, std::span<const std::string_view> below = {});
  /// The texts of one message, which read() is given whole. Views its fields until the next.
  [[nodiscard]] bool begin(const MessageText& message);
  /// Gives back what only a large body needed.
  void release() noexcept;

  /// The last `fresh` bytes of `window` are new; it begins at `raw_offset`. False: the pattern engine failed.
  [[nodiscard]] bool read(std::string_view window, std::uint64_t raw_offset, std::size_t fresh, End end,
                          Scratch& scratch, BodyFindingSink& findings);

  /// Raw bytes before it are decided: no finding will have them.
  [[nodiscard]] std::uint64_t decided() const noexcept { return decided_; }

  /// Of the body that began last.
  [[nodiscard]] Format format() const noexcept { return format_; }

  /// Heap bytes of what it keeps of the text.
  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return readers_.held_bytes() + (messages_ == nullptr ? 0 : messages_->held_bytes()) + heap_bytes(matches_) +
           heap_bytes(names_);
  }

  /// What the reader noticed; bits of Note.
  [[nodiscard]] unsigned notes() const noexcept { return reader_ == nullptr ? 0U : reader_->notes(); }

 private:
  [[nodiscard]] bool begin_text(Hold hold, std::span<const std::string_view> below);
  [[nodiscard]] bool scan(End end, Scratch& scratch, BodyFindingSink& findings);
  [[nodiscard]] bool scan_section(FlatOffset to, Scanner::More more, Scratch& scratch, BodyFindingSink& findings);
  void tell(const Match& match, BodyFindingSink& findings);
  [[nodiscard]] Piece piece_of(const Match& match) noexcept;

  ReaderSet readers_;
  std::unique_ptr<MessageReader> messages_;  ///< null before the first message
  FieldReader* reader_ = nullptr;
  Scanner scanner_;
  std::vector<Match> matches_;
  std::span<const std::string_view> below_;
  std::vector<std::string_view> names_;  ///< below_, then the reader's
  /// Values that may go on: their type, and where they end so far.
  struct Open {
    TypeIndex type = 0;
    FlatOffset end = 0;
  };
  std::array<Open, 4> open_{};
  std::size_t next_open_ = 0;
  FlatOffset section_ = 0;  ///< where the scanner's text begins
  std::uint64_t decided_ = 0;
  Hold hold_ = Hold::kUndecided;
  Format format_ = Format::kText;
};

}  // namespace gabion::inspect::dlp
