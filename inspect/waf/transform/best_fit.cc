// Blocks of consecutive code points as strings of the bytes they fit; a tab where there is none.
#include "inspect/waf/transform/best_fit.h"

#include <cstddef>
#include <string_view>

namespace gabion::inspect::waf::transform {
namespace {

constexpr char kNone = '\t';

struct Block {
  char16_t first;
  std::string_view bytes;
};

constexpr Block kBlocks[] = {
    {0x00A0,
     " !c\t$Y|\t\tCa<\t-R\t\t\t23\t\t\t.,1o>\t\t\t\tAAAAAAACEEEEIIII"
     "DNOOOOO\tOUUUUY\t\taaaaaaaceeeeiiii\tnooooo\touuuuy\ty"
     "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIi"
     "Ii\t\tJjKk\tLlLlLl\t\tLlNnNnNn\t\t\tOoOoOoOoRrRrRrSsSsSs"
     "SsTtTtTtUuUuUuUuUuUuWwYyYZ\tZzZz\tb\t\t\t\t\t\t\t\tD\t\t\t\t\t\t"
     "\tFf\t\t\t\tI\t\tl\t\t\t\tOOo\t\t\t\t\t\t\t\t\tt\t\tTUu\t\t\t\t\tz\t\t\t\t\t\t\t\t\t"
     "\t\t\t\t\t\t\t\t\t\t\t\t\tAaIiOoUuUuUuUuUu\tAa\t\t\t\tGgGgKkOoOo\t\t"
     "j"},
    {0x0261, "g"},
    {0x02B9, "'\"\t'\t\t\t\t\t\t\t^\t^\t'\t\t`\t_\t\t\t\t\t\t\t\t\t\t\t\t\t\t~"},
    {0x0300, "`\t^~\t\t\t\t\t\t\t\t\t\t\""},
    {0x0331, "__"},
    {0x2000,
     "       \t\t\t\t\t\t\t\t\t--\t--\t\t\t'',\t\"\"\"\t\t\t.\t\t\t.\t\t\t\t\t\t\t\t\t"
     "\t\t'\t\t`\t\t\t<>"},
    {0x2122, "T"},
    {0x3002, "."},
    {0xFF01,
     "!\"#$%&'()*+,-./0123456789:;<=>\t@ABCDEFGHIJKLMNOP"
     "QRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~\t\t."},
};

}  // namespace

char best_fit(char16_t code) noexcept {
  for (const Block& block : kBlocks) {
    const auto at = static_cast<std::size_t>(code) - block.first;  // wraps to far beyond the block below its first
    if (at < block.bytes.size()) {
      return block.bytes[at] == kNone ? '\0' : block.bytes[at];
    }
  }
  return '\0';
}

}  // namespace gabion::inspect::waf::transform
