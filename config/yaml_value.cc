// Reading a tree; building one is yaml_parse.cc's business.
#include "config/yaml_value.h"

#include <algorithm>

namespace gabion::config {

std::string_view YamlValue::as_string() const noexcept {
  return kind_ == YamlKind::kString ? std::string_view(text_) : std::string_view();
}

std::span<const YamlValue> YamlValue::items() const noexcept {
  return kind_ == YamlKind::kList ? std::span<const YamlValue>(children_) : std::span<const YamlValue>();
}

std::span<const YamlValue> YamlValue::entries() const noexcept {
  return kind_ == YamlKind::kMap ? std::span<const YamlValue>(children_) : std::span<const YamlValue>();
}

const YamlValue* YamlValue::find(std::string_view key) const noexcept {
  const auto members = entries();
  const auto found = std::find_if(members.begin(), members.end(), [key](const YamlValue& m) { return m.key_ == key; });
  return found == members.end() ? nullptr : &*found;
}

std::string_view describe(YamlKind kind) noexcept {
  switch (kind) {
    case YamlKind::kNull:
      return "null";
    case YamlKind::kBool:
      return "true or false";
    case YamlKind::kInteger:
      return "an integer";
    case YamlKind::kNumber:
      return "a number";
    case YamlKind::kString:
      return "a string";
    case YamlKind::kList:
      return "a list";
    case YamlKind::kMap:
      return "a map";
  }
  return "";
}

}  // namespace gabion::config
