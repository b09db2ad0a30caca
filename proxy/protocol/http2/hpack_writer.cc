// Header blocks as HPACK says them, without a table of our own: see hpack_writer.h.
#include "proxy/protocol/http2/hpack_writer.h"

#include <array>
#include <cstring>

#include "proxy/protocol/http2/hpack_static.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::size_t kSlots = 256;

/// Of names that are not empty.
constexpr std::size_t slot_of(std::string_view name) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(name[at])); };
  return (name.size() + byte(name.size() / 2) * 17 + byte(name.size() - 1) * 23 + byte(0)) % kSlots;
}

/// The first index of each name, found by its slot or those behind it; 0 ends a search.
constexpr auto kFirstOf = [] {
  std::array<std::uint8_t, kSlots> slots{};
  for (std::size_t i = 0; i < kStaticTable.size(); ++i) {
    if (i != 0 && kStaticTable[i].name == kStaticTable[i - 1].name) {
      continue;
    }
    std::size_t slot = slot_of(kStaticTable[i].name);
    while (slots[slot] != 0) {
      slot = (slot + 1) % kSlots;
    }
    slots[slot] = static_cast<std::uint8_t>(i + 1);
  }
  return slots;
}();

/// Behind the last index of the name that each index has.
constexpr auto kEndOf = [] {
  std::array<std::uint8_t, kStaticTable.size()> ends{};
  for (std::size_t i = kStaticTable.size(); i-- > 0;) {
    const bool goes_on = i + 1 < kStaticTable.size() && kStaticTable[i].name == kStaticTable[i + 1].name;
    ends[i] = goes_on ? ends[i + 1] : static_cast<std::uint8_t>(i + 2);
  }
  return ends;
}();

constexpr std::uint8_t kIndexed = 0x80;       // RFC 7541 §6.1, seven bits of index
constexpr std::uint8_t kNeverIndexed = 0x10;  // §6.2.3, four bits of index
constexpr std::size_t kMostIntegerBytes = 6;  // of 32 bits

/// RFC 7541 §5.1.
char* put_integer(char* at, std::uint8_t pattern, unsigned prefix_bits, std::size_t value) noexcept {
  const std::size_t most = (std::size_t{1} << prefix_bits) - 1;
  if (value < most) {
    *at++ = static_cast<char>(pattern | value);
    return at;
  }
  *at++ = static_cast<char>(pattern | most);
  for (value -= most; value >= 0x80; value >>= 7U) {
    *at++ = static_cast<char>(0x80U | (value & 0x7fU));
  }
  *at++ = static_cast<char>(value);
  return at;
}

/// RFC 7541 §5.2, not Huffman-coded.
char* put_string(char* at, std::string_view text) noexcept {
  at = put_integer(at, 0, 7, text.size());
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* put_field(char* at, const inspect::HeaderField& field) noexcept {
  const StaticIndex index = static_index(field.name, field.value);
  if (index.field != 0) {
    return put_integer(at, kIndexed, 7, index.field);
  }
  at = put_integer(at, kNeverIndexed, 4, index.name);
  if (index.name == 0) {
    at = put_string(at, field.name);
  }
  return put_string(at, field.value);
}

}  // namespace

StaticIndex static_index(std::string_view name, std::string_view value) noexcept {
  if (name.empty()) {
    return {};
  }
  for (std::size_t slot = slot_of(name); kFirstOf[slot] != 0; slot = (slot + 1) % kSlots) {
    const std::uint8_t first = kFirstOf[slot];
    if (kStaticTable[first - 1].name != name) {
      continue;
    }
    for (std::uint8_t index = first; index < kEndOf[first - 1] && !value.empty(); ++index) {
      if (kStaticTable[index - 1].value == value) {
        return {first, index};
      }
    }
    return {first, 0};
  }
  return {};
}

void write_header_block(const FieldBlock& block, std::string& wire) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    most += block[i].name.size() + block[i].value.size() + 3 * kMostIntegerBytes;
  }
  const std::size_t before = wire.size();
  wire.resize(before + most);
  char* at = wire.data() + before;
  for (std::size_t i = 0; i < block.size(); ++i) {
    at = put_field(at, block[i]);
  }
  wire.resize(static_cast<std::size_t>(at - wire.data()));
}

}  // namespace gabion::proxy::http2
