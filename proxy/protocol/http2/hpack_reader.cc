// Header blocks as HPACK says them, a field at a time: see hpack_reader.h.
#include "proxy/protocol/http2/hpack_reader.h"

#include <limits>

#include "proxy/protocol/http2/hpack_static.h"
#include "proxy/protocol/http2/huffman.h"

namespace gabion::proxy::http2 {
namespace {

// RFC 7541 §6: how a representation begins.
constexpr std::uint8_t kIndexed = 0x80;     // §6.1, seven bits of index
constexpr std::uint8_t kRemembered = 0x40;  // §6.2.1, six
constexpr std::uint8_t kTableSize = 0x20;   // §6.3, five bits of size; what is less is a literal with four of index
constexpr std::uint8_t kCoded = 0x80;       // §5.2, seven bits of length

std::uint8_t first_of(std::string_view wire) noexcept {
  return static_cast<std::uint8_t>(wire.front());
}

constexpr std::size_t kMostKeptBytes = 1024;

}  // namespace

/// RFC 7541 §5.1. Nothing is taken unless it is there as a whole.
HpackReader::Found HpackReader::take_integer(std::string_view& wire, unsigned prefix_bits,
                                             std::uint32_t& value) noexcept {
  if (wire.empty()) {
    return Found::kMore;
  }
  const std::uint32_t most = (1U << prefix_bits) - 1;
  value = first_of(wire) & most;
  if (value < most) {
    wire.remove_prefix(1);
    return Found::kYes;
  }
  constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max();
  for (std::size_t i = 1; i < wire.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(wire[i]);
    const auto shift = static_cast<unsigned>(7 * (i - 1));
    const std::uint32_t bits = byte & 0x7fU;
    if (shift >= 32 || bits > kLargest >> shift || value > kLargest - (bits << shift)) {
      return Found::kNever;
    }
    value += bits << shift;
    if (byte < 0x80) {
      wire.remove_prefix(i + 1);
      return Found::kYes;
    }
  }
  constexpr std::size_t kMostBytes = 6;
  return wire.size() < kMostBytes ? Found::kMore : Found::kNever;
}

/// RFC 7541 §5.2.
HpackReader::Found HpackReader::take_string(std::string_view& wire, String& string) noexcept {
  if (wire.empty()) {
    return Found::kMore;
  }
  string.is_coded = (first_of(wire) & kCoded) != 0;
  std::uint32_t bytes = 0;
  if (const Found found = take_integer(wire, 7, bytes); found != Found::kYes) {
    return found;
  }
  if (bytes > kMostStringBytes) {
    return Found::kNever;
  }
  if (bytes > wire.size()) {
    return Found::kMore;
  }
  string.wire = wire.substr(0, bytes);
  wire.remove_prefix(bytes);
  return Found::kYes;
}

/// RFC 7541 §6.2. Finds where its strings are before any is decoded: one that comes byte by byte is decoded once.
HpackReader::Found HpackReader::take_literal(std::string_view& wire, Literal& literal) noexcept {
  literal.is_remembered = (first_of(wire) & kRemembered) != 0;
  if (const Found found = take_integer(wire, literal.is_remembered ? 6 : 4, literal.name_index); found != Found::kYes) {
    return found;
  }
  if (literal.name_index == 0) {
    if (const Found found = take_string(wire, literal.name); found != Found::kYes) {
      return found;
    }
  }
  return take_string(wire, literal.value);
}

HpackReader::Found HpackReader::take_table_size(std::string_view& wire) noexcept {
  std::uint32_t bytes = 0;
  if (const Found found = take_integer(wire, 5, bytes); found != Found::kYes) {
    return found;
  }
  if (in_fields_ || bytes > limit_) {
    return Found::kNever;
  }
  must_shrink_ = false;
  table_.resize(bytes);
  return Found::kYes;
}

void HpackReader::limit_table(std::size_t most_bytes) noexcept {
  limit_ = most_bytes;
  if (table_.most_bytes() > limit_) {
    table_.resize(limit_);
    must_shrink_ = true;
  }
}

bool HpackReader::field_at(std::uint32_t index, inspect::HeaderField& field) const noexcept {
  if (index == 0) {
    return false;
  }
  if (index <= kStaticTable.size()) {
    field = {kStaticTable[index - 1].name, kStaticTable[index - 1].value};
    return true;
  }
  const std::size_t behind = index - kStaticTable.size() - 1;
  if (behind >= table_.size()) {
    return false;
  }
  field = table_[behind];
  return true;
}

bool HpackReader::read_literal(const Literal& literal, inspect::HeaderField& field) {
  if (literal.name_index != 0) {
    if (!field_at(literal.name_index, field)) {
      return false;
    }
    if (literal.is_remembered && literal.name_index > kStaticTable.size()) {
      name_ = field.name;  // its place may be taken
      field.name = name_;
    }
  } else if (!literal.name.is_coded) {
    field.name = literal.name.wire;
  } else if (decode_huffman(literal.name.wire, name_)) {
    field.name = name_;
  } else {
    return false;
  }
  if (!literal.value.is_coded) {
    field.value = literal.value.wire;
  } else if (decode_huffman(literal.value.wire, value_)) {
    field.value = value_;
  } else {
    return false;
  }
  if (literal.is_remembered) {
    table_.insert(field.name, field.value);
  }
  return true;
}

HpackReader::Step HpackReader::next(std::string_view& wire, inspect::HeaderField& field) {
  Found found = Found::kYes;
  std::string_view rest = wire;
  while (found == Found::kYes && !rest.empty() && (first_of(rest) & 0xe0U) == kTableSize) {
    found = take_table_size(rest);
    if (found == Found::kYes) {
      wire = rest;
    }
  }
  if (found == Found::kYes && rest.empty()) {
    return Step::kEmpty;
  }
  if (found == Found::kYes && must_shrink_) {
    return Step::kBroken;
  }
  if (found == Found::kYes && (first_of(rest) & kIndexed) != 0) {
    std::uint32_t index = 0;
    found = take_integer(rest, 7, index);
    if (found == Found::kYes && !field_at(index, field)) {
      return Step::kBroken;
    }
  } else if (found == Found::kYes) {
    Literal literal;
    found = take_literal(rest, literal);
    if (found == Found::kYes && !read_literal(literal, field)) {
      return Step::kBroken;
    }
  }
  if (found != Found::kYes) {
    return found == Found::kMore ? Step::kIncomplete : Step::kBroken;
  }
  wire = rest;
  in_fields_ = true;
  return Step::kField;
}

void HpackReader::release() noexcept {
  for (std::string* kept : {&name_, &value_}) {
    if (kept->capacity() > kMostKeptBytes) {
      std::string().swap(*kept);
    }
  }
}

}  // namespace gabion::proxy::http2
