// SQL's 0x61626364 as the bytes it stands for.
#include <algorithm>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {

/// As in ModSecurity 3.0.9 the byte behind a number is copied without a look at it, the value ends at its first NUL,
/// and its last byte is lost unless one of these two took it.
char* sql_hex_decode(std::string_view in, char* out) noexcept {
  char* const begin = out;
  std::size_t at = 0;
  while (at + 1 < in.size() && in[at] != '\0') {
    if (in[at] == '0' && lowered(in[at + 1]) == 'x' && hex_at(in, at + 2, 2)) {
      for (at += 2; hex_at(in, at, 2); at += 2) {
        *out++ = static_cast<char>(byte_of(in[at], in[at + 1]));
      }
    }
    if (at < in.size()) {
      *out++ = in[at];
    }
    ++at;
  }
  return std::find(begin, out, '\0');
}

}  // namespace gabion::inspect::waf::transform
