// The structure of a JSON body: texts, JSON within their strings, and what to do where it is no JSON.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/flat_text.h"
#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/json_lexer.h"

namespace gabion::inspect::dlp {

/// Undoes escapes of two layers.
class JsonDecoder {
 public:
  explicit JsonDecoder(TextSink& out) noexcept : inner_(out, 1), outer_(inner_, 0, &inner_) {}
  void begin(const ContentType& /*type*/) noexcept { outer_.begin_json(); }
  [[nodiscard]] TextSink& input() noexcept { return outer_; }
  void finish() { outer_.finish(); }

 private:
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
