// Follows the structure of JSON text, without a tree: where it is, and what the values on the way there are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/field_place.h"
#include "inspect/dlp/fields/name_stack.h"
#include "inspect/dlp/fields/place_list.h"
#include "inspect/dlp/fields/text_sink.h"

namespace gabion::inspect::dlp {

/// Where a lexer keeps its names and tells its values.
struct Trail {
  NameStack& names;
  PlaceList* places;  ///< null: nobody wants to know
};

/// One text, or several one behind the other (NDJSON, concatenated). Not a validator: grammar is followed as far as it
/// decides where strings, numbers and keys are. Copied as a whole.
class JsonLexer {
 public:
  /// Quotes and braces are those of `level` or below. Levels that `names` has stay.
  void begin(EscapeLevel level, const NameStack& names) noexcept;

  /// `inner` reads strings that are JSON themselves; null: strings stay strings.
  void read(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer* inner);

  /// To a list that begins at `at`: the value being read, if there is one.
  void resume(FlatOffset at, Trail trail, JsonLexer* inner) const;

  /// What was read is no JSON, from broken_at() on; more is not read.
  [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
  /// And of no value, so far: it may go on.
  [[nodiscard]] bool is_between_tokens() const noexcept { return !is_broken_ && in_ == In::kNothing; }
  [[nodiscard]] FlatOffset broken_at() const noexcept { return broken_at_; }

  /// The text ends here, whole or not: a value that is being read, too, and the names of this text go away.
  void stop(FlatOffset at, Trail trail);

 private:
  enum class Expect : std::uint8_t { kRoot, kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd };
  friend class JsonSkim;
  enum class In : std::uint8_t { kNothing, kKey, kString, kScalar };
  enum class Inner : std::uint8_t { kNone, kAwaited, kJson };

  std::size_t read_token(std::string_view text, std::size_t i, FlatOffset at, Trail trail);
  std::size_t read_string(std::string_view text, std::size_t i, FlatOffset at, Trail trail, JsonLexer* inner);
  std::size_t read_scalar(std::string_view text, std::size_t i, FlatOffset at, Trail trail);
  void read_content(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer* inner);
  void read_inner(std::string_view text, FlatOffset at, EscapeLevel level, Trail trail, JsonLexer& inner);
  void open_string(FlatOffset at, Trail trail);
  void open_scalar(FlatOffset at, ValueKind kind, Trail trail);
  void open_container(FlatOffset at, char mark, Trail trail);
  void close_container(FlatOffset at, char mark, Trail trail);
  void take_separator(FlatOffset at, char separator, Trail trail);
  void end_value() noexcept { expect_ = depth_ == 0 ? Expect::kRoot : Expect::kCommaOrEnd; }
  void end(FlatOffset at, Trail trail);
  void fail(FlatOffset at, Trail trail);
  [[nodiscard]] bool is_object() const noexcept { return (objects_ & 1U) != 0; }
  [[nodiscard]] bool takes_value() const noexcept {
    return expect_ == Expect::kRoot || expect_ == Expect::kValue || expect_ == Expect::kValueOrEnd;
  }

  std::uint64_t objects_ = 0;  ///< a bit a level, the innermost lowest
  FlatOffset value_begin_ = 0;
  FlatOffset broken_at_ = 0;
  std::uint16_t depth_ = 0;
  std::uint16_t base_ = 0;  ///< levels of names that were there before
  EscapeLevel level_ = 0;
  Expect expect_ = Expect::kRoot;
  In in_ = In::kNothing;
  Inner inner_ = Inner::kNone;
  ValueKind kind_ = ValueKind::kText;
  bool is_broken_ = false;
};

}  // namespace gabion::inspect::dlp
