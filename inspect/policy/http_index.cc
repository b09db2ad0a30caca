// Each item goes under what is rarest about it; what it is kept under it also needs, so nothing is missed.
#include "inspect/policy/http_index.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <unordered_map>

namespace gabion::inspect::policy {
namespace {

using config::kube::HttpMatch;
using config::kube::PathMatch;
using config::policy::Rule;
using config::policy::RuleId;
using config::policy::SharedList;

constexpr std::string_view kRegexMarks = "\\.[]{}()*+?|^$";
constexpr std::string_view kQuantifiers = "*+?{";

std::uint64_t hash(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t state = http_index::kStart;
  for (const char c : text) {
    state = http_index::step(state, c);
  }
  return http_index::finish(state, seed);
}

std::uint64_t hash_of_path(std::string_view text, std::uint64_t seed) noexcept {
  return http_index::finish(PathKeys(text).whole(), seed);
}

std::uint64_t hash_backwards(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t state = http_index::kStart;
  for (auto c = text.rbegin(); c != text.rend(); ++c) {
    state = http_index::step(state, *c);
  }
  return http_index::finish(state, seed);
}

/// What every path that meets a condition is, or begins with as whole segments.
struct PathKey {
  std::string text;
  bool exact = false;
};

/// "/a/b/c" -> "/a/b": what is before the last '/'.
std::string before_last_slash(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  return std::string(text.substr(0, slash == std::string_view::npos ? 0 : slash));
}

PathKey key_of_regex(const std::string& pattern) {
  const std::size_t mark = pattern.find_first_of(kRegexMarks);
  const auto literal_end = pattern.begin() + static_cast<std::ptrdiff_t>(std::min(mark, pattern.size()));
  const bool ascii = std::all_of(pattern.begin(), literal_end, [](char c) { return (c & 0x80) == 0; });
  if (!ascii || pattern.find('|') != std::string::npos) {
    return {};  // beyond ASCII the folded expression knows more letters as the same than keys do
  }
  if (mark == std::string::npos) {
    return {pattern, true};
  }
  // What a quantifier follows may be absent.
  const std::size_t literal =
      kQuantifiers.find(pattern[mark]) == std::string_view::npos ? mark : std::max<std::size_t>(mark, 1) - 1;
  return {before_last_slash(std::string_view(pattern).substr(0, literal)), false};
}

PathKey key_of(const PathMatch& path) {
  switch (path.kind) {
    case PathMatch::Kind::kExact:
      return {path.text, true};
    case PathMatch::Kind::kPrefix:
      return {path.text.ends_with('/') ? path.text.substr(0, path.text.size() - 1) : path.text, false};
    case PathMatch::Kind::kTemplate: {
      const std::size_t brace = path.text.find('{');
      return brace == std::string::npos ? PathKey{path.text, true}
                                        : PathKey{before_last_slash(path.text.substr(0, brace)), false};
    }
    case PathMatch::Kind::kRegex:
      return key_of_regex(path.text);
  }
  return {};
}

}  // namespace

struct HttpIndex::Draft {
  std::unordered_map<std::uint64_t, std::vector<Candidate>> buckets;
};

std::uint64_t HttpIndex::method_key(std::string_view method) noexcept {
  return hash(method, http_index::kMethodSeed);
}

HttpIndex::HttpIndex(std::span<const RuleId> ids, const SharedList<Rule>& rules, const RuleConditions& conditions) {
  Draft draft;
  for (const RuleId id : ids) {
    const auto& items = rules[id].http;
    for (std::uint32_t item = 0; item < items.size(); ++item) {
      all_.push_back(Candidate{id, conditions.place_of(id) + item});
      place(items[item], all_.back(), draft);
    }
    if (items.empty()) {
      all_.push_back(Candidate{id, kEveryRequest});
      rest_.push_back(all_.back());
    }
  }
  flatten(std::move(draft));
}

bool HttpIndex::place_by_path(const HttpMatch& item, Candidate candidate, Draft& draft) {
  std::vector<PathKey> keys;
  for (const auto& path : item.paths) {
    keys.push_back(key_of(path));
    if (keys.back().text.empty()) {  // any path may meet it
      return false;
    }
  }
  for (const auto& key : keys) {
    has_exact_ = has_exact_ || key.exact;
    if (!key.exact) {
      const auto segments = static_cast<std::uint64_t>(std::count(key.text.begin(), key.text.end(), '/'));
      depths_ |= std::uint64_t{1} << std::min(segments, kDeepest);
    }
    draft.buckets[hash_of_path(key.text, key.exact ? http_index::kExactSeed : http_index::kPrefixSeed)].push_back(
        candidate);
  }
  return !keys.empty();
}

void HttpIndex::place(const HttpMatch& item, Candidate candidate, Draft& draft) {
  if (place_by_path(item, candidate, draft)) {
    return;
  }
  for (const auto& host : item.hosts) {
    const bool wild = host.starts_with("*.");
    const std::string_view name = HostCondition::name_of(host);
    has_hosts_ = true;
    draft.buckets[hash_backwards(name, wild ? http_index::kSuffixSeed : http_index::kHostSeed)].push_back(candidate);
  }
  if (!item.hosts.empty()) {
    return;
  }
  for (const auto& method : item.methods) {
    has_methods_ = true;
    draft.buckets[method_key(method)].push_back(candidate);
  }
  if (item.methods.empty()) {
    rest_.push_back(candidate);
  }
}

void HttpIndex::flatten(Draft draft) {
  slots_.resize(std::bit_ceil(std::max<std::size_t>(draft.buckets.size() * 2, 2)));
  for (const auto& [key, candidates] : draft.buckets) {
    std::size_t at = key & (slots_.size() - 1);
    while (slots_[at].key != 0) {
      at = (at + 1) & (slots_.size() - 1);
    }
    if (candidates.size() == 1) {
      slots_[at] = Slot{key, candidates.front().rule, candidates.front().item};
      continue;
    }
    slots_[at] = Slot{key, static_cast<std::uint32_t>(buckets_.size()),
                      kSeveral | static_cast<std::uint32_t>(candidates.size())};
    buckets_.insert(buckets_.end(), candidates.begin(), candidates.end());
  }
}

std::span<const HttpIndex::Candidate> HttpIndex::bucket(std::uint64_t key, One& one) const noexcept {
  for (std::size_t at = key & (slots_.size() - 1); slots_[at].key != 0; at = (at + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[at];
    if (slot.key != key) {
      continue;
    }
    if ((slot.more & kSeveral) != 0) {
      return std::span(buckets_).subspan(slot.first, slot.more & ~kSeveral);
    }
    one.front() = Candidate{slot.first, slot.more};
    return one;
  }
  return {};
}

}  // namespace gabion::inspect::policy
