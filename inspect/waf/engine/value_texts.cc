// Walks a field's trie of transformations, sharing steps that start from the same text.
#include "inspect/waf/engine/value_texts.h"

#include <algorithm>
#include <utility>

#include "inspect/waf/transform/transform.h"

namespace gabion::inspect::waf::engine {

void ValueTexts::begin(State& state, std::string_view value) {
  state_ = &state;
  texts_.clear();
  texts_.push_back({value, transform::classes_of(value), 0});
}

std::span<const ValueTexts::Text> ValueTexts::of(const plan::ScanField& field) {
  if (field.steps.size() == 1) {
    texts_.front().nodes = 1;
    return std::span(texts_).first(1);
  }
  const auto classes = texts_.front().classes;
  const bool changes = std::any_of(field.sometimes.begin(), field.sometimes.end(),
                                   [&](auto transformation) { return transform::may_change(transformation, classes); });
  if (!changes && field.always.empty()) {
    texts_.front().nodes = field.plain_nodes;
    return std::span(texts_).first(1);
  }
  for (auto& text : texts_) {
    text.nodes = 0;
  }
  if (made_.size() < kMostTexts) {  // at once: texts_ view the strings
    made_.resize(kMostTexts);
    buffers_.resize(kMostTexts);
  }
  if (texts_.size() == 1) {
    made_.front().fill(kUnknown);
  }
  if (changes) {
    walk(field);
  } else {
    walk_always(field);
  }
  return texts_;
}

void ValueTexts::trim() noexcept {
  if (std::exchange(longest_, 0) > kKeptBytes) {
    texts_.clear();
    for (auto& buffer : buffers_) {
      if (buffer.capacity() > kKeptBytes) {
        buffer = std::string();
      }
    }
  }
}

void ValueTexts::walk(const plan::ScanField& field) {
  texts_.front().nodes = 1;
  text_of_.front() = 0;
  for (std::size_t node = 1; node < field.steps.size(); ++node) {
    take_step(field, node);
  }
}

/// Where the other transformations leave the value alone.
void ValueTexts::walk_always(const plan::ScanField& field) {
  texts_.front().nodes = field.plain_nodes;
  text_of_.fill(0);
  for (const auto node : field.always) {
    take_step(field, node);
  }
}

void ValueTexts::take_step(const plan::ScanField& field, std::size_t node) {
  const auto& step = field.steps[node];
  text_of_[node] = transform(text_of_[step.parent], step.transformation);
  texts_[text_of_[node]].nodes |= std::uint64_t{1} << node;
}

std::uint8_t ValueTexts::transform(std::uint8_t from, seclang::Transformation transformation) {
  if (!transform::may_change(transformation, texts_[from].classes)) {
    return from;
  }
  auto& made = made_[from][static_cast<std::size_t>(transformation)];
  if (made == kUnknown) {
    made = make(from, transformation);
  }
  return made;
}

std::uint8_t ValueTexts::make(std::uint8_t from, seclang::Transformation transformation) {
  if (!charge(*state_, texts_[from].bytes.size())) {
    return from;
  }
  auto& buffer = buffers_[texts_.size() - 1];
  const bool changed = transform::apply(transformation, texts_[from].bytes, buffer);
  longest_ = std::max(longest_, buffer.capacity());
  if (!changed) {
    return from;
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (texts_[i].bytes == buffer) {
      return static_cast<std::uint8_t>(i);
    }
  }
  made_[texts_.size()].fill(kUnknown);
  texts_.push_back({buffer, transform::classes_of(buffer), 0});
  return static_cast<std::uint8_t>(texts_.size() - 1);
}

}  // namespace gabion::inspect::waf::engine
