// Which of a cell's rules can still match a request: by path, else by host, else by method; the rest one by one.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/policy/rule_set.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/path_keys.h"

namespace gabion::inspect::policy {

/// The HTTP conditions of all rules, one behind the other.
class RuleConditions {
 public:
  void add(HttpCondition condition) { items_.push_back(std::move(condition)); }
  /// What was added since the last time is the next rule's.
  void end_rule() { first_.push_back(static_cast<std::uint32_t>(items_.size())); }

  /// Of a rule; empty: every request.
  [[nodiscard]] std::span<const HttpCondition> operator[](config::policy::RuleId rule) const noexcept {
    return std::span(items_).subspan(first_[rule], first_[rule + 1] - first_[rule]);
  }
  /// By its place among all.
  [[nodiscard]] const HttpCondition& item(std::uint32_t place) const noexcept { return items_[place]; }
  [[nodiscard]] std::uint32_t place_of(config::policy::RuleId rule) const noexcept { return first_[rule]; }

 private:
  std::vector<HttpCondition> items_;
  std::vector<std::uint32_t> first_{0};
};

/// Borrows nothing. Immutable, thread-safe.
class HttpIndex {
 public:
  /// One item of a rule's http by its place in RuleConditions; kEveryRequest for a rule without.
  struct Candidate {
    config::policy::RuleId rule = 0;
    std::uint32_t item = 0;
  };
  static constexpr std::uint32_t kEveryRequest = 0xFFFFFFFF;

  /// Of the rules in `ids` (ascending).
  HttpIndex(std::span<const config::policy::RuleId> ids, const config::policy::SharedList<config::policy::Rule>& rules,
            const RuleConditions& conditions);

  /// The lowest rule below `limit` of which `matches(candidate)` says true, or `limit`. Asks no rule that could match
  /// too late: a candidate is only left out when its item certainly does not match. Asks everything for a request
  /// without a host when `reading` is kPossible. `keys` are of the view's path; several indexes may share them.
  template <class Matches>
  [[nodiscard]] config::policy::RuleId first(const RequestView& view, PathKeys& keys, Reading reading,
                                             config::policy::RuleId limit, const Matches& matches) const {
    const auto ask = [&limit, &matches](std::span<const Candidate> bucket) {
      for (const auto& candidate : bucket) {
        if (candidate.rule >= limit) {
          break;
        }
        if (matches(candidate)) {
          limit = candidate.rule;
          break;
        }
      }
    };
    if (reading == Reading::kPossible && view.host.empty()) {
      ask(all_);
      return limit;
    }
    One one;
    const auto ask_key = [&](std::uint64_t key) { ask(bucket(key, one)); };
    ask(rest_);
    if (has_methods_) {
      ask_key(method_key(view.head.method));
    }
    if (has_hosts_ && !view.host.empty()) {
      each_host_key(view.host, ask_key);
    }
    if (view.path.is_path()) {
      each_path_key(keys, ask_key);
    }
    return limit;
  }

 private:
  /// What is kept under one key: mostly one candidate, right here.
  struct Slot {
    std::uint64_t key = 0;    ///< 0: free
    std::uint32_t first = 0;  ///< the candidate's rule, or a place in buckets_
    std::uint32_t more = 0;   ///< the candidate's item, or how many there are, with kSeveral
  };
  static constexpr std::uint32_t kSeveral = 0x80000000;
  static constexpr std::uint64_t kDeepest = PathKeys::kKept + 1;
  /// No path has none.
  static constexpr std::uint64_t kKeptDepths = ~(1ULL << kDeepest | 1ULL);
  using One = std::array<Candidate, 1>;
  struct Draft;

  [[nodiscard]] static std::uint64_t method_key(std::string_view method) noexcept;
  void place(const config::kube::HttpMatch& item, Candidate candidate, Draft& draft);
  [[nodiscard]] bool place_by_path(const config::kube::HttpMatch& item, Candidate candidate, Draft& draft);
  void flatten(Draft draft);
  /// The candidates under `key`; a single one is put into `one`.
  [[nodiscard]] std::span<const Candidate> bucket(std::uint64_t key, One& one) const noexcept;

  template <class Visit>
  void each_path_key(PathKeys& keys, const Visit& visit) const;
  template <class Visit>
  void each_host_key(std::string_view host, const Visit& visit) const;

  std::vector<Candidate> all_;
  std::vector<Candidate> rest_;
  std::vector<Candidate> buckets_;
  std::vector<Slot> slots_;  ///< open addressing; a power of two
  bool has_methods_ = false;
  bool has_hosts_ = false;
  bool has_exact_ = false;
  std::uint64_t depths_ = 0;  ///< bit n: some prefix has n segments; bit kDeepest: so many or more
};

// --- Hashing: one pass over a text gives the keys of all that a rule may name of it
// -----------------------------------

namespace http_index {

inline constexpr std::uint64_t kExactSeed = 0x9AE16A3B2F90404FULL;
inline constexpr std::uint64_t kPrefixSeed = 0xC949D7C7509E6557ULL;
inline constexpr std::uint64_t kHostSeed = 0xFF51AFD7ED558CCDULL;
inline constexpr std::uint64_t kSuffixSeed = 0xB492B66FBE98F273ULL;
inline constexpr std::uint64_t kMethodSeed = 0x9DDFEA08EB382D69ULL;
inline constexpr std::uint64_t kStart = 0xCBF29CE484222325ULL;

[[nodiscard]] constexpr std::uint64_t step(std::uint64_t state, char c) noexcept {
  return (state ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
}
[[nodiscard]] constexpr std::uint64_t finish(std::uint64_t state, std::uint64_t seed) noexcept {
  state = (state ^ seed) * 0xC4CEB9FE1A85EC53ULL;
  return (state ^ (state >> 29U)) | (1ULL << 63U);  // never 0
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace http_index

template <class Visit>
void HttpIndex::each_path_key(PathKeys& keys, const Visit& visit) const {
  using namespace http_index;
  for (std::uint64_t left = depths_ & kKeptDepths; left != 0; left &= left - 1) {
    const auto* state = keys.after(static_cast<std::size_t>(std::countr_zero(left)));
    if (state == nullptr) {
      break;
    }
    visit(finish(*state, kPrefixSeed));
  }
  if ((depths_ >> kDeepest) != 0) {
    keys.each_after_kept([&visit](std::uint64_t state) { visit(finish(state, kPrefixSeed)); });
  }
  if (has_exact_) {
    visit(finish(keys.whole(), kExactSeed));
  }
}

/// Suffixes from the end, so that one pass serves them all; a host is hashed backwards for that.
template <class Visit>
void HttpIndex::each_host_key(std::string_view host, const Visit& visit) const {
  using namespace http_index;
  std::uint64_t state = kStart;
  for (std::size_t at = host.size(); at > 0; --at) {
    state = step(state, lower(host[at - 1]));
    if (host[at - 1] == '.') {
      visit(finish(state, kSuffixSeed));
    }
  }
  visit(finish(state, kHostSeed));
}

}  // namespace gabion::inspect::policy
