// Says whether a value brings script into the HTML page it is pasted into: what @detectXSS means here.
#pragma once

#include <string_view>

namespace gabion::inspect::xss {

/// `reason` is a few static words such as "event handler"; empty when nothing was found.
struct [[nodiscard]] Finding {
  bool found = false;
  std::string_view reason;
};

/// Reads `value` as the continuation of a page: of text, and of an attribute's value without quotes or inside "..",
/// '..', `..`. Found is an element, attribute or URL actually formed there that can run script. The whole value
/// counts; any bytes are allowed; work is linear in its length; nothing is allocated.
/// Not found: code for a place inside a script ("; alert(1)//), which is no HTML, and what another decoding would show.
/// Found though harmless: documentation that holds such markup, an element named <frame>.
Finding detect(std::string_view value) noexcept;

}  // namespace gabion::inspect::xss
