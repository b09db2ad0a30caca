// The flat text of a message that is not decided yet, and the way back from it to the raw bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/field_place.h"
#include "inspect/dlp/fields/text_sink.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// Half open, offsets in the raw message.
struct RawSpan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  friend bool operator==(const RawSpan&, const RawSpan&) = default;
};

/// How a stretch of text is written in the message.
enum class RawForm : std::uint8_t {
  kSame,     ///< byte by byte
  kEscapes,  ///< some of it in escapes of its format, which may be overwritten whole
  kWide,     ///< UTF-16: an overwritten character has two bytes
  kBase64,   ///< three bytes in four characters of base64, which must stay ones
};

/// Where a decoder saw something that the text itself does not show. `id` is the decoder's own; kSectionEnd is not.
struct Mark {
  FlatOffset at;
  std::uint32_t id;

  /// What comes is a text of its own: an event of a stream. Nothing before it waits for it.
  static constexpr std::uint32_t kSectionEnd = ~0U;
};

/// Copies nothing as long as the text is what the window holds; else it keeps a copy of what is not forgotten.
/// One thread.
class FlatText final : public TextSink {
 public:
  void reset() noexcept;

  /// Gives back what only a large message needed.
  void release() noexcept;

  /// Before plain() and unit(): the raw bytes that are here now. What was kept as a view is seen in it again.
  /// REQUIRES: `window` begins at or before raw_before(begin()), or detach() was called since the last piece.
  void open(std::string_view window, std::uint64_t raw_offset);
  /// Copies what is still a view of the window: the window may go away.
  void detach();

  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;

  [[nodiscard]] FlatOffset begin() const noexcept { return begin_; }
  [[nodiscard]] FlatOffset end() const noexcept { return begin_ + size(); }
  /// From begin() to end(). Valid until the next open(), detach(), plain() or unit().
  [[nodiscard]] std::string_view text() const noexcept {
    return is_view_ ? view_ : std::string_view(copy_).substr(skipped_);
  }

  /// The raw bytes of [from, to), whole units. REQUIRES: begin() <= from < to <= end().
  [[nodiscard]] RawSpan raw_span(FlatOffset from, FlatOffset to) const noexcept;
  /// Raw bytes before it stand for text before `at` only. REQUIRES: begin() <= at <= end().
  [[nodiscard]] std::uint64_t raw_before(FlatOffset at) const noexcept;

  /// Marks at `to`, too. REQUIRES: begin() <= to <= end().
  void forget_before(FlatOffset to);

  [[nodiscard]] RawForm raw_form(FlatOffset from, FlatOffset to) const noexcept;

  /// Before the byte that comes next.
  void mark(std::uint32_t id) { marks_.push_back({end(), id}); }
  /// Those that are not forgotten, in order.
  [[nodiscard]] std::span<const Mark> marks() const noexcept { return std::span(marks_).subspan(first_mark_); }

  /// Calls read(bytes, offset, level) for [from, to) in stretches of one level.
  template <class Read>
  void for_each_stretch(FlatOffset from, FlatOffset to, Read&& read) const;

  /// Stretches of text that map alike. Beyond it neighbours become one that is covered as a whole.
  static constexpr std::size_t kMaxRuns = 16384;

  [[nodiscard]] std::size_t held_bytes() const noexcept {
    return heap_bytes(copy_) + heap_bytes(runs_) + heap_bytes(marks_);
  }

 private:
  /// Units of the same shape, one behind the other, up to the next run.
  struct Run {
    FlatOffset flat;
    std::uint64_t raw;
    std::uint8_t flat_step;
    std::uint8_t raw_step;  ///< 0: one unit up to the next run
    EscapeLevel level;
  };
  [[nodiscard]] std::size_t size() const noexcept { return is_view_ ? view_.size() : copy_.size() - skipped_; }
  [[nodiscard]] bool is_in_window(std::string_view bytes) const noexcept;
  void skip_empty_runs() noexcept;
  [[nodiscard]] bool extends(std::size_t flat_step, std::size_t raw_step, EscapeLevel level) const noexcept;
  void add_run(std::size_t flat_step, std::size_t raw_step, EscapeLevel level);
  [[nodiscard]] std::size_t run_at(FlatOffset at) const noexcept;
  std::string_view window_;
  std::string_view view_;
  std::string copy_;
  std::size_t skipped_ = 0;  ///< forgotten bytes at the front of copy_
  bool is_view_ = true;
  FlatOffset begin_ = 0;
  std::uint64_t raw_ = 0;           ///< behind the raw bytes that stand for text or were dropped
  std::uint64_t last_raw_end_ = 0;  ///< behind those of the last run
  std::vector<Run> runs_;
  std::vector<Mark> marks_;
  std::size_t first_mark_ = 0;
  std::size_t first_run_ = 0;  ///< earlier ones are forgotten
};

template <class Read>
void FlatText::for_each_stretch(FlatOffset from, FlatOffset to, Read&& read) const {
  const std::string_view all = text();
  for (std::size_t run = from < to ? run_at(from) : 0; from < to;) {
    const EscapeLevel level = runs_[run].level;
    do {
      ++run;
    } while (run < runs_.size() && runs_[run].level == level && runs_[run].flat < to);
    const FlatOffset stop = run < runs_.size() && runs_[run].flat < to ? runs_[run].flat : to;
    read(all.substr(static_cast<std::size_t>(from - begin_), static_cast<std::size_t>(stop - from)), from, level);
    from = stop;
  }
}

}  // namespace gabion::inspect::dlp
