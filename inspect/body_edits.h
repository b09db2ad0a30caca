// What detectors want a body to say instead: replacements by offset, kept until the bytes they are about leave.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::inspect {

/// The edits of one direction of an exchange. Bounded; no memory before the first edit, and what it has is kept for the
/// next exchange unless it is much.
class EditList {
 public:
  static constexpr std::size_t kMaxEdits = 4096;
  static constexpr std::size_t kMaxTextBytes = 256 * 1024;

  /// `length` bytes from `offset` of the body on leave as `text` (copied); length 0 inserts, "" removes. The bytes must
  /// be in the window that is being judged. Where edits overlap, what they cover together leaves as the text of the one
  /// that begins first. False: the list is full, or the bytes are not in the window; the pipeline then refuses the
  /// message whatever the detector does, since what was to be covered cannot be.
  [[nodiscard]] bool replace(std::uint64_t offset, std::uint32_t length, std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return edits_.empty(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  /// Of the heap.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return edits_.capacity() * sizeof(Edit) + text_.capacity();
  }

  // For the pipeline.

  /// How much text is kept at once, from here on; release() forgets it.
  void set_text_limit(std::size_t bytes) noexcept { text_limit_ = bytes; }

  /// Edits that follow are about [begin, end) of the body. Forgets those that settle() let go.
  void begin_window(std::uint64_t begin, std::uint64_t end);
  /// Edits that follow are of the detector with this number: among edits of one offset the lowest goes first, however
  /// the body was cut.
  void set_author(std::uint16_t author) noexcept { author_ = author; }
  enum class Part : std::uint8_t { kMiddle, kLast };
  /// The edits before `end` may leave; `end` itself is lowered where it would cut an edit in two. Returns it. With
  /// kLast `end` is the body's, and insertions there belong to it too.
  [[nodiscard]] std::uint64_t settle(std::uint64_t end, Part part);
  void clear() noexcept;
  void release() noexcept;

  /// For who writes: calls `sink(std::string_view)` with the pieces, none empty, that `bytes`, which begin at `offset`
  /// of the body and end where settle() said, leave as.
  /// Calls `each(offset, length, text)` for what settle() let go, in order.
  template <class Each>
  void for_each_settled(Each&& each) const {
    for (std::size_t i = 0; i < settled_; ++i) {
      each(edits_[i].offset, edits_[i].length,
           std::string_view(text_).substr(edits_[i].text_begin, edits_[i].text_size));
    }
  }
  template <class Sink>
  void write(std::string_view bytes, std::uint64_t offset, Sink&& sink) const {
    std::uint64_t at = offset;
    for (std::size_t i = 0; i < settled_; ++i) {
      const Edit& edit = edits_[i];
      emit(bytes.substr(static_cast<std::size_t>(at - offset), static_cast<std::size_t>(edit.offset - at)), sink);
      emit(std::string_view(text_).substr(edit.text_begin, edit.text_size), sink);
      at = edit.offset + edit.length;
    }
    emit(bytes.substr(static_cast<std::size_t>(at - offset)), sink);
  }

 private:
  struct Edit {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::uint32_t text_begin = 0;  ///< in text_
    std::uint32_t text_size = 0;
    std::uint16_t author = 0;
  };
  template <class Sink>
  static void emit(std::string_view piece, Sink& sink) {
    if (!piece.empty()) {
      sink(piece);
    }
  }
  void drop_settled();
  void join_overlapping();
  void compact_text();

  std::vector<Edit> edits_;  ///< by offset, then author
  std::string text_;
  std::size_t text_limit_ = kMaxTextBytes;
  std::size_t settled_ = 0;  ///< so many of the first edits leave with the bytes released last
  std::uint64_t window_begin_ = 0;
  std::uint64_t window_end_ = 0;
  std::uint16_t author_ = 0;
  bool failed_ = false;
};

}  // namespace gabion::inspect
