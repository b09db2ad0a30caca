// One pass over the wire format; messages within messages are read where they stand.
#include "inspect/grpc/protobuf/reader.h"

#include <algorithm>

#include "inspect/grpc/protobuf/looks.h"
#include "inspect/grpc/protobuf/number_text.h"

namespace gabion::inspect::grpc {
namespace {

using config::GrpcField;
using config::GrpcKind;

constexpr std::size_t kWord = 4;

/// Whether a value of that kind is written with that wire type; if not, protobuf takes the field for an unknown one.
bool fits(GrpcKind kind, WireType wire) noexcept {
  switch (kind) {
    case GrpcKind::kSigned:
    case GrpcKind::kUnsigned:
    case GrpcKind::kZigzag:
    case GrpcKind::kBool:
    case GrpcKind::kEnum:
      return wire == WireType::kVarint;
    case GrpcKind::kFixed64:
    case GrpcKind::kSignedFixed64:
    case GrpcKind::kDouble:
      return wire == WireType::kFixed64;
    case GrpcKind::kFixed32:
    case GrpcKind::kSignedFixed32:
    case GrpcKind::kFloat:
      return wire == WireType::kFixed32;
    case GrpcKind::kString:
    case GrpcKind::kBytes:
    case GrpcKind::kMessage:
      return wire == WireType::kBytes;
    case GrpcKind::kGroup:
      return wire == WireType::kGroup;
  }
  return false;
}

bool is_packable(GrpcKind kind) noexcept {
  return kind != GrpcKind::kString && kind != GrpcKind::kBytes && kind != GrpcKind::kMessage &&
         kind != GrpcKind::kGroup;
}

/// No text was ever made of them.
bool is_worth_reading(GrpcKind kind) noexcept {
  return kind != GrpcKind::kFloat && kind != GrpcKind::kDouble && kind != GrpcKind::kBool;
}

bool read_scalar(WireReader& in, WireType wire, std::uint64_t& value) noexcept {
  switch (wire) {
    case WireType::kVarint:
      return in.varint(value);
    case WireType::kFixed64:
      return in.fixed(2 * kWord, value);
    case WireType::kFixed32:
      return in.fixed(kWord, value);
    case WireType::kBytes:
    case WireType::kGroup:
    case WireType::kGroupEnd:
      return false;
  }
  return false;
}

WireType scalar_wire(GrpcKind kind) noexcept {
  if (fits(kind, WireType::kVarint)) {
    return WireType::kVarint;
  }
  return fits(kind, WireType::kFixed64) ? WireType::kFixed64 : WireType::kFixed32;
}

bool is_plain_key(std::string_view key) noexcept {
  constexpr std::size_t kMost = 64;
  return !key.empty() && key.size() <= kMost && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
  });
}

}  // namespace

ReadError MessageReader::read(std::string_view message, const config::GrpcSchema* schema, std::uint32_t type,
                              FieldList& fields) {
  message_ = message;
  schema_ = schema;
  fields_ = &fields;
  fields.clear();
  path_.clear();
  counts_.clear();
  Level level;
  level.type = schema != nullptr && type != kNoType ? &schema->messages[type] : nullptr;
  if (level.type != nullptr) {
    path_ = level.type->name;
  }
  root_size_ = path_.size();
  ReadError error = ReadError::kNone;
  if (level.type == nullptr && !message.empty() && !is_message(message)) {
    path_ = "message";
    error = add_text(GrpcKind::kBytes, {0, 0, message.size()}, Enclosure::kNone, TextField::Kind::kText);
  } else {
    error = read_level(0, message.size(), level, nullptr);
  }
  fields.seal();
  return error;
}

