// The structure of XML and HTML: elements, attributes, and the text between them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "inspect/dlp/fields/field_reader.h"
#include "inspect/dlp/fields/json_lexer.h"
#include "inspect/dlp/fields/label.h"

namespace gabion::inspect::dlp {

/// No validator: what is open when an outer element ends, ends with it. Text is named by its elements, an attribute's
/// value by them and the attribute. Comments, CDATA and declarations are text of the element around them.
class XmlLexer {
 public:
  enum class Language : std::uint8_t {
    kXml,
    kHtml,  ///< some elements have no end, script and style no elements within; text is labelled by the text before
  };

  explicit XmlLexer(Language language = Language::kXml) noexcept : language_(language) {}

  void begin() noexcept;
  void read(std::string_view text, FlatOffset at, EscapeLevel level, PlaceList* places);
  void resume(FlatOffset at, PlaceList& places);
  void end(FlatOffset at, PlaceList& places) { places.end_if_open(at); }
  [[nodiscard]] unsigned notes() const noexcept { return kNoNote; }

 private:
  enum class In : std::uint8_t {
    kBetween,  ///< blanks, or nothing yet
    kText,
    kTagStart,  ///< behind '<'
    kElement,   ///< its name
    kEndTag,
    kTag,        ///< between attributes
    kAttribute,  ///< its name
    kEquals,     ///< behind the name, before '='
    kValueStart,
    kValue,
    kMarkup,  ///< behind "<!" or "<?", up to its end
  };
  std::size_t read_some(std::string_view text, FlatOffset at, Trail trail);
  std::size_t read_text(std::string_view text, FlatOffset at, Trail trail);
  std::size_t read_tag_start(char c, FlatOffset at, Trail trail);
  std::size_t read_name(std::string_view text, FlatOffset at, Trail trail);
  std::size_t read_end_tag(std::string_view text, Trail trail);
  std::size_t read_tag(char c, FlatOffset at, Trail trail);
  std::size_t read_equals(char c, Trail trail);
  std::size_t read_value_start(char c, FlatOffset at, Trail trail);
  std::size_t read_value(std::string_view text, FlatOffset at, Trail trail);
  std::size_t read_markup(std::string_view text, FlatOffset at, Trail trail);
  void open(In in, FlatOffset at, Trail trail);
  void close(FlatOffset at, Trail trail);
  void push(Trail trail) noexcept;
  void pop(Trail trail) noexcept;
  void end_start_tag(Trail trail);
  void end_element(Trail trail);
  [[nodiscard]] ValueKind kind() const noexcept {
    return in_ == In::kElement || in_ == In::kAttribute ? ValueKind::kName : ValueKind::kText;
  }
  [[nodiscard]] bool is_raw() const noexcept;
  [[nodiscard]] bool names_attribute() const noexcept;
  void hear(std::string_view text) noexcept;
  [[nodiscard]] std::string_view label() const noexcept;

  NameStack names_;
  std::array<char, 64> name_{};  ///< of the end tag being read
  std::size_t name_size_ = 0;
  std::size_t unnamed_ = 0;  ///< levels that did not fit
  Label heard_;              ///< HTML: the text or the name of a control read last, or being read
  Label label_;              ///< HTML: the text before it
  FlatOffset begin_ = 0;
  Language language_;
  In in_ = In::kBetween;
  char quote_ = '\0';  ///< around the value being read; '\0': none
  char last_ = '\0';   ///< byte before, within a tag or markup
  char last_but_one_ = '\0';
  char markup_ = '\0';         ///< '-' comment, '[' CDATA, '?' or '!' others
  bool is_labelling_ = false;  ///< the value being read labels what comes behind it
  bool is_empty_tag_ = false;  ///< "/" was the last byte of the tag
};

}  // namespace gabion::inspect::dlp
