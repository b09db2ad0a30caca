// The bytes of an XML body as UTF-8, whatever encoding it says it has.
#pragma once

#include <string_view>

#include "inspect/http/byte_arena.h"

namespace gabion::inspect::http {

struct XmlText {
  std::string_view utf8;  ///< without byte order mark; a view of the body where it was UTF-8 already
  bool complete = true;   ///< false: an unknown encoding, or a byte that is no character; utf8 ends before it
};

/// Known: UTF-8, US-ASCII, ISO-8859-1, windows-1252 by the XML declaration, UTF-16 by its byte order mark or "<?".
/// Every character of utf8 is one that XML allows.
[[nodiscard]] XmlText xml_as_utf8(std::string_view body, ByteArena& arena);

}  // namespace gabion::inspect::http
