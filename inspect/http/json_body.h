// A JSON body as named values: every scalar gets the path to it as its name, as ModSecurity v3 spells it.
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

struct JsonLimits {
  std::uint32_t depth = 512;    ///< arrays and objects within each other
  std::uint32_t values = 1000;  ///< scalars kept
};

/// One thread. Iterative: depth costs heap memory of this object, never stack.
class JsonBody {
 public:
  void reset() noexcept;

  /// Names: "json.key.key", elements "array_<n>" (from 0), an empty key "empty-key", a document that is one scalar
  /// "json". Values: strings decoded to UTF-8, numbers, true and false as written, null empty. Objects and arrays
  /// without a scalar leave no value. An empty body is no error and has no values.
  /// On an error the values before it stay. `body` must outlive the values.
  BodyError parse(std::string_view body, JsonLimits limits);

  [[nodiscard]] std::span<const NamedValue> values() const noexcept { return values_; }
  /// Bytes of all names and values, the body's share of ARGS_COMBINED_SIZE.
  [[nodiscard]] std::size_t combined_size() const noexcept { return combined_size_; }

  /// All names together: a long key above many scalars costs no more than this (kTooLarge).
  static constexpr std::size_t kMaxNameBytes = std::size_t{4} * 1024 * 1024;

  /// Heap bytes kept, for this body and the next.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  struct Level {
    std::size_t path_size;  ///< of path_ without the member
    std::uint32_t index;    ///< of the element, arrays only
    bool is_array;
  };

  BodyError read_document();
  BodyError read_value();
  BodyError open(bool is_array);
  BodyError begin_member();
  BodyError end_value();
  BodyError read_number();
  BodyError read_literal(std::string_view literal, std::string_view value);
  BodyError read_string(std::string_view& decoded);
  BodyError read_escaped_string(std::size_t start, std::string_view& decoded);
  BodyError read_escape(char*& out);
  BodyError read_unicode_escape(char*& out);
  BodyError read_utf8();
  bool read_hex4(std::uint32_t& code);
  void read_digits() noexcept;
  BodyError add(std::string_view value);
  void skip_spaces() noexcept;
  [[nodiscard]] bool at_end() const noexcept { return at_ == text_.size(); }
  /// The byte at the cursor; 0 at the end (which is no byte of JSON outside of strings).
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : text_[at_]; }
  [[nodiscard]] BodyError unexpected() const noexcept {
    return at_end() ? BodyError::kUnexpectedEnd : BodyError::kSyntax;
  }

  ByteArena arena_;
  std::vector<NamedValue> values_;
  std::vector<Level> levels_;
  std::string path_;
  std::string_view text_;
  std::size_t at_ = 0;
  JsonLimits limits_;
  std::size_t combined_size_ = 0;
  std::size_t name_bytes_ = 0;
  bool opened_ = false;  ///< read_value() went into a container that has a member
};

}  // namespace gabion::inspect::http
