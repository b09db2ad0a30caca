// A list in the order of use and a table of places; every entry is weighed with all it owns.
#include "inspect/sql/rules/verdict_cache.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gabion::inspect::sql {
namespace {

constexpr std::size_t kSeenOnce = 8192;
/// Of the list's and the table's nodes, and what the allocator adds to each.
constexpr std::size_t kNodeBytes = 160;

std::size_t weight_of(const SqlRuling& ruling) noexcept {
  std::size_t bytes =
      ruling.object.capacity() + ruling.unlearnt.capacity() + ruling.masks.capacity() * sizeof(std::string);
  for (const auto& mask : ruling.masks) {
    bytes += mask.capacity();
  }
  return bytes;
}

/// Who makes many of one place only drives others out of it.
std::size_t recent_place(std::string_view bytes) noexcept {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  std::uint64_t sum = bytes.size();
  std::size_t at = 0;
  for (; at + sizeof sum <= bytes.size(); at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum = (sum ^ word) * kOdd;
    sum ^= sum >> 32U;
  }
  for (; at < bytes.size(); ++at) {
    sum = sum * kOdd ^ static_cast<unsigned char>(bytes[at]);
  }
  return (sum * kOdd) >> 58U;
}

}  // namespace

const Judged* VerdictCache::Entry::find(const Digest& subject) const noexcept {
  const auto found =
      std::find_if(judged.begin(), judged.end(), [&](const Judged& one) { return one.subject == subject; });
  return found == judged.end() ? nullptr : &*found;
}

VerdictCache::VerdictCache(std::size_t most_bytes) : most_bytes_(most_bytes), seen_(most_bytes == 0 ? 0 : kSeenOnce) {}

VerdictCache::Entry* VerdictCache::find(const Digest& text) noexcept {
  const auto place = places_.find(text);
  if (place == places_.end()) {
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, place->second);
  return &entries_.front();
}

void VerdictCache::remember(std::string_view bytes) {
  static_assert(kMostRecent == 1U << (64 - 58));
  Entry& found = entries_.front();
  const std::size_t place = recent_place(bytes);
  Recent& recent = recent_[place];
  if (!recent.bytes.empty()) {
    recent.entry->recent = kMostRecent;
  }
  recent.bytes = bytes;
  recent.entry = entries_.begin();
  found.recent = bytes.empty() ? kMostRecent : place;
}

VerdictCache::Entry* VerdictCache::recall(std::string_view bytes) noexcept {
  const Recent& recent = recent_[recent_place(bytes)];
  if (bytes.empty() || recent.bytes != bytes) {
    return nullptr;
  }
  if (recent.entry != entries_.begin()) {
    entries_.splice(entries_.begin(), entries_, recent.entry);
  }
  return &entries_.front();
}

/// REQUIRES: it goes now.
void VerdictCache::forget(const Entry& entry) noexcept {
  if (entry.recent != kMostRecent) {
    recent_[entry.recent].bytes.clear();
  }
}

/// The first entry is never dropped here: it is the one that was asked for.
void VerdictCache::shrink() {
  while (counts_.bytes > most_bytes_ && entries_.size() > 1) {
    counts_.bytes -= entries_.back().bytes;
    places_.erase(entries_.back().text);
    forget(entries_.back());
    entries_.pop_back();
    ++counts_.evictions;
  }
  counts_.entries = entries_.size();
}

void VerdictCache::weigh(Entry& entry) noexcept {
  counts_.bytes -= entry.bytes;
  entry.bytes = kNodeBytes + sizeof(Entry) + entry.facts.heap_bytes() + entry.judged.capacity() * sizeof(Judged);
  for (const auto& judged : entry.judged) {
    entry.bytes += weight_of(judged.enforced) + (judged.with_dry_run ? weight_of(*judged.with_dry_run) : 0);
  }
  counts_.bytes += entry.bytes;
}

const Judged& VerdictCache::add(Entry& entry, Judged judged) {
  if (entry.judged.size() >= kMostSubjects) {
    entry.judged.erase(entry.judged.begin());
  }
  entry.judged.push_back(std::move(judged));
  weigh(entry);
  shrink();
  return entry.judged.back();
}

bool VerdictCache::admit(const Digest& text) noexcept {
  if (seen_.empty()) {
    return false;
  }
  auto& place = seen_[text.low % seen_.size()];
  const bool again = place == text.high;
  place = again ? 0 : text.high;
  return again;
}

void VerdictCache::keep(const Digest& text, const Facts& facts, const Judged& judged, Of what) {
  Entry entry;
  entry.text = text;
  entry.is_shape = what == Of::kShape;
  entry.facts = facts.compact();
  entry.judged.reserve(1);
  entry.judged.push_back(judged);
  entries_.push_front(std::move(entry));
  places_.emplace(text, entries_.begin());
  weigh(entries_.front());
  if (entries_.front().bytes > most_bytes_) {
    counts_.bytes -= entries_.front().bytes;
    places_.erase(text);
    entries_.pop_front();
  }
  shrink();
}

}  // namespace gabion::inspect::sql