/// Up to `end`, or behind the group's end tag.
ReadError MessageReader::read_level(std::size_t begin, std::size_t end, Level level, std::size_t* group_end) {
  if (level.depth > kMostDepth) {
    return ReadError::kDepth;
  }
  level.first_count = counts_.size();
  counts_.resize(counts_.size() + (level.type == nullptr ? 0 : level.type->fields.size()));
  WireReader in(message_.substr(0, end), begin);
  ReadError error = ReadError::kNone;
  while (!in.at_end() && error == ReadError::kNone) {
    std::uint32_t number = 0;
    WireType wire = WireType::kVarint;
    if (!in.tag(number, wire)) {
      error = ReadError::kMalformed;
    } else if (wire == WireType::kGroupEnd) {
      if (number != level.group) {
        error = ReadError::kMalformed;
        break;
      }
      *group_end = in.at();
      counts_.resize(level.first_count);
      return ReadError::kNone;
    } else {
      error = read_value(in, number, wire, level);
    }
  }
  counts_.resize(level.first_count);
  return error == ReadError::kNone && level.group != 0 ? ReadError::kMalformed : error;
}

ReadError MessageReader::read_value(WireReader& in, std::uint32_t number, WireType wire, const Level& level) {
  const GrpcField* field = level.type == nullptr ? nullptr : level.type->field(number);
  const bool is_packed = field != nullptr && field->is_repeated && wire == WireType::kBytes && is_packable(field->kind);
  if (field != nullptr && !is_packed && !fits(field->kind, wire)) {
    field = nullptr;
  }
  const std::size_t path_size = path_.size();
  ReadError error = ReadError::kNone;
  if (wire == WireType::kGroup) {
    error = read_group(in, number, field, level);
    path_.resize(path_size);
    return error;
  }
  std::uint64_t value = 0;
  At at{in.at(), in.at(), 0};
  if (wire == WireType::kBytes ? !in.delimited(at.begin) : !read_scalar(in, wire, value)) {
    return ReadError::kMalformed;
  }
  at.end = in.at();
  if (is_packed) {
    error = read_packed(*field, at, level);
  } else if (field != nullptr) {
    error = read_known(*field, wire, at, value, level);
  } else if (wire == WireType::kBytes) {
    push_number(number);
    error = read_unknown(at, level);
  }
  path_.resize(path_size);
  return error;
}

ReadError MessageReader::read_known(const GrpcField& field, WireType wire, At at, std::uint64_t number,
                                    const Level& level) {
  push_name(field, level);
  if (wire != WireType::kBytes) {
    return add_number(field, at, number, level.enclosure);
  }
  return field.kind == GrpcKind::kMessage ? read_nested(field, at, level)
                                          : add_text(field.kind, at, level.enclosure, TextField::Kind::kText);
}

ReadError MessageReader::read_packed(const GrpcField& field, At at, const Level& level) {
  if (fields_->is_full()) {
    return ReadError::kFields;
  }
  const std::uint32_t enclosure = fields_->add_enclosure({at.tag, at.begin, at.end, level.enclosure});
  const WireType wire = scalar_wire(field.kind);
  const std::size_t path_size = path_.size();
  WireReader in(message_.substr(0, at.end), at.begin);
  while (!in.at_end()) {
    const std::size_t begin = in.at();
    std::uint64_t value = 0;
    if (!read_scalar(in, wire, value)) {
      return ReadError::kMalformed;
    }
    if (is_worth_reading(field.kind)) {
      push_name(field, level);
      if (const auto error = add_number(field, {begin, begin, in.at()}, value, enclosure); error != ReadError::kNone) {
        return error;
      }
      path_.resize(path_size);
    }
  }
  return ReadError::kNone;
}

ReadError MessageReader::read_nested(const GrpcField& field, At at, const Level& level) {
  if (field.is_map) {
    push_map_key(field, at);
  }
  if (fields_->is_full()) {
    return ReadError::kFields;
  }
  Level inner;
  inner.type = &schema_->messages[field.type];
  inner.enclosure = fields_->add_enclosure({at.tag, at.begin, at.end, level.enclosure});
  inner.depth = level.depth + 1;
  return read_level(at.begin, at.end, inner, nullptr);
}

