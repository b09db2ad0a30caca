// Changes of one field by several detectors are laid over each other byte by byte.
#include "inspect/field_edits.h"

#include <algorithm>

namespace gabion::inspect {

bool FieldEditList::add_one(const FieldEdit& edit, std::string_view original) {
  const auto same =
      std::find_if(items_.begin(), items_.end(), [&](const FieldEdit& known) { return known.index == edit.index; });
  if (same == items_.end()) {
    items_.push_back(edit);
    return true;
  }
  if (same->value.size() != original.size() || edit.value.size() != original.size()) {
    return false;
  }
  for (std::size_t i = 0; i < original.size(); ++i) {
    same->value[i] = edit.value[i] != original[i] ? edit.value[i] : same->value[i];
  }
  return true;
}

void FieldEditList::set(FieldEdit edit) {
  std::erase_if(items_, [&](const FieldEdit& known) { return known.index == edit.index; });
  items_.push_back(std::move(edit));
}

}  // namespace gabion::inspect
