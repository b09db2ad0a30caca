// Reads a message's structure as it passes: flat text to look for values in, and what stands where in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/field_place.h"
#include "inspect/dlp/fields/content_type.h"
#include "inspect/dlp/fields/flat_text.h"
#include "inspect/dlp/fields/place_list.h"

namespace gabion::inspect::dlp {

enum class End : std::uint8_t { kFollows, kHere };

/// What a reader noticed about a message it read all the same; bits of FieldReader::notes().
enum Note : std::uint8_t {
  kNoNote = 0,
  kUnknownCharset = 1U << 0U,  ///< the bytes were read as they are
};

/// One reader for one direction of an exchange; begin() starts the next message. Flat text, its map to raw bytes and
/// places are the same wherever the message is cut. Memory is bounded by what is not forgotten. One thread.
class FieldReader : public FieldSource {
 public:
  FieldReader() = default;
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;

  /// Forgets the message: another one begins, with raw and flat offset 0. `type` tells charset and boundary; its format
  /// is this reader's already.
  void begin(const ContentType& type = {});
  /// Gives back what only a large message needed.
  void release() noexcept;

  /// The next raw bytes are the last `fresh` of `window`, which begins at `raw_offset`. Escapes that are not complete
  /// are kept back until they are, or the end is here. When the window does not reach back to raw_before(flat_begin()),
  /// detach() must have been called since the last read().
  void read(std::string_view window, std::uint64_t raw_offset, std::size_t fresh, End end);

  /// The flat text that is not forgotten, up to what was read. Valid until read() or detach(), and no longer than the
  /// window: it views it as long as nothing was escaped.
  [[nodiscard]] std::string_view flat() const noexcept { return text_.text(); }
  [[nodiscard]] FlatOffset flat_begin() const noexcept { return text_.begin(); }
  [[nodiscard]] FlatOffset flat_end() const noexcept { return text_.end(); }

  /// Keeps a copy of flat(): the window may go away.
  void detach() { text_.detach(); }
  /// Forgets text before `to`. Spans and places before it are not asked for again. REQUIRES: within flat().
  void forget_before(FlatOffset to);

  /// The raw bytes of a stretch of flat text, whole escapes. REQUIRES: within flat(), not empty.
  [[nodiscard]] RawSpan raw_span(FlatOffset from, FlatOffset to) const noexcept { return text_.raw_span(from, to); }
  /// Raw bytes before it are needed for text before `at` only. REQUIRES: within flat() or its end.
  [[nodiscard]] std::uint64_t raw_before(FlatOffset at) const noexcept { return text_.raw_before(at); }

  /// The message has ended and nothing of it will be asked any more: forgets all of it, whatever its structure is.
  void drop() {
    listed_to_ = 0;
    text_.forget_before(text_.end());
  }

  [[nodiscard]] RawForm raw_form(FlatOffset from, FlatOffset to) const noexcept { return text_.raw_form(from, to); }

  /// Where the first section of flat() ends, when it does; kUnknownEnd: it goes on.
  [[nodiscard]] FlatOffset section_end() const noexcept { return section_end_behind(0); }

  /// A byte between two values belongs to none: no names, and the place is that byte.
  [[nodiscard]] FieldPlace at(FlatOffset at) const noexcept override;

  /// Heap bytes of text and places.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return text_.held_bytes() + places_.held_bytes(); }

  /// Bits of Note, of the text that is forgotten.
  [[nodiscard]] unsigned notes() const noexcept { return notes_; }

 protected:
  /// What undoes escapes; writes to text().
  virtual void begin_decoding(const ContentType& type) = 0;
  virtual void decode(std::string_view raw) = 0;
  virtual void end_decoding() = 0;

  /// What knows the structure. It follows the text that is forgotten; what is not is read when a place is asked for.
  virtual void begin_structure() = 0;
  /// Follows [flat_begin(), to).
  virtual void follow(FlatOffset to) = 0;
  /// Lists the places of [flat_begin(), to), without going on itself.
  virtual void list(FlatOffset to, PlaceList& places) const = 0;

  [[nodiscard]] FlatText& text() noexcept { return text_; }
  [[nodiscard]] const FlatText& text() const noexcept { return text_; }
  [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
  void note(unsigned notes) noexcept { notes_ |= notes; }

  /// Calls read(bytes, offset, level) and mark(mark) for [flat_begin(), to), in order; marks at `to` as well.
  template <class Read, class OnMark>
  void walk(FlatOffset to, Read&& read, OnMark&& on_mark) const {
    FlatOffset from = text_.begin();
    for (const Mark& mark : text_.marks()) {
      if (mark.at > to) {
        break;
      }
      text_.for_each_stretch(from, mark.at, read);
      on_mark(mark);
      from = mark.at;
    }
    text_.for_each_stretch(from, to, read);
  }

 private:
  [[nodiscard]] FlatOffset section_end_behind(FlatOffset at) const noexcept;

  FlatText text_;
  mutable PlaceList places_;
  mutable FlatOffset listed_to_ = 0;  ///< places_ are those of [flat_begin(), listed_to_)
  bool has_ended_ = false;
  unsigned notes_ = kNoNote;
};

}  // namespace gabion::inspect::dlp
