// What a command line says to a shell, without its quotes, escapes and spare spaces.
#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {

/// Quotes, backslash and ^ go; runs of space, ',' and ';' become one space, none before '/' and '('; the rest in lower
/// case.
char* cmd_line(std::string_view in, char* out) noexcept {
  bool in_space = false;
  for (const char c : in) {
    switch (c) {
      case '"':
      case '\'':
      case '\\':
      case '^':
        break;
      case ' ':
      case ',':
      case ';':
      case '\t':
      case '\r':
      case '\n':
        if (!in_space) {
          *out++ = ' ';
        }
        in_space = true;
        break;
      case '/':
      case '(':
        out -= in_space ? 1 : 0;
        *out++ = c;
        in_space = false;
        break;
      default:
        *out++ = lowered(c);
        in_space = false;
    }
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
