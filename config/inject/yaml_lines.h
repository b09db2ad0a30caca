// JSON values as lines of block YAML.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace gabion::config::inject {

/// Lines without ends, indented by `column` blanks: "key: value" and what hangs below it.
[[nodiscard]] std::vector<std::string> member_lines(std::string_view key, const boost::json::value& value,
                                                    std::size_t column);
/// Likewise "- value".
[[nodiscard]] std::vector<std::string> item_lines(const boost::json::value& value, std::size_t column);
/// The members of an object at column 0; REQUIRES: an object.
[[nodiscard]] std::vector<std::string> document_lines(const boost::json::value& value);

}  // namespace gabion::config::inject
