// Labelled counters: look-up by views, ownership only for a series' first appearance.
#include "proxy/admin/labelled_counts.h"

#include <algorithm>
#include <utility>

namespace gabion::proxy {
namespace {

LabelledCounts::LabelViews views_of(const LabelledCounts::Labels& labels) noexcept {
  LabelledCounts::LabelViews views;
  std::copy(labels.begin(), labels.end(), views.begin());
  return views;
}

}  // namespace

std::size_t LabelledCounts::Hash::operator()(const LabelViews& labels) const noexcept {
  std::size_t hash = 0;
  for (const std::string_view label : labels) {
    hash = hash * 1'000'003U + std::hash<std::string_view>{}(label);
  }
  return hash;
}

std::size_t LabelledCounts::Hash::operator()(const Labels& labels) const noexcept {
  return (*this)(views_of(labels));
}

bool LabelledCounts::Equal::operator()(const LabelViews& left, const Labels& right) const noexcept {
  return std::equal(left.begin(), left.end(), right.begin());
}

void LabelledCounts::add(const LabelViews& labels, std::uint64_t amount) {
  if (const auto found = series_.find(labels); found != series_.end()) {
    found->second.count += amount;
    return;
  }
  if (series_.size() >= max_series_) {
    other_ += amount;
    return;
  }
  Labels owned;
  std::copy(labels.begin(), labels.end(), owned.begin());
  const Series created{amount, series_.size()};
  series_.emplace(std::move(owned), created);
}

std::vector<LabelledCounts::Entry> LabelledCounts::entries() const {
  std::vector<Entry> ordered(series_.size());
  for (const auto& [labels, series] : series_) {
    ordered[series.ordinal] = {&labels, series.count};
  }
  return ordered;
}

void LabelledCounts::add_all(const LabelledCounts& more) {
  for (const Entry& entry : more.entries()) {
    add(views_of(*entry.labels), entry.count);
  }
  other_ += more.other_;
}

std::uint64_t LabelledCounts::value(const LabelViews& labels) const {
  const auto found = series_.find(labels);
  return found == series_.end() ? 0 : found->second.count;
}

}  // namespace gabion::proxy