ReadError MessageReader::read_unknown(At at, const Level& level) {
  const std::string_view value = bytes(at);
  if (value.empty()) {
    return ReadError::kNone;
  }
  at.tag = at.begin;  // what nobody knows the type of keeps its length
  if (is_plain_text(value) || level.depth >= kMostGuessedDepth || !is_message(value)) {
    return add_text(GrpcKind::kBytes, at, level.enclosure, TextField::Kind::kText);
  }
  if (const auto error = add_text(GrpcKind::kBytes, at, level.enclosure, TextField::Kind::kOuter);
      error != ReadError::kNone) {  // a text may be built to read as a message, too
    return error;
  }
  Level inner;
  inner.enclosure = level.enclosure;  // nobody knows that it is a message: no length in it is changed
  inner.depth = level.depth + 1;
  return read_level(at.begin, at.end, inner, nullptr);
}

ReadError MessageReader::read_group(WireReader& in, std::uint32_t number, const GrpcField* field, const Level& level) {
  if (field != nullptr) {
    push_name(*field, level);
  } else {
    push_number(number);
  }
  Level inner;
  inner.type = field == nullptr ? nullptr : &schema_->messages[field->type];
  inner.enclosure = level.enclosure;
  inner.depth = level.depth + 1;
  inner.group = number;
  std::size_t end = 0;
  const std::size_t stop =
      level.enclosure == Enclosure::kNone ? message_.size() : fields_->enclosures()[level.enclosure].end;
  const ReadError error = read_level(in.at(), stop, inner, &end);
  if (error == ReadError::kNone) {
    in = WireReader(message_.substr(0, stop), end);
  }
  return error;
}

ReadError MessageReader::add_number(const GrpcField& field, At at, std::uint64_t number, std::uint32_t enclosure) {
  const config::GrpcEnum* names = field.kind == GrpcKind::kEnum ? &schema_->enums[field.type] : nullptr;
  const NumberText text(field.kind, number, names);
  const FieldSource source{at.begin, at.end, at.begin, enclosure, field.kind};
  return fields_->add(path_, root_size_, source, text.view(), TextField::Kind::kNumber) ? ReadError::kNone
                                                                                        : ReadError::kFields;
}

ReadError MessageReader::add_text(GrpcKind kind, At at, std::uint32_t enclosure, TextField::Kind text_kind) {
  const FieldSource source{at.begin, at.end, at.tag, enclosure, kind};
  return fields_->add(path_, root_size_, source, bytes(at), text_kind) ? ReadError::kNone : ReadError::kFields;
}

void MessageReader::push_name(const GrpcField& field, const Level& level) {
  path_.append(".").append(field.name);
  if (field.is_repeated) {
    const auto place = level.first_count + static_cast<std::size_t>(&field - level.type->fields.data());
    path_.append(".").append(std::to_string(counts_[place]++));
  }
}

/// In place of the position in the map, where it is a plain word.
void MessageReader::push_map_key(const GrpcField& field, At at) {
  const GrpcField* key = schema_->messages[field.type].field(1);
  WireReader in(message_.substr(0, at.end), at.begin);
  std::uint32_t number = 0;
  WireType wire = WireType::kVarint;
  std::size_t begin = 0;
  if (key == nullptr || key->kind != GrpcKind::kString || !in.tag(number, wire) || number != 1 ||
      wire != WireType::kBytes || !in.delimited(begin)) {
    return;
  }
  if (const std::string_view text = message_.substr(begin, in.at() - begin); is_plain_key(text)) {
    path_.resize(path_.rfind('.') + 1);
    path_.append(text);
  }
}

void MessageReader::push_number(std::uint32_t number) {
  path_.append(path_.empty() ? "" : ".").append(std::to_string(number));
}

}  // namespace gabion::inspect::grpc
