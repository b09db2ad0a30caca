// A manifest's value tree as JSON, which is what the API server makes of it.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "config/yaml_value.h"

namespace gabion::config::inject {

/// Numbers that are no int64 become doubles; one that is no finite double stays text.
[[nodiscard]] boost::json::value to_json(const YamlValue& value);

/// The member of an object, or nullptr: also when `value` is nullptr or no object.
[[nodiscard]] const boost::json::value* member(const boost::json::value* value, std::string_view key);
/// Down a path of members.
template <class... Keys>
[[nodiscard]] const boost::json::value* member(const boost::json::value* value, std::string_view first, Keys... rest) {
  return member(member(value, first), rest...);
}

/// The text of a string; empty when it is none.
[[nodiscard]] std::string_view text_of(const boost::json::value* value);
/// Whether it is the bool true.
[[nodiscard]] bool is_true(const boost::json::value* value);
/// The items of an array; an empty one when it is none.
[[nodiscard]] const boost::json::array& items_of(const boost::json::value* value);

}  // namespace gabion::config::inject
