// One function a direction: in, and the total accessors.
#include "config/inject/tree.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

namespace gabion::config::inject {
namespace {

/// 0x539, 0o17, 0b11 and, as YAML 1.1 has it, 0400: integers to whoever reads the manifest next.
std::optional<std::int64_t> other_base(std::string_view text) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative || text.starts_with('+') ? 1 : 0);
  int base = 10;
  std::size_t skip = 0;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = text[1];
    base = letter == 'x' || letter == 'X' ? 16 : letter == 'b' || letter == 'B' ? 2 : 8;
    skip = letter >= '0' && letter <= '9' ? 1 : 2;
  }
  std::int64_t parsed = 0;
  const auto [end, error] =
      std::from_chars(text.data() + std::min(skip, text.size()), text.data() + text.size(), parsed, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return negative ? -parsed : parsed;
}

/// As the API server's reader takes it: blanks of digits go, what is whole is an integer.
boost::json::value number(std::string_view text) {
  std::string copy(text);
  std::erase(copy, '_');
  if (const auto whole = other_base(copy)) {
    return *whole;
  }
  char* end = nullptr;
  const double parsed = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() + copy.size() && std::isfinite(parsed)) {
    constexpr double kMostExact = 9007199254740992.0;  // 2^53
    if (parsed == std::trunc(parsed) && std::abs(parsed) <= kMostExact) {
      return static_cast<std::int64_t>(parsed);
    }
    return parsed;
  }
  return boost::json::string(text);
}

}  // namespace

boost::json::value to_json(const YamlValue& value) {
  switch (value.kind()) {
    case YamlKind::kNull:
      return nullptr;
    case YamlKind::kBool:
      return value.as_bool();
    case YamlKind::kInteger:
      return value.as_integer();
    case YamlKind::kNumber:
      return number(value.text());
    case YamlKind::kString:
      return boost::json::string(value.as_string());
    case YamlKind::kList: {
      boost::json::array list;
      for (const YamlValue& item : value.items()) {
        list.push_back(to_json(item));
      }
      return list;
    }
    case YamlKind::kMap: {
      boost::json::object object;
      for (const YamlValue& entry : value.entries()) {
        object[entry.key()] = to_json(entry);
      }
      return object;
    }
  }
  return nullptr;
}

const boost::json::value* member(const boost::json::value* value, std::string_view key) {
  const auto* const object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->if_contains(key);
}

std::string_view text_of(const boost::json::value* value) {
  const auto* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

bool is_true(const boost::json::value* value) {
  return value != nullptr && value->is_bool() && value->get_bool();
}

const boost::json::array& items_of(const boost::json::value* value) {
  static const boost::json::array kNone;
  const auto* const list = value == nullptr ? nullptr : value->if_array();
  return list == nullptr ? kNone : *list;
}

}  // namespace gabion::config::inject
