// Any content type, a line break, any multipart body: values are pieces of the body, files and flags agree.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/http/multipart.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gabion::inspect::http::Multipart multipart;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const std::string_view body = text.substr(std::min(end + 1, size));
  const auto error =
      multipart.parse("multipart/form-data; boundary" + std::string(text.substr(0, end)), body, {50, 20});
  std::size_t bytes = 0;
  for (const auto& [name, value] : multipart.arguments()) {
    bytes += value.size();
    const bool inside = value.data() >= body.data() && value.data() + value.size() <= body.data() + body.size();
    if (!inside || (name.empty() && error == gabion::inspect::http::BodyError::kNone)) {
      std::abort();
    }
  }
  std::size_t read = 0;
  for (const auto& [name, value] : multipart.part_headers()) {
    read += name.size() + value.size() + static_cast<std::size_t>(std::count(value.begin(), value.end(), ':'));
  }
  const bool agree = multipart.files().size() <= 2 * multipart.file_fields().size() &&
                     multipart.file_fields().size() == multipart.file_sizes().size() &&
                     multipart.arguments().size() + multipart.file_fields().size() <= 50 &&
                     multipart.file_fields().size() <= 20;
  if (!agree || bytes + multipart.files_combined_size() > size || (read > 0 && size == 0)) {
    std::abort();
  }
  return 0;
}
