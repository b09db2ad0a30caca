// Any XML body: text and attributes are valid UTF-8 of bounded size, and a second reading gives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/http/utf8.h"
#include "inspect/http/xml_body.h"

namespace {

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = gabion::inspect::http::utf8_size(text);
    if (size == 0) {
      return false;
    }
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using gabion::inspect::http::BodyError;
  static gabion::inspect::http::XmlBody xml;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const BodyError error = xml.parse(body, {20, 50});
  std::size_t bytes = xml.text().size();
  for (const auto& [name, value] : xml.attributes()) {
    bytes += name.size() + value.size();
    if (!is_utf8(value) || name.empty()) {
      std::abort();
    }
  }
  const std::string text(xml.text());
  if (!is_utf8(text) || bytes > 3 * size || xml.attributes().size() > 50 ||
      (error == BodyError::kNone && !xml.has_root())) {
    std::abort();
  }
  if (xml.parse(body, {20, 50}) != error || xml.text() != text) {
    std::abort();
  }
  return 0;
}
