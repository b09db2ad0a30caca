// Walks a pointer to its parent, then adds or replaces.
#include "config/inject/json_patch.h"

#include <boost/json/object.hpp>
#include <charconv>
#include <optional>
#include <utility>

namespace gabion::config::inject {
namespace {

namespace json = boost::json;

std::optional<std::size_t> parse_index(std::string_view token) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  const bool complete = error == std::errc() && end == token.data() + token.size();
  return complete ? std::optional(index) : std::nullopt;
}

json::value* child(json::value* parent, std::string_view token) {
  if (auto* const object = parent->if_object()) {
    return object->if_contains(token);
  }
  if (auto* const list = parent->if_array()) {
    const auto index = parse_index(token);
    return index && *index < list->size() ? &(*list)[*index] : nullptr;
  }
  return nullptr;
}

/// False: there is no such place.
bool change(json::value& parent, std::string_view token, const PatchOperation& operation) {
  const bool replaces = operation.action == PatchAction::kReplace;
  if (replaces && child(&parent, token) == nullptr) {
    return false;
  }
  if (auto* const object = parent.if_object()) {
    (*object)[token] = operation.value;
    return true;
  }
  auto* const list = parent.if_array();
  if (list == nullptr) {
    return false;
  }
  const auto index = token == "-" ? std::optional(list->size()) : parse_index(token);
  if (!index || *index > list->size()) {
    return false;
  }
  if (replaces) {
    (*list)[*index] = operation.value;
  } else {
    list->insert(list->begin() + static_cast<std::ptrdiff_t>(*index), operation.value);
  }
  return true;
}

}  // namespace

std::string escape_pointer(std::string_view token) {
  std::string escaped;
  for (const char c : token) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::vector<std::string> split_pointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '/') {
      tokens.emplace_back();
    } else if (pointer[i] == '~' && i + 1 < pointer.size() && !tokens.empty()) {
      tokens.back() += pointer[++i] == '1' ? '/' : '~';
    } else if (!tokens.empty()) {
      tokens.back() += pointer[i];
    }
  }
  return tokens;
}

json::array to_json(const JsonPatch& patch) {
  json::array list;
  for (const PatchOperation& operation : patch) {
    const std::string_view word = operation.action == PatchAction::kAdd ? "add" : "replace";
    list.push_back(json::object{{"op", word}, {"path", operation.path}, {"value", operation.value}});
  }
  return list;
}

Result<json::value> apply(const JsonPatch& patch, json::value target) {
  for (const PatchOperation& operation : patch) {
    const auto tokens = split_pointer(operation.path);
    json::value* parent = tokens.empty() ? nullptr : &target;
    for (std::size_t i = 0; parent != nullptr && i + 1 < tokens.size(); ++i) {
      parent = child(parent, tokens[i]);
    }
    if (parent == nullptr || !change(*parent, tokens.back(), operation)) {
      return Error{"there is no such place", operation.path};
    }
  }
  return target;
}

}  // namespace gabion::config::inject
