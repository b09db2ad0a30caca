// Look-up of fields without case.
#include "inspect/message.h"

#include <algorithm>

namespace gabion::inspect {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

bool equals_without_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

const HeaderField* find_field(std::span<const HeaderField> fields, std::string_view name) noexcept {
  for (const HeaderField& field : fields) {
    if (equals_without_case(field.name, name)) {
      return &field;
    }
  }
  return nullptr;
}

}  // namespace gabion::inspect
