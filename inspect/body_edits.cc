// Keeps edits in order, joins those that overlap and says how far the body may leave without cutting one in two.
#include "inspect/body_edits.h"

#include <algorithm>
#include <tuple>

namespace gabion::inspect {

void EditList::begin_window(std::uint64_t begin, std::uint64_t end) {
  window_begin_ = begin;
  window_end_ = end;
  if (settled_ != 0) {
    drop_settled();
  }
}

bool EditList::replace(std::uint64_t offset, std::uint32_t length, std::string_view text) {
  const bool is_inside = offset >= window_begin_ && offset <= window_end_ && length <= window_end_ - offset;
  if (failed_ || !is_inside || edits_.size() == kMaxEdits ||
      text.size() > text_limit_ - std::min(text_limit_, text_.size())) {
    failed_ = true;
    return false;
  }
  Edit edit;
  edit.offset = offset;
  edit.length = length;
  edit.text_begin = static_cast<std::uint32_t>(text_.size());
  edit.text_size = static_cast<std::uint32_t>(text.size());
  edit.author = author_;
  text_.append(text);
  // Of one author at one offset the longest goes first, then the text decides: when each was asked for depends on the
  // cut. Insertions stay in the order in which they came.
  const auto place = std::upper_bound(edits_.begin(), edits_.end(), edit, [this](const Edit& a, const Edit& b) {
    if (std::tie(a.offset, a.author) != std::tie(b.offset, b.author) || a.length == 0 || b.length == 0) {
      return std::tuple(a.offset, a.author, a.length != 0) < std::tuple(b.offset, b.author, b.length != 0);
    }
    const auto text_of = [this](const Edit& one) {
      return std::string_view(text_).substr(one.text_begin, one.text_size);
    };
    return a.length != b.length ? a.length > b.length : text_of(a) < text_of(b);
  });
  edits_.insert(place, edit);
  return true;
}

/// Joins the groups of edits that overlap among the first `settled_`, which leave: no other edit comes to them any
/// more, so that the result does not depend on the order in which they came. The first of a group grows over all of it
/// and its text stands for the group. What keeps the length keeps it beyond the first, too: masks that overlap are a
/// mask of all they cover.
void EditList::join_overlapping() {
  std::size_t kept = 0;
  for (std::size_t i = 1; i < settled_; ++i) {
    Edit& group = edits_[kept];
    const Edit& next = edits_[i];
    const std::uint64_t end = group.offset + group.length;
    const std::uint64_t next_end = next.offset + next.length;
    if (next.offset >= end) {
      edits_[++kept] = next;
      continue;
    }
    if (next_end > end && next.text_size == next.length) {
      const auto beyond = static_cast<std::uint32_t>(next_end - end);
      if (std::size_t{group.text_begin} + group.text_size != text_.size()) {  // copied once, then it grows at the end
        const auto joined = static_cast<std::uint32_t>(text_.size());
        text_.append(text_, group.text_begin, group.text_size);
        group.text_begin = joined;
      }
      text_.append(text_, next.text_begin + next.text_size - beyond, beyond);
      group.text_size += beyond;
    }
    group.length = std::max(end, next_end) - group.offset;
  }
  if (settled_ > 0) {
    edits_.erase(edits_.begin() + static_cast<std::ptrdiff_t>(kept + 1),
                 edits_.begin() + static_cast<std::ptrdiff_t>(settled_));
    settled_ = kept + 1;
  }
}

std::uint64_t EditList::settle(std::uint64_t end, Part part) {
  settled_ = 0;
  std::uint64_t leaves_to = end;
  for (std::size_t first = 0; first < edits_.size();) {
    const std::uint64_t begin = edits_[first].offset;
    if (begin >= end && part == Part::kMiddle) {
      break;
    }
    std::uint64_t group_end = begin + edits_[first].length;
    std::size_t behind = first + 1;
    for (; behind < edits_.size() && edits_[behind].offset < group_end; ++behind) {
      group_end = std::max(group_end, edits_[behind].offset + edits_[behind].length);
    }
    if (group_end > end) {
      leaves_to = begin;
      break;
    }
    settled_ = first = behind;
  }
  join_overlapping();
  return leaves_to;
}

void EditList::drop_settled() {
  edits_.erase(edits_.begin(), edits_.begin() + static_cast<std::ptrdiff_t>(settled_));
  settled_ = 0;
  compact_text();
}

void EditList::compact_text() {
  if (edits_.empty()) {
    text_.clear();
    return;
  }
  std::string kept;
  for (Edit& edit : edits_) {
    const auto begin = static_cast<std::uint32_t>(kept.size());
    kept.append(text_, edit.text_begin, edit.text_size);
    edit.text_begin = begin;
  }
  text_ = std::move(kept);
}

void EditList::clear() noexcept {
  edits_.clear();
  text_.clear();
  settled_ = 0;
  text_limit_ = kMaxTextBytes;
  failed_ = false;
}

void EditList::release() noexcept {
  constexpr std::size_t kFewEdits = 16;
  constexpr std::size_t kLittleText = 1024;
  if (edits_.capacity() > kFewEdits || text_.capacity() > kLittleText) {
    *this = EditList();
  }
}

}  // namespace gabion::inspect
