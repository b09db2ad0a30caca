// A multipart body: part headers as text with names, parts with their transfer encoding and charset undone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/fields/charset_layer.h"
#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/transfer_layer.h"
#include "inspect/dlp/fields/value_lexer.h"

namespace gabion::inspect::dlp {

/// Lenient: a boundary counts at the beginning of any line, whatever ends the line before; without one declared all is
/// text. A line break before a boundary is text of the part.
class MultipartDecoder final : public TextSink {
 public:
  static constexpr std::size_t kMaxBoundaryBytes = 200;
  static constexpr std::size_t kMaxHeaderBytes = 8192;  ///< of a part that are read; all are scanned
  static constexpr std::size_t kMaxNames = 1000;        ///< parts behind are without a name

  /// Others are kFirstPart and the part's index.
  enum MarkId : std::uint32_t { kOutside, kHeaders, kUnnamedPart, kFirstPart };

  explicit MultipartDecoder(FlatText& out) noexcept
      : out_(out), inner_(out, 1), json_(inner_, 0, &inner_), charset_(json_), transfer_(charset_) {}

  void begin(const ContentType& type);
  [[nodiscard]] TextSink& input() noexcept { return *this; }
  void plain(std::string_view bytes) override;
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override;
  void finish();

  /// "" for what has no name.
  [[nodiscard]] std::string_view part_name(std::uint32_t mark) const noexcept;

 private:
  enum class In : std::uint8_t { kOutside, kBoundary, kHeaders, kPart };
  std::size_t match_boundary(std::string_view bytes);
  void pass(std::string_view line);
  void take_boundary();
  void end_boundary_line();
  void read_header(std::string_view line);
  void begin_part();
  void end_part();

  FlatText& out_;
  JsonLayer inner_;
  JsonLayer json_;
  CharsetLayer charset_;
  TransferLayer transfer_;
  std::string delimiter_;  ///< "--" and the boundary; empty: none
  std::string headers_;
  std::vector<std::string> names_;
  std::size_t matched_ = 0;    ///< bytes of delimiter_ kept back at a line's start
  std::size_t line_size_ = 0;  ///< of a header line so far, without its end
  std::size_t dashes_ = 0;     ///< behind the boundary
  In in_ = In::kOutside;
  bool is_line_start_ = true;
  bool is_behind_dashes_ = false;  ///< nothing else was behind the boundary
};

/// Names: of headers, and of parts in front of what is in them.
class MultipartLexer {
 public:
  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void mark(std::uint32_t id, FlatOffset at, const MultipartDecoder& decoder, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places) { places.end_if_open(at); }
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  enum class In : std::uint8_t { kOutside, kHeaderName, kHeaderValue, kPart };
  std::size_t read_header(std::string_view text, FlatOffset at, PlaceList* places);

  NameStack names_;
  ValueLexer value_;
  FlatOffset begin_ = 0;
  In in_ = In::kOutside;
  bool is_open_ = false;  ///< a header's name or value is being read
};

}  // namespace gabion::inspect::dlp
