// Typed look-ups in a value tree, and the sentences for what they refuse.
#include "config/kube/fields.h"

#include <algorithm>
#include <utility>

namespace gabion::config::kube {
namespace {

std::string type_error(const YamlValue& value, YamlKind wanted) {
  std::string what = "must be " + std::string(describe(wanted)) + ", not " + std::string(describe(value.kind()));
  const bool scalar =
      value.kind() == YamlKind::kBool || value.kind() == YamlKind::kInteger || value.kind() == YamlKind::kNumber;
  return wanted == YamlKind::kString && scalar ? what + ": quote it" : what;
}

}  // namespace

Error Report::error(std::string_view path, int line, std::string_view what) const {
  Error made{std::string(what), place_};
  if (!path.empty()) {
    made.where += ":" + std::string(path);
  }
  if (line > 0) {
    made.what += " (line " + std::to_string(line) + ")";
  }
  return made;
}

void Report::add(std::string_view path, int line, std::string_view what) {
  errors_.push_back(error(path, line, what));
}

std::string item_path(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

Fields::Fields(const YamlValue& value, std::string path, Report& report, Nulls nulls)
    : value_(value), path_(std::move(path)), report_(report), nulls_(nulls) {
  if (!value.is_map() && !value.is_null()) {
    report_.add(path_, value.line(), type_error(value, YamlKind::kMap));
  }
}

std::string Fields::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Fields::report(std::string_view key, std::string_view what) {
  const auto* value = value_.find(key);
  report_.add(path_of(key), value != nullptr ? value->key_line() : value_.line(), what);
}

void Fields::refuse_type(const YamlValue& value, std::string_view key, YamlKind wanted) {
  report_.add(path_of(key), value.line() > 0 ? value.line() : value.key_line(), type_error(value, wanted));
}

const YamlValue* Fields::find(std::string_view key) {
  const auto* value = value_.find(key);
  if (value == nullptr) {
    return nullptr;
  }
  known_.insert(value->key());
  if (!value->is_null()) {
    return value;
  }
  if (nulls_ == Nulls::kRefused) {
    report(key, "must not be null: leave it out or give it a value");
  }
  return nullptr;
}

std::optional<std::string> Fields::text(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string()) {
    refuse_type(*value, key, YamlKind::kString);
    return std::nullopt;
  }
  return std::string(value->as_string());
}

std::optional<std::int64_t> Fields::integer(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_integer()) {
    refuse_type(*value, key, YamlKind::kInteger);
    return std::nullopt;
  }
  return value->as_integer();
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const auto* value = find(key);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (value->kind() != YamlKind::kBool) {
    refuse_type(*value, key, YamlKind::kBool);
    return std::nullopt;
  }
  return value->as_bool();
}

const YamlValue* Fields::map(std::string_view key) {
  const auto* value = find(key);
  if (value != nullptr && !value->is_map()) {
    refuse_type(*value, key, YamlKind::kMap);
    return nullptr;
  }
  return value;
}

const YamlValue* Fields::list(std::string_view key, ItemCount count) {
  const auto* value = find(key);
  if (value == nullptr) {
    return nullptr;
  }
  if (!value->is_list()) {
    refuse_type(*value, key, YamlKind::kList);
    return nullptr;
  }
  const std::size_t size = value->items().size();
  if (size < count.least) {
    report(key, "needs at least " + std::to_string(count.least) + (count.least == 1 ? " item" : " items"));
  }
  if (size > count.most) {
    report(key, "has more than " + std::to_string(count.most) + " items");
  }
  return value;
}

std::vector<std::string> Fields::texts(std::string_view key, ItemCount count) {
  std::vector<std::string> result;
  const auto* value = list(key, count);
  if (value == nullptr) {
    return result;
  }
  for (std::size_t i = 0; i < value->items().size(); ++i) {
    const auto& item = value->items()[i];
    if (item.is_string()) {
      result.emplace_back(item.as_string());
    } else {
      report_.add(item_path(path_of(key), i), item.line(), type_error(item, YamlKind::kString));
    }
  }
  return result;
}

std::optional<std::size_t> Fields::word(std::string_view key, const std::vector<std::string_view>& words) {
  const auto given = text(key);
  if (!given) {
    return std::nullopt;
  }
  const auto found = std::find(words.begin(), words.end(), *given);
  if (found != words.end()) {
    return static_cast<std::size_t>(found - words.begin());
  }
  std::string list;
  for (const auto& known : words) {
    list += list.empty() ? "" : ", ";
    list += known;
  }
  report(key, "must be one of " + list);
  return std::nullopt;
}

void Fields::require(std::string_view key) {
  if (value_.find(key) == nullptr) {
    report_.add(path_of(key), value_.line(), "is required");
  }
}

std::size_t Fields::refuse_others() {
  std::size_t refused = 0;
  for (const auto& entry : value_.entries()) {
    if (!known_.contains(entry.key())) {
      report_.add(path_of(entry.key()), entry.key_line(), "unknown field");
      ++refused;
    }
  }
  return refused;
}

}  // namespace gabion::config::kube
