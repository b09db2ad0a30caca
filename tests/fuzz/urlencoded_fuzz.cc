// Any form: names and values never hold more bytes than the form, and no more of them than the limit.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/http/arguments.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gabion::inspect::http::Arguments arguments;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(arguments.parse(text, '&', 50));
  std::size_t bytes = 0;
  std::size_t zeros = 0;
  for (const auto& [name, value] : arguments.values()) {
    bytes += name.size() + value.size();
    for (const char c : value) {
      zeros += c == '\0' ? 1 : 0;
    }
  }
  if (bytes != arguments.combined_size() || bytes > size || zeros > size || arguments.values().size() > 50) {
    std::abort();
  }
  return 0;
}
