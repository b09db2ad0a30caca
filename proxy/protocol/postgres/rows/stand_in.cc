// What stands in the place of a value that is withheld: see stand_in.h.
#include "proxy/protocol/postgres/rows/stand_in.h"

#include <array>
#include <string_view>

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_view_literals;

/// One type, and how it is written both ways. Times are the beginning of PostgreSQL's own reckoning.
struct Known {
  std::uint32_t type;
  std::uint32_t array;
  std::string_view text;
  std::string_view binary;
  Stretch text_stretch;
  Stretch binary_stretch;
  Reading text_reading;
  Reading binary_reading;
};

constexpr std::string_view kZeros = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;
constexpr std::string_view kRedacted = "[REDACTED]";

constexpr Known text_like(std::uint32_t type, std::uint32_t array) {
  return {type, array, kRedacted, kRedacted, Stretch::kStars, Stretch::kStars, Reading::kText, Reading::kText};
}

/// Of `width` bytes in binary.
constexpr Known fixed(std::uint32_t type, std::uint32_t array, std::string_view text, std::size_t width) {
  return {
      type, array, text, kZeros.substr(0, width), Stretch::kNone, Stretch::kNone, Reading::kNothing, Reading::kNothing};
}

constexpr Known number(std::uint32_t type, std::uint32_t array, std::size_t width, Reading text, Reading binary) {
  return {type, array, "0", kZeros.substr(0, width), Stretch::kDigits, Stretch::kNone, text, binary};
}

constexpr std::array<Known, 28> kTypes = {{
    text_like(19, 1003),                                                                         // name
    text_like(25, 1009),                                                                         // text
    text_like(1042, 1014),                                                                       // bpchar
    text_like(1043, 1015),                                                                       // varchar
    {18, 1002, "*", "*", Stretch::kNone, Stretch::kNone, Reading::kNothing, Reading::kNothing},  // "char"
    {17, 1001, "\\x5b52454441435445445d", kRedacted, Stretch::kNone, Stretch::kStars, Reading::kHex,
     Reading::kText},                                                                                          // bytea
    {142, 143, "<redacted/>", "<redacted/>", Stretch::kNone, Stretch::kNone, Reading::kText, Reading::kText},  // xml
    {114, 199, "\"[REDACTED]\"", "\"[REDACTED]\"", Stretch::kJson, Stretch::kJson, Reading::kJson,
     Reading::kJson},  // json
    {3802, 3807, "\"[REDACTED]\"", "\x01\"[REDACTED]\"", Stretch::kJson, Stretch::kJsonb, Reading::kJson,
     Reading::kJsonb},                                              // jsonb
    fixed(16, 1000, "f", 1),                                        // bool
    number(21, 1005, 2, Reading::kNothing, Reading::kNothing),      // int2
    number(23, 1007, 4, Reading::kNothing, Reading::kNothing),      // int4
    number(20, 1016, 8, Reading::kNumber, Reading::kInt8),          // int8
    number(26, 1028, 4, Reading::kNothing, Reading::kNothing),      // oid
    number(700, 1021, 4, Reading::kNothing, Reading::kNothing),     // float4
    number(701, 1022, 8, Reading::kNumber, Reading::kFloat8),       // float8
    number(1700, 1231, 8, Reading::kNumber, Reading::kNumeric),     // numeric: no digits, weight, sign, scale
    fixed(790, 791, "$0.00", 8),                                    // money
    fixed(2950, 2951, "00000000-0000-0000-0000-000000000000", 16),  // uuid
    fixed(1082, 1182, "2000-01-01", 4),                             // date
    fixed(1083, 1183, "00:00:00", 8),                               // time
    fixed(1266, 1270, "00:00:00+00", 12),                           // timetz
    fixed(1114, 1115, "2000-01-01 00:00:00", 8),                    // timestamp
    fixed(1184, 1185, "2000-01-01 00:00:00+00", 8),                 // timestamptz
    fixed(1186, 1187, "00:00:00", 16),                              // interval
    fixed(829, 1040, "00:00:00:00:00:00", 6),                       // macaddr
    {869, 1041, "0.0.0.0", "\x02\x20\x00\x04\x00\x00\x00\x00"sv, Stretch::kNone, Stretch::kNone, Reading::kNothing,
     Reading::kNothing},  // inet
    {650, 651, "0.0.0.0/32", "\x02\x20\x01\x04\x00\x00\x00\x00"sv, Stretch::kNone, Stretch::kNone, Reading::kNothing,
     Reading::kNothing},  // cidr
}};

/// Of an array whose elements are read so.
Reading reading_of_array(Reading element, Format format) noexcept {
  switch (element) {
    case Reading::kNothing:
      return Reading::kNothing;
    case Reading::kNumber:
      return Reading::kNumbers;
    case Reading::kInt8:
      return Reading::kInt8s;
    case Reading::kNumeric:
      return Reading::kNumerics;
    case Reading::kFloat8:
      return Reading::kFloat8s;
    case Reading::kHex:
      return Reading::kHexes;
    case Reading::kText:
    case Reading::kJson:
    case Reading::kJsonb:
    case Reading::kNumbers:
    case Reading::kInt8s:
    case Reading::kNumerics:
    case Reading::kFloat8s:
    case Reading::kHexes:
    case Reading::kRaw:
      break;
  }
  return format == Format::kText ? Reading::kText : Reading::kRaw;
}

/// Without an element: dimensions, a flag, the elements' type.
StandIn of_array(const Known& element, Format format) {
  StandIn found;
  found.is_null = false;
  if (format == Format::kText) {
    found.value = "{}";
    found.reading = reading_of_array(element.text_reading, format);
    return found;
  }
  found.value.assign(kZeros.substr(0, 8));
  for (unsigned shift = 32; shift != 0; shift -= 8) {
    found.value.push_back(static_cast<char>(element.type >> (shift - 8U)));
  }
  found.reading = reading_of_array(element.binary_reading, format);
  return found;
}

char json_byte(std::uint32_t at, std::uint32_t length) noexcept {
  if (length == 1) {
    return '0';
  }
  return at == 0 || at + 1 == length ? '"' : '*';
}

}  // namespace

StandIn stand_in(std::uint32_t type, Format format) {
  for (const Known& known : kTypes) {
    if (known.array == type) {
      return of_array(known, format);
    }
    if (known.type == type) {
      const bool is_text = format == Format::kText;
      return {false, std::string(is_text ? known.text : known.binary),
              is_text ? known.text_stretch : known.binary_stretch, is_text ? known.text_reading : known.binary_reading};
    }
  }
  StandIn unknown;
  unknown.reading = format == Format::kText ? Reading::kText : Reading::kRaw;
  return unknown;
}

char stretched_byte(Stretch stretch, std::uint32_t at, std::uint32_t length) noexcept {
  switch (stretch) {
    case Stretch::kNone:
    case Stretch::kStars:
      return '*';
    case Stretch::kDigits:
      return '0';
    case Stretch::kJson:
      return json_byte(at, length);
    case Stretch::kJsonb:
      return at == 0 ? '\x01' : json_byte(at - 1, length - 1);
  }
  return '*';
}

void append_stretched(std::string& out, Stretch stretch, std::uint32_t length) {
  for (std::uint32_t at = 0; at < length; ++at) {
    out.push_back(stretched_byte(stretch, at, length));
  }
}

}  // namespace gabion::proxy::postgres
