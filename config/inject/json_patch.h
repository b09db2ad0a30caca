// A JSON patch (RFC 6902) of the two operations we make, and what it makes of a tree.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"

namespace gabion::config::inject {

enum class PatchAction : std::uint8_t {
  kAdd,      ///< a member (what it replaces is gone), an item before the index, or "-": behind the last
  kReplace,  ///< what is there
};

struct PatchOperation {
  PatchAction action = PatchAction::kAdd;
  std::string path;  ///< RFC 6901
  boost::json::value value;
};

using JsonPatch = std::vector<PatchOperation>;

/// "a/b~c" to "a~1b~0c".
[[nodiscard]] std::string escape_pointer(std::string_view token);
/// "/a~1b/0" to {"a/b", "0"}.
[[nodiscard]] std::vector<std::string> split_pointer(std::string_view pointer);

/// What an admission response carries.
[[nodiscard]] boost::json::array to_json(const JsonPatch& patch);

/// As the API server applies it: an operation whose parent is missing is an error, and nothing is applied.
[[nodiscard]] Result<boost::json::value> apply(const JsonPatch& patch, boost::json::value target);

}  // namespace gabion::config::inject
