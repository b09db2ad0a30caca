// Names made at run time are found by hash, in the order they came.
#include "inspect/waf/engine/tx_store.h"

#include "inspect/message.h"

namespace gabion::inspect::waf::engine {
namespace {

/// FNV-1a over lower case: names compare without case.
std::uint64_t hash_of(std::string_view name) noexcept {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    hash = (hash ^ byte) * 1099511628211ULL;
  }
  return hash;
}

}  // namespace

std::size_t TxStore::index_of(std::string_view name, std::uint64_t hash) const noexcept {
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    if (hashes_[i] == hash && equals_without_case(named_[i].name, name)) {
      return i;
    }
  }
  return hashes_.size();
}

const plan::SlotValue* TxStore::find(std::string_view name) const noexcept {
  const auto index = index_of(name, hash_of(name));
  return index < named_.size() && named_[index].value.is_set() ? &named_[index].value : nullptr;
}

void TxStore::set_named(std::string_view name, plan::SlotValue value) {
  const auto hash = hash_of(name);
  const auto index = index_of(name, hash);
  if (index < named_.size()) {
    named_[index].value = value;
    return;
  }
  if (named_.size() == kMostNamed) {
    ++dropped_;
    return;
  }
  named_.push_back({name, value});
  hashes_.push_back(hash);
}

}  // namespace gabion::inspect::waf::engine
