// Text without structure, or with one name for all of it.
#pragma once

#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/name_stack.h"

namespace gabion::inspect::dlp {

class PlainDecoder {
 public:
  explicit PlainDecoder(FlatText& out) noexcept : out_(out) {}
  void begin(const ContentType& /*type*/) noexcept {}
  [[nodiscard]] TextSink& input() noexcept { return out_; }
  void finish() noexcept {}

 private:
  FlatText& out_;
};

/// One value from beginning to end.
class PlainText {
 public:
  PlainText() = default;
  explicit PlainText(std::string_view name) noexcept {
    names_.push();
    names_.set_name(name);
  }

  void begin() noexcept {}
  void read(std::string_view /*text*/, FlatOffset /*at*/, EscapeLevel /*level*/, PlaceList* /*places*/) noexcept {}
  void resume(FlatOffset at, PlaceList& places) { places.resume(at, 0, ValueKind::kText, names_); }
  void end(FlatOffset at, PlaceList& places) noexcept { places.end_value(at); }
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  NameStack names_;
};

}  // namespace gabion::inspect::dlp
