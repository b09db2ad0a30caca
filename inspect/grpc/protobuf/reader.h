// Reads a protobuf message into named texts, by its descriptor or, without one, by what its bytes look like.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/grpc/schema.h"
#include "inspect/grpc/protobuf/field_list.h"
#include "inspect/grpc/protobuf/wire.h"

namespace gabion::inspect::grpc {

enum class ReadError : std::uint8_t {
  kNone,
  kMalformed,  ///< not the wire format, though its type is known
  kDepth,      ///< messages within each other deeper than kMostDepth
  kFields,     ///< more than FieldList::kMostFields
};

/// Reused message after message. A field of a type that the descriptor names gets that name; every other
/// length-delimited one is text, a message of its own, or both:
///
///     without control characters      text
///     a message to the last byte      its fields, and the whole as TextField::kOuter where it is text, too
///     anything else                   text, valid UTF-8 or not
///
/// Numbers that no descriptor names are left out. Without a type, bytes that are no message at all are one text
/// "message".
class MessageReader {
 public:
  static constexpr unsigned kMostDepth = 32;
  static constexpr unsigned kMostGuessedDepth = 12;  ///< of messages that may be none; deeper ones are text

  /// `schema` may be null, and outlives the calls. REQUIRES: `type` is one of its messages, or kNoType.
  static constexpr std::uint32_t kNoType = ~0U;
  [[nodiscard]] ReadError read(std::string_view message, const config::GrpcSchema* schema, std::uint32_t type,
                               FieldList& fields);
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return path_.capacity() + counts_.capacity() * 4; }

 private:
  struct Level {
    const config::GrpcMessage* type = nullptr;
    std::uint32_t enclosure = Enclosure::kNone;
    unsigned depth = 0;
    std::uint32_t group = 0;      ///< its number; 0: none
    std::size_t first_count = 0;  ///< in counts_
  };
  struct At {
    std::size_t tag;    ///< where the value's length stands, or the value
    std::size_t begin;  ///< of the value
    std::size_t end;
  };
  [[nodiscard]] ReadError read_level(std::size_t begin, std::size_t end, Level level, std::size_t* group_end);
  [[nodiscard]] ReadError read_value(WireReader& in, std::uint32_t number, WireType wire, const Level& level);
  [[nodiscard]] ReadError read_known(const config::GrpcField& field, WireType wire, At at, std::uint64_t number,
                                     const Level& level);
  [[nodiscard]] ReadError read_packed(const config::GrpcField& field, At at, const Level& level);
  [[nodiscard]] ReadError read_nested(const config::GrpcField& field, At at, const Level& level);
  [[nodiscard]] ReadError read_unknown(At at, const Level& level);
  [[nodiscard]] ReadError read_group(WireReader& in, std::uint32_t number, const config::GrpcField* field,
                                     const Level& level);
  [[nodiscard]] ReadError add_number(const config::GrpcField& field, At at, std::uint64_t number,
                                     std::uint32_t enclosure);
  [[nodiscard]] ReadError add_text(config::GrpcKind kind, At at, std::uint32_t enclosure, TextField::Kind text_kind);
  void push_name(const config::GrpcField& field, const Level& level);
  void push_map_key(const config::GrpcField& field, At at);
  void push_number(std::uint32_t number);
  [[nodiscard]] std::string_view bytes(At at) const noexcept { return message_.substr(at.begin, at.end - at.begin); }

  std::string_view message_;
  const config::GrpcSchema* schema_ = nullptr;
  FieldList* fields_ = nullptr;
  std::string path_;
  std::size_t root_size_ = 0;
  std::vector<std::uint32_t> counts_;  ///< of repeated fields met so far, by level and field
};

}  // namespace gabion::inspect::grpc
