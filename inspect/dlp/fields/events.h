// Server-Sent Events: each event's data lines joined, and read as JSON if they begin so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/value_lexer.h"

namespace gabion::inspect::dlp {

/// "data:" and one blank behind it are not in the flat text. An event ends a section. Lines end with LF or CRLF.
class EventDecoder final : public TextSink {
 public:
  enum MarkId : std::uint32_t { kData, kOtherLine };

  explicit EventDecoder(FlatText& out) noexcept : out_(out), inner_(out, 1), json_(inner_, 0, &inner_) {}

  void begin(const ContentType& /*type*/) noexcept;
  [[nodiscard]] TextSink& input() noexcept { return *this; }
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

 private:
  enum class In : std::uint8_t { kLineStart, kData, kOtherLine };
  void read_line_start(char c);
  void begin_data();
  void begin_other();
  void end_event();

  FlatText& out_;
  JsonLayer inner_;
  JsonLayer json_;
  std::array<char, 6> kept_{};  ///< "d", … "data:", or CR
  std::size_t size_ = 0;
  In in_ = In::kLineStart;
  In last_line_ = In::kLineStart;  ///< of this event
};

/// Data has no name; members of JSON data have theirs. Other lines are text.
class EventLexer {
 public:
  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void mark(std::uint32_t id, FlatOffset at, const EventDecoder& decoder, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places) { places.end_if_open(at); }
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  NameStack names_;
  ValueLexer value_;
  FlatOffset line_begin_ = 0;
  bool is_in_data_ = true;
};

}  // namespace gabion::inspect::dlp
