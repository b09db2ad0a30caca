// What a message was read as: its texts, and where each of them stands in the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/grpc/schema.h"
#include "inspect/message_text.h"

namespace gabion::inspect::grpc {

/// A length-delimited stretch that holds others: where its length stands, and what the length counts.
struct Enclosure {
  static constexpr std::uint32_t kNone = ~0U;
  std::size_t length_begin = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t parent = kNone;  ///< of a lower index; kNone: the message itself
};

/// How the value of a TextField is written in the message.
struct FieldSource {
  std::size_t begin = 0;         ///< of the value in the message: a string's bytes, a number's
  std::size_t end = 0;           ///< likewise
  std::size_t length_begin = 0;  ///< of a string: where its length stands; equal to `begin`: it has none to change
  std::uint32_t enclosure = Enclosure::kNone;
  config::GrpcKind kind = config::GrpcKind::kBytes;
};

/// Of one message; reused for the next. Bounded: by kMostFields, and texts by twice the message and 1 MiB.
class FieldList {
 public:
  static constexpr std::size_t kMostFields = 65'536;
  static constexpr std::size_t kMostNameBytes = 256;  ///< of a name, its last ones

  void clear() noexcept;
  void release() noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// False: there are too many. `name` is copied.
  [[nodiscard]] bool add(std::string_view name, std::size_t root_size, const FieldSource& source, std::string_view text,
                         TextField::Kind kind);
  /// After the last add().
  void seal();
  /// No more fields, or no more enclosures.
  [[nodiscard]] bool is_full() const noexcept {
    return fields_.size() + outer_.size() >= kMostFields || enclosures_.size() >= kMostFields;
  }
  /// REQUIRES: !is_full().
  [[nodiscard]] std::uint32_t add_enclosure(const Enclosure& enclosure);

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] std::size_t outer_begin() const noexcept { return outer_begin_; }
  [[nodiscard]] const std::vector<TextField>& fields() const noexcept { return fields_; }
  [[nodiscard]] const std::vector<FieldSource>& sources() const noexcept { return sources_; }
  [[nodiscard]] const std::vector<Enclosure>& enclosures() const noexcept { return enclosures_; }

 private:
  struct Name {  // in names_
    std::size_t begin;
    std::size_t size;
  };
  struct Outer {
    TextField field;
    FieldSource source;
    std::string_view text;
    Name name;
  };
  void append(TextField field, const FieldSource& source, Name name, std::string_view text);

  std::string text_;
  std::string names_;
  std::size_t outer_begin_ = 0;
  std::size_t outer_bytes_ = 0;
  std::vector<TextField> fields_;
  std::vector<Name> field_names_;
  std::vector<FieldSource> sources_;
  std::vector<Enclosure> enclosures_;
  std::vector<Outer> outer_;
};

}  // namespace gabion::inspect::grpc
