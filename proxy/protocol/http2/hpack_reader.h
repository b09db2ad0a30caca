// Header blocks as HPACK says them (RFC 7541), a field at a time, with the table that the peer keeps with us.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/protocol/http2/hpack_table.h"

namespace gabion::proxy::http2 {

/// Reads the blocks of one peer in their order; after kBroken nothing that follows can be read. What RFC 7541 leaves to
/// a decoder is as in nghttp2: a string has at most kMostStringBytes on the wire, an integer at most 32 bits.
class HpackReader {
 public:
  static constexpr std::size_t kFirstTableBytes = 4096;  // RFC 9113 §6.5.2
  static constexpr std::size_t kMostStringBytes = 65536;

  enum class Step : std::uint8_t {
    kField,
    kEmpty,       ///< nothing is left
    kIncomplete,  ///< what is left is the beginning of a field: call again with more behind it
    kBroken,      ///< COMPRESSION_ERROR (RFC 9113 §4.3)
  };

  /// SETTINGS_HEADER_TABLE_SIZE of ours that the peer has acknowledged.
  void limit_table(std::size_t most_bytes) noexcept;
  void begin_block() noexcept { in_fields_ = false; }
  /// False: it had to begin with the table's new size (RFC 7541 §4.2): as kBroken.
  [[nodiscard]] bool end_block() const noexcept { return !must_shrink_; }
  /// Takes what it read off the front of `wire`. `field`: views, valid until the next call and as long as `wire`.
  [[nodiscard]] Step next(std::string_view& wire, inspect::HeaderField& field);
  /// What is kept for decoding goes back to the heap; the table stays.
  void release() noexcept;

 private:
  struct String {
    std::string_view wire;
    bool is_coded = false;
  };
  struct Literal {
    std::uint32_t name_index = 0;  // 0: `name`
    String name;
    String value;
    bool is_remembered = false;
  };
  enum class Found : std::uint8_t { kYes, kMore, kNever };

  static Found take_integer(std::string_view& wire, unsigned prefix_bits, std::uint32_t& value) noexcept;
  static Found take_string(std::string_view& wire, String& string) noexcept;
  static Found take_literal(std::string_view& wire, Literal& literal) noexcept;
  Found take_table_size(std::string_view& wire) noexcept;
  [[nodiscard]] bool field_at(std::uint32_t index, inspect::HeaderField& field) const noexcept;
  [[nodiscard]] bool read_literal(const Literal& literal, inspect::HeaderField& field);

  HpackTable table_{kFirstTableBytes};
  std::size_t limit_ = kFirstTableBytes;
  bool in_fields_ = false;    // a field of this block was read: the table's size may not change any more
  bool must_shrink_ = false;  // the next block begins with the table's new size (RFC 7541 §4.2)
  std::string name_;
  std::string value_;
};

}  // namespace gabion::proxy::http2
