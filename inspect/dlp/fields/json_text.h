// The structure of a JSON body: texts, JSON within their strings, and what to do where it is no JSON.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/flat_text.h"
#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/json_lexer.h"

namespace gabion::inspect::dlp {

/// Ends a section behind every line of several texts: none of them waits for the next one. A line end that stands for
/// itself is between two tokens of JSON (RFC 8259 §7: within a string it is escaped).
class LineEnds final : public TextSink {
 public:
  explicit LineEnds(FlatText& out) noexcept : out_(out) {}
  void begin(bool is_lines) noexcept { is_lines_ = is_lines; }
  void plain(std::string_view bytes) override {
    for (std::size_t end = is_lines_ ? bytes.find('\n') : std::string_view::npos; end != std::string_view::npos;
         end = bytes.find('\n')) {
      out_.plain(bytes.substr(0, end + 1));
      out_.mark(Mark::kSectionEnd);
      bytes.remove_prefix(end + 1);
    }
    if (!bytes.empty()) {
      out_.plain(bytes);
    }
  }
  void unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) override {
    out_.unit(flat, raw_bytes, level);
  }

 private:
  FlatText& out_;
  bool is_lines_ = false;
};

/// Undoes escapes of two layers.
class JsonDecoder {
 public:
  explicit JsonDecoder(FlatText& out) noexcept : lines_(out), inner_(lines_, 1), outer_(inner_, 0, &inner_) {}
  void begin(const ContentType& type) noexcept {
    lines_.begin(type.is_lines);
    outer_.begin_json();
  }
  [[nodiscard]] TextSink& input() noexcept { return outer_; }
  void finish() { outer_.finish(); }

 private:
  LineEnds lines_;
  JsonLayer inner_;
  JsonLayer outer_;
};

/// Where JSON breaks the rest is one value, text, until a line begins with '{' or '['.
class JsonText {
 public:
  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places);
  /// Behind a line: what was no JSON begins anew, a text that goes on does.
  void mark(std::uint32_t id, FlatOffset at, const JsonDecoder& decoder, PlaceList* places);
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

  [[nodiscard]] bool is_broken() const noexcept { return outer_.is_broken(); }

 private:
  /// Returns where in `text` JSON begins again; text.size(): not there.
  std::size_t skip_broken(std::string_view text, EscapeLevel level) noexcept;

  NameStack names_;
  JsonLexer outer_;
  JsonLexer inner_;
  bool is_after_newline_ = false;  ///< while broken
};

}  // namespace gabion::inspect::dlp
