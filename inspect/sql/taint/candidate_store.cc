// Keeping, finding and forgetting the values of requests.
#include "inspect/sql/taint/candidate_store.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <iterator>

namespace gabion::inspect::sql::taint {
namespace {

/// What a value costs beside its bytes and its source.
constexpr std::size_t kValueBytes = 240;
constexpr std::size_t kEntryBytes = 192;
/// Bytes compared for a statement beside twice what the store may hold, for each of its own.
constexpr std::size_t kComparedPerByte = 32;
constexpr std::size_t kStepBytes = 32;    ///< what meeting a value costs at least; less than kValueBytes
constexpr std::size_t kLevelBytes = 32;   ///< what a level of the tree of values costs
constexpr std::size_t kAtOnceBytes = 16;  ///< that are compared at once, by each level
constexpr std::size_t kKnownSteps = std::size_t{1} << 14U;

void fold_into(std::string_view text, std::string& out) {
  out.resize(text.size());
  std::transform(text.begin(), text.end(), out.begin(), &fold);
}

}  // namespace

std::size_t CandidateStore::TraceHash::operator()(const Trace& trace) const noexcept {
  std::uint64_t half = 0;
  std::memcpy(&half, trace.data() + trace.size() / 2, sizeof(half));  // the random half (W3C Trace Context §3.2.2.3)
  return static_cast<std::size_t>(half * 0x9E37'79B9'7F4A'7C15ULL);
}

CandidateStore::CandidateStore(const config::SqlTaintConfig& config)
    : config_(config),
      filter_(config.min_length),
      of_hash_(GramFilter::kBits),
      ordered_(InOrder{&values_}),
      steps_(kKnownSteps) {}

void CandidateStore::add(Request& request, const Trace* trace, std::span<const Candidate> values,
                         Clock::time_point now) {
  if (values.empty()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  sweep(now);
  if (!request.is_open()) {
    if (!make_room(kEntryBytes)) {
      counts_.dropped += values.size();
      return;
    }
    open(request, trace);
  }
  for (const Candidate& candidate : values) {
    add_value(entries_[request.slot_], candidate);
  }
}

void CandidateStore::open(Request& request, const Trace* trace) {
  if (free_entries_.empty()) {
    request.slot_ = static_cast<std::uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    request.slot_ = free_entries_.back();
    free_entries_.pop_back();
  }
  bytes_ += kEntryBytes;
  Entry& entry = entries_[request.slot_];
  entry.has_trace = trace != nullptr;
  if (trace != nullptr) {
    entry.trace = *trace;
    traces_.emplace(*trace, request.slot_);
  }
}

void CandidateStore::add_value(Entry& entry, const Candidate& candidate) {
  if (candidate.value.size() < config_.min_length) {
    return;
  }
  fold_into(candidate.value, scratch_);
  std::uint32_t index = find_value(scratch_);
  if (index != kNone && std::find(entry.values.begin(), entry.values.end(), index) != entry.values.end()) {
    return;
  }
  if (index == kNone) {
    index = make_value(candidate, filter_.hash(scratch_));
  }
  if (index == kNone) {
    ++counts_.dropped;
    return;
  }
  ++values_[index].holders;
  ++values_[index].open;
  ++counts_.kept;
  entry.values.push_back(index);
}

std::uint32_t CandidateStore::find_value(std::string_view folded) const noexcept {
  const auto found = ordered_.find(folded);
  return found == ordered_.end() ? kNone : *found;
}

/// kNone: there is no room for it.
std::uint32_t CandidateStore::make_value(const Candidate& candidate, std::uint32_t hash) {
  const std::string_view source = candidate.source.substr(0, kMaxSourceBytes);
  const std::size_t cost = kValueBytes + scratch_.size() + source.size();
  if (!make_room(cost)) {
    return kNone;
  }
  std::uint32_t index = 0;
  if (free_values_.empty()) {
    index = static_cast<std::uint32_t>(values_.size());
    values_.emplace_back();
  } else {
    index = free_values_.back();
    free_values_.pop_back();
  }
  bytes_ += cost;
  Value& value = values_[index];
  value.bytes = scratch_;
  value.source = source;
  value.hash = hash;
  value.holders = value.open = 0;
  ordered_.insert(index);
  ++of_hash_[hash];
  ++of_gram_[gram(scratch_)];
  filter_.set(hash);
  live_.fetch_add(1, std::memory_order_release);
  return index;
}

bool CandidateStore::make_room(std::size_t bytes) {
  while (bytes_ + bytes > config_.memory_bytes && !closed_.empty()) {
    ++counts_.evicted;
    forget_oldest();
  }
  return bytes_ + bytes <= config_.memory_bytes;
}

void CandidateStore::close(Request& request, Clock::time_point now) {
  if (!request.is_open()) {
    return;
  }
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[request.slot_];
  entry.closed = now;
  for (const std::uint32_t index : entry.values) {
    assert(values_[index].open != 0);
    --values_[index].open;
    values_[index].last_closed = std::max(values_[index].last_closed, now);
  }
  closed_.push_back(request.slot_);
  request.slot_ = kNone;
  sweep(now);
}

void CandidateStore::sweep(Clock::time_point now) {
  while (!closed_.empty() && entries_[closed_.front()].closed + config_.grace < now) {
    forget_oldest();
  }
}

void CandidateStore::forget_oldest() {
  const std::uint32_t slot = closed_.front();
  closed_.pop_front();
  Entry& entry = entries_[slot];
  for (const std::uint32_t index : entry.values) {
    let_go(index);
  }
  if (entry.has_trace) {
    auto [at, end] = traces_.equal_range(entry.trace);
    at = std::find_if(at, end, [slot](const auto& known) { return known.second == slot; });
    traces_.erase(at);
  }
  entry = Entry();
  bytes_ -= kEntryBytes;
  free_entries_.push_back(slot);
}

void CandidateStore::let_go(std::uint32_t index) {
  Value& value = values_[index];
  if (--value.holders != 0) {
    return;
  }
  ordered_.erase(index);
  if (--of_hash_[value.hash] == 0) {
    filter_.clear(value.hash);
  }
  if (const auto same = of_gram_.find(gram(value.bytes)); --same->second == 0) {
    of_gram_.erase(same);
  }
  bytes_ -= kValueBytes + value.bytes.size() + value.source.size();
  value = Value();
  free_values_.push_back(index);
  live_.fetch_sub(1, std::memory_order_release);
}

/// What comparing one statement goes along with.
struct CandidateStore::Comparing {
  std::string_view statement;    ///< folded
  const Trace* trace = nullptr;  ///< null: no request of it is known
  Clock::time_point now;
  std::size_t left = 0;  ///< bytes that may still be compared
  bool is_trace_marked = false;

  void spend(std::size_t bytes) noexcept { left -= std::min(left, bytes); }
};

CandidateStore::Search CandidateStore::find(std::string_view statement, const Trace* trace, Clock::time_point now,
                                            Found& found) {
  found.clear();
  std::size_t first = statement.size();
  filter_.scan(statement, 0, [&first](std::size_t at, std::uint32_t /*hash*/) {
    first = at;
    return false;
  });
  if (first == statement.size()) {
    return Search::kAll;
  }
  fold_into(statement, found.folded);
  const std::lock_guard lock(mutex_);
  sweep(now);
  const std::size_t most = 2 * std::size_t{config_.memory_bytes} + kComparedPerByte * statement.size();
  Comparing comparing{found.folded, trace != nullptr && knows(*trace) ? trace : nullptr, now, most};
  ++searches_;
  filter_.scan(statement, first, [&](std::size_t at, std::uint32_t /*hash*/) {
    compare(comparing, at, found);
    return comparing.left != 0;
  });
  found.work = most - comparing.left;
  return comparing.left == 0 ? Search::kTooLong : Search::kAll;
}

std::uint64_t CandidateStore::gram(std::string_view folded) const noexcept {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, folded.data(), config_.min_length);
  return bytes;
}

CandidateStore::Shared CandidateStore::last_before(Comparing& comparing, std::string_view text) const {
  const auto behind = ordered_.upper_bound(text);
  const auto levels = static_cast<std::size_t>(std::bit_width(ordered_.size()));
  comparing.spend(kStepBytes + levels * kLevelBytes);
  if (behind == ordered_.begin()) {
    return {};
  }
  const std::uint32_t index = *std::prev(behind);
  const std::string& value = values_[index].bytes;
  const auto differs = std::mismatch(value.begin(), value.end(), text.begin(), text.end()).first;
  const auto shared = static_cast<std::uint32_t>(differs - value.begin());
  comparing.spend(levels * shared / kAtOnceBytes);
  return shared < config_.min_length ? Shared{} : Shared{index, shared};
}

/// The longest value that the first bytes of another begin with. Of all values the last that is not behind a text has
/// every value that the text begins with among its own beginnings: so what it shares with the text bounds them, and the
/// next is looked for in that alone. Places that repeat each other take the same steps: those are remembered.
std::uint32_t CandidateStore::longest_beginning(Comparing& comparing, Shared of) {
  path_.clear();
  const auto step_of = [this](const Shared& one) -> Step& {
    return steps_[(one.value * 0x9E37'79B1U + one.bytes * 0x85EB'CA77U) % kKnownSteps];
  };
  std::uint32_t found = kNone;
  while (of.value != kNone && of.bytes >= config_.min_length && comparing.left != 0) {
    if (of.bytes == values_[of.value].bytes.size()) {
      found = of.value;
      break;
    }
    const Step& known = step_of(of);
    if (known.search == searches_ && known.of.value == of.value && known.of.bytes == of.bytes) {
      found = known.found;
      break;
    }
    path_.push_back(of);
    of = last_before(comparing, std::string_view(values_[of.value].bytes).substr(0, of.bytes));
  }
  for (const Shared& one : path_) {
    step_of(one) = {searches_, one, found};
  }
  return found;
}

void CandidateStore::compare(Comparing& comparing, std::size_t at, Found& found) {
  const std::string_view text = comparing.statement.substr(at);
  comparing.spend(1);
  if (!of_gram_.contains(gram(text))) {
    return;  // others of the filter's bit
  }
  std::uint32_t whole = longest_beginning(comparing, last_before(comparing, text));
  while (whole != kNone && comparing.left != 0) {
    comparing.spend(kStepBytes);
    if (is_live(values_[whole], comparing.now)) {
      tell(comparing, at, whole, found);
    }
    const auto shorter = static_cast<std::uint32_t>(values_[whole].bytes.size() - 1);
    whole = longest_beginning(comparing, {whole, shorter});
  }
}

/// Once a search, however many of its values stand in the statement.
void CandidateStore::mark_trace(Comparing& comparing) {
  comparing.is_trace_marked = true;
  const auto [begin, end] = traces_.equal_range(*comparing.trace);
  for (auto known = begin; known != end; ++known) {
    for (const std::uint32_t index : entries_[known->second].values) {
      values_[index].of_trace_in = searches_;
      comparing.spend(1);
    }
  }
}

void CandidateStore::tell(Comparing& comparing, std::size_t at, std::uint32_t index, Found& found) {
  if (comparing.trace != nullptr && !comparing.is_trace_marked) {
    mark_trace(comparing);
  }
  Value& value = values_[index];
  if (value.seen_in != searches_) {
    value.seen_in = searches_;
    value.place = static_cast<std::uint32_t>(found.values.size());
    found.values.push_back({index, value.source});
  }
  found.hits.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + value.bytes.size()),
                        value.place, comparing.trace != nullptr && value.of_trace_in != searches_});
}

CandidateStore::Counts CandidateStore::counts() const {
  const std::lock_guard lock(mutex_);
  Counts counts = counts_;
  counts.values = live_.load(std::memory_order_relaxed);
  counts.bytes = bytes_;
  return counts;
}

}  // namespace gabion::inspect::sql::taint
