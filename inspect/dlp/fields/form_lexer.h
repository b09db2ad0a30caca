// The structure of a form, a query or a Cookie header: names and values between separators.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/json_layer.h"
#include "inspect/dlp/fields/percent_layer.h"
#include "inspect/dlp/fields/value_lexer.h"

namespace gabion::inspect::dlp {

template <PercentSyntax kSyntax>
class PercentDecoder {
 public:
  explicit PercentDecoder(TextSink& out) noexcept : json_(out, 1), percent_(json_, kSyntax) {}
  void begin(const ContentType& /*type*/) noexcept { percent_.reset(); }
  [[nodiscard]] TextSink& input() noexcept { return percent_; }
  void finish() { percent_.finish(); }

 private:
  JsonLayer json_;
  PercentLayer percent_;
};

/// A piece without '=' is a name. What begins with '{' or '[' is read as JSON.
class FormLexer {
 public:
  explicit FormLexer(char separator = '&') noexcept : separator_(separator) {}

  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places);
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  enum class In : std::uint8_t { kBeforeName, kName, kValue };
  /// Returns how much of `text` it took.
  std::size_t read_some(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  std::size_t read_until(std::size_t end, std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void take_mark(char mark, FlatOffset at, PlaceList* places);
  void open(FlatOffset at, char first, EscapeLevel level, PlaceList* places);
  void close(FlatOffset at, PlaceList* places);

  NameStack names_;
  ValueLexer value_;
  FlatOffset begin_ = 0;
  In in_ = In::kBeforeName;
  char separator_;
};

}  // namespace gabion::inspect::dlp
