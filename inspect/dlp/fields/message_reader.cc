// A field's path becomes names: positions in a list are none, as everywhere.
#include "inspect/dlp/fields/message_reader.h"

#include <algorithm>

#include "inspect/dlp/fields/name_stack.h"

namespace gabion::inspect::dlp {
namespace {

void push(NameStack& names, std::string_view name) {
  if (!names.is_full()) {
    names.push();
    names.set_name(name);
  }
}

bool is_position(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "shop.Order.items.0.name": shop.Order, items, name. Without a descriptor the numbers are the names.
void write_names(const TextField& field, NameStack& names) {
  names.clear();
  std::string_view rest = field.name;
  if (field.root_size != 0) {
    push(names, rest.substr(0, field.root_size));
    rest.remove_prefix(std::min(field.root_size + 1, rest.size()));
  }
  while (!rest.empty()) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (const std::string_view name = rest.substr(0, dot); field.root_size == 0 || !is_position(name)) {
      push(names, name);
    }
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
}

}  // namespace

void MessageReader::list(FlatOffset to, PlaceList& places) const {
  NameStack names;
  const FlatOffset from = text().begin();
  auto field =
      std::partition_point(fields_.begin(), fields_.end(), [from](const TextField& one) { return one.end <= from; });
  for (; field != fields_.end() && field->begin < to && field->kind != TextField::Kind::kOuter; ++field) {
    const ValueKind kind = field->kind == TextField::Kind::kNumber ? ValueKind::kJsonNumber : ValueKind::kText;
    write_names(*field, names);
    if (field->begin < from) {
      places.resume(from, field->begin, kind, names);
    } else {
      places.begin_value(field->begin, kind, names);
    }
    if (field->end <= to) {
      places.end_value(field->end);
    }
  }
}

}  // namespace gabion::inspect::dlp
