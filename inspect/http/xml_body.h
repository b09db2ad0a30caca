// An XML body as what rules look at: the text of the document and the value of every attribute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/http/byte_arena.h"
#include "inspect/http/named_values.h"

namespace gabion::inspect::http {

struct XmlLimits {
  std::uint32_t depth = 256;         ///< elements within each other
  std::uint32_t attributes = 20000;  ///< of the document
};

/// One thread. Not validating, without recursion; no entity is expanded but the five of XML, no DTD is read and nothing
/// is fetched: a DOCTYPE is skipped, a reference to another entity is kUnknownEntity.
class XmlBody {
 public:
  void reset() noexcept;

  /// An empty body is an error. On an error the text and the attributes before it stay. `body` must outlive the values.
  BodyError parse(std::string_view body, XmlLimits limits);

  /// Whether there is a root element, so that XML:/* has one value.
  [[nodiscard]] bool has_root() const noexcept { return has_root_; }
  /// XML:/*: character content and CDATA of all elements in a row, without comments; UTF-8, line breaks as \n.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// XML://@*: every attribute but namespace declarations, in order; values decoded, line breaks and tabs as spaces.
  [[nodiscard]] std::span<const NamedValue> attributes() const noexcept { return attributes_; }

  static constexpr std::size_t kKeptTextBytes = std::size_t{256} * 1024;

  /// Heap bytes kept, for this body and the next.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  BodyError read_document();
  BodyError read_declaration();
  BodyError read_markup();
  BodyError read_comment();
  BodyError read_cdata();
  BodyError read_instruction();
  BodyError read_doctype();
  BodyError skip_internal_subset();
  BodyError skip_quoted();
  BodyError read_start_tag();
  BodyError read_attributes();
  BodyError read_attribute();
  BodyError check_twins(std::size_t first);
  BodyError read_end_tag();
  BodyError read_text();
  BodyError append_text(std::string_view text);
  BodyError decode_attribute(std::string_view text, std::string_view& value);
  BodyError read_reference(std::string_view& text, char*& out) const;
  BodyError read_number_reference(std::string_view digits, char*& out) const;
  std::string_view read_name() noexcept;
  void skip_spaces() noexcept;
  [[nodiscard]] bool starts_with(std::string_view text) const noexcept { return source_.substr(at_).starts_with(text); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == source_.size(); }
  /// The byte at the cursor, NUL at the end (which stands in no XML text).
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : source_[at_]; }
  [[nodiscard]] BodyError unexpected() const noexcept {
    return at_end() ? BodyError::kUnexpectedEnd : BodyError::kSyntax;
  }

  ByteArena arena_;
  std::string text_;
  std::vector<NamedValue> attributes_;
  std::vector<std::string_view> open_;   ///< names of the elements around the cursor
  std::vector<std::string_view> names_;  ///< scratch of check_twins()
  std::string_view source_;
  std::size_t at_ = 0;
  XmlLimits limits_;
  bool has_root_ = false;
  bool has_doctype_ = false;
};

}  // namespace gabion::inspect::http
