// Turns rulings on a body's values into edits of its bytes that leave the format whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/detector.h"
#include "inspect/dlp/body_scanner.h"
#include "inspect/dlp/dropped_field.h"
#include "inspect/dlp/fields/content_type.h"
#include "inspect/dlp/ledger.h"
#include "inspect/heap_bytes.h"

namespace gabion::inspect::dlp {

/// Of one direction of an exchange; reused after begin(). Values are noted while the body is read and become edits
/// afterwards, in the order of their bytes, since readers view the window.
class BodyCover {
 public:
  /// Borrows `profile`.
  explicit BodyCover(const Profile& profile) noexcept : profile_(profile) {}
  ~BodyCover();
  BodyCover(const BodyCover&) = delete;
  BodyCover& operator=(const BodyCover&) = delete;

  void begin(Format format) noexcept;

  /// Takes note of a value that is to be covered.
  void add(const BodyFinding& finding, const Ruling& ruling);

  /// kWhole: the window is the whole body, so that fields can be dropped; else they are masked.
  enum class Window : std::uint8_t { kPart, kWhole };
  /// Asks for the edits of what add() noted. False: the list of edits is full.
  [[nodiscard]] bool apply(const BodyWindow& window, Window kind);

  [[nodiscard]] std::size_t held_bytes() const noexcept { return heap_bytes(noted_) + heap_bytes(text_); }

 private:
  struct Noted {
    RawSpan raw;
    RawForm form = RawForm::kSame;
    ValueKind kind = ValueKind::kText;
    bool is_whole_value = false;
    TypeIndex type = 0;
    Piece piece = Piece::kWhole;
    Ruling ruling;
  };
  [[nodiscard]] bool cover(const Noted& noted, const BodyWindow& window, Window kind);
  [[nodiscard]] bool drop(const Noted& noted, const BodyWindow& window);
  [[nodiscard]] std::optional<ByteRange> field_of(const Noted& noted, std::string_view body, ByteRange value);
  void write_mask(const Noted& noted, std::string_view raw);
  void write_text(std::string_view text);

  const Profile& profile_;
  Format format_ = Format::kText;
  std::vector<Noted> noted_;
  std::string text_;              ///< of the edit being made; wiped after it
  std::uint64_t dropped_to_ = 0;  ///< behind the last field that was dropped
  std::size_t no_field_to_ = 0;   ///< behind the last value that is none of a field: asked once
};

}  // namespace gabion::inspect::dlp
