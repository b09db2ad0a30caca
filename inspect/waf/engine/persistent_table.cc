// Records under "collection byte + key", each a short list of variables.
#include "inspect/waf/engine/persistent_table.h"

#include <algorithm>

#include "inspect/message.h"

namespace gabion::inspect::waf::engine {

const PersistentTable::Record* PersistentTable::record_of(seclang::Variable collection, std::string_view key) const {
  lookup_.assign(1, static_cast<char>(collection));
  lookup_.append(key.substr(0, kMostTextBytes));
  const auto found = records_.find(lookup_);
  return found == records_.end() ? nullptr : &found->second;
}

PersistentTable::Entry* PersistentTable::entry_of(seclang::Variable collection, std::string_view key,
                                                  std::string_view name) {
  static_cast<void>(record_of(collection, key));
  const auto found = records_.find(lookup_);
  if (found == records_.end()) {
    return nullptr;
  }
  auto& entries = found->second.entries;
  const auto entry = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& each) { return equals_without_case(each.name, name); });
  return entry == entries.end() ? nullptr : &*entry;
}

std::optional<std::string_view> PersistentTable::find(seclang::Variable collection, std::string_view key,
                                                      std::string_view name, Time now) const {
  const auto* record = record_of(collection, key);
  if (record == nullptr || record->changed + timeout_ <= now) {
    return std::nullopt;
  }
  for (const auto& entry : record->entries) {
    if (equals_without_case(entry.name, name)) {
      return entry.expires > now ? std::optional<std::string_view>(entry.value) : std::nullopt;
    }
  }
  return std::nullopt;
}

void PersistentTable::make_room(Time now) {
  if (records_.size() < kMostRecords) {
    return;
  }
  std::erase_if(records_, [&](const auto& each) { return each.second.changed + timeout_ <= now; });
  if (records_.size() < kMostRecords) {
    return;
  }
  const auto oldest = std::min_element(records_.begin(), records_.end(), [](const auto& a, const auto& b) {
    return a.second.changed < b.second.changed;
  });
  records_.erase(oldest);
}

void PersistentTable::set(seclang::Variable collection, std::string_view key, std::string_view name,
                          std::string_view value, Time now) {
  if (key.size() > kMostTextBytes || name.size() > kMostTextBytes || value.size() > kMostTextBytes) {
    return;
  }
  const auto* there = record_of(collection, key);
  if (there == nullptr) {
    make_room(now);
    static_cast<void>(record_of(collection, key));  // lookup_ again
  }
  auto& record = records_[lookup_];
  if (there != nullptr && there->changed + timeout_ <= now) {
    record.entries.clear();
  }
  record.changed = now;
  if (auto* entry = entry_of(collection, key, name); entry != nullptr) {
    entry->value.assign(value);
    if (entry->expires <= now) {
      entry->expires = Time::max();
    }
  } else if (record.entries.size() < kMostVariables) {
    record.entries.push_back({std::string(name), std::string(value), Time::max()});
  }
}

void PersistentTable::unset(seclang::Variable collection, std::string_view key, std::string_view name) {
  if (auto* entry = entry_of(collection, key, name); entry != nullptr) {
    entry->expires = Time::min();
  }
}

void PersistentTable::expire(seclang::Variable collection, std::string_view key, std::string_view name, Time when) {
  if (auto* entry = entry_of(collection, key, name); entry != nullptr) {
    entry->expires = when;
  }
}

void PersistentTable::each(seclang::Variable collection, std::string_view key, Time now,
                           const std::function<void(std::string_view, std::string_view)>& visit) const {
  const auto* record = record_of(collection, key);
  if (record == nullptr || record->changed + timeout_ <= now) {
    return;
  }
  for (const auto& entry : record->entries) {
    if (entry.expires > now) {
      visit(entry.name, entry.value);
    }
  }
}

}  // namespace gabion::inspect::waf::engine
