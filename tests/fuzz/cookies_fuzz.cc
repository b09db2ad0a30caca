// Any Cookie header: every name and value is a piece of it, and no name is empty.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inspect/http/cookies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gabion::inspect::http::Cookies cookies;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  cookies.reset();
  static_cast<void>(cookies.add(text, 50));
  for (const auto& [name, value] : cookies.values()) {
    const bool is_name = !name.empty() && name.find(';') == std::string_view::npos;
    if (!is_name || value.find(';') != std::string_view::npos || text.find(name) == std::string_view::npos ||
        text.find(value) == std::string_view::npos) {
      std::abort();
    }
  }
  return cookies.values().size() > 50 ? (std::abort(), 1) : 0;
}
