// What a descriptor set says of methods and messages, as plain tables: no protobuf type leaves config/grpc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gabion::config {

/// How a field's value is written and read.
enum class GrpcKind : std::uint8_t {
  kSigned,    ///< int32, int64: a varint, two's complement
  kUnsigned,  ///< uint32, uint64
  kZigzag,    ///< sint32, sint64
  kBool,
  kEnum,
  kFixed32,
  kFixed64,
  kSignedFixed32,
  kSignedFixed64,
  kFloat,
  kDouble,
  kString,
  kBytes,
  kMessage,
  kGroup,
};

struct GrpcField {
  std::uint32_t number = 0;
  GrpcKind kind = GrpcKind::kBytes;
  bool is_repeated = false;
  bool is_map = false;     ///< its type is an entry of two fields, key (1) and value (2)
  std::uint32_t type = 0;  ///< kMessage, kGroup: index of messages(); kEnum: of enums
  std::string name;
};

struct GrpcMessage {
  std::string name;               ///< with its package: "shop.Order"
  std::vector<GrpcField> fields;  ///< by number
  /// Null: none of that number.
  [[nodiscard]] const GrpcField* field(std::uint32_t number) const noexcept;
};

struct GrpcEnum {
  std::vector<std::pair<std::int32_t, std::string>> values;  ///< by number; of aliases the first
  /// Empty: none of that number.
  [[nodiscard]] std::string_view name(std::int32_t number) const noexcept;
};

struct GrpcMethod {
  std::string path;            ///< "/shop.Orders/Place"
  std::uint32_t request = 0;   ///< index of messages
  std::uint32_t response = 0;  ///< likewise
};

/// Immutable once loaded; shared by snapshots.
struct GrpcSchema {
  std::vector<GrpcMessage> messages;
  std::vector<GrpcEnum> enums;
  std::vector<GrpcMethod> methods;  ///< by path
  /// Null: none of that path.
  [[nodiscard]] const GrpcMethod* method(std::string_view path) const noexcept;
};

}  // namespace gabion::config
