// Runs of units: most messages are one run, a wholly escaped or wide one is one run, too.
#include "inspect/dlp/fields/flat_text.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "inspect/wipe.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kKeptBytes = std::size_t{32} * 1024;
constexpr std::size_t kKeptRuns = 256;
constexpr std::size_t kMaxStep = std::numeric_limits<std::uint8_t>::max();

}  // namespace

void FlatText::reset() noexcept {
  view_ = {};
  wipe(copy_);
  skipped_ = 0;
  is_view_ = true;
  begin_ = 0;
  raw_ = 0;
  last_raw_end_ = 0;
  runs_.clear();
  first_run_ = 0;
  marks_.clear();
  first_mark_ = 0;
}

void FlatText::release() noexcept {
  if (copy_.capacity() > kKeptBytes) {
    std::string().swap(copy_);
    skipped_ = 0;
  }
  if (runs_.capacity() > kKeptRuns) {
    std::vector<Run>().swap(runs_);
    first_run_ = 0;
  }
  if (marks_.capacity() > kKeptRuns) {
    std::vector<Mark>().swap(marks_);
    first_mark_ = 0;
  }
}

void FlatText::open(std::string_view window, std::uint64_t raw_offset) {
  const std::size_t held = size();
  window_ = window;
  skip_empty_runs();
  const bool is_one = held == 0 || (runs_.size() - first_run_ == 1 && runs_[first_run_].flat_step == 1 &&
                                    runs_[first_run_].raw_step == 1 && runs_[first_run_].level == 0);
  const std::uint64_t raw_begin = held == 0 ? raw_ : raw_before(begin_);
  if (!is_one || raw_begin < raw_offset || raw_begin - raw_offset + held > window.size()) {
    return;
  }
  view_ = window.substr(static_cast<std::size_t>(raw_begin - raw_offset), held);
  is_view_ = true;
  copy_.clear();
  skipped_ = 0;
}

void FlatText::detach() {
  if (is_view_) {
    copy_.assign(view_);
    skipped_ = 0;
    is_view_ = false;
    view_ = {};
  }
}

bool FlatText::is_in_window(std::string_view bytes) const noexcept {
  const std::less_equal<const char*> before;
  return before(window_.data(), bytes.data()) && before(bytes.data() + bytes.size(), window_.data() + window_.size());
}

/// The first run is the one of begin().
void FlatText::skip_empty_runs() noexcept {
  while (first_run_ + 1 < runs_.size() && runs_[first_run_ + 1].flat <= begin_) {
    ++first_run_;
  }
}

bool FlatText::extends(std::size_t flat_step, std::size_t raw_step, EscapeLevel level) const noexcept {
  if (runs_.empty() || last_raw_end_ != raw_) {
    return false;
  }
  const Run& last = runs_.back();
  return last.flat_step == flat_step && last.raw_step == raw_step && last.level == level;
}

void FlatText::add_run(std::size_t flat_step, std::size_t raw_step, EscapeLevel level) {
  if (extends(flat_step, raw_step, level)) {
    return;
  }
  if (runs_.size() - first_run_ >= kMaxRuns) {
    runs_.back().raw_step = 0;
    runs_.back().level = kOpaque;
    return;
  }
  const bool fits = flat_step <= kMaxStep && raw_step <= kMaxStep;
  runs_.push_back({end(), raw_, static_cast<std::uint8_t>(fits ? flat_step : 0),
                   static_cast<std::uint8_t>(fits ? raw_step : 0), level});
}

void FlatText::plain(std::string_view bytes) {
  if (bytes.empty()) {
    return;
  }
  add_run(1, 1, 0);
  if (is_view_ && is_in_window(bytes) && (view_.empty() || bytes.data() == view_.data() + view_.size())) {
    view_ = {view_.empty() ? bytes.data() : view_.data(), view_.size() + bytes.size()};
  } else {
    detach();
    copy_.append(bytes);
  }
  raw_ += bytes.size();
  last_raw_end_ = raw_;
}

void FlatText::unit(std::string_view flat, std::size_t raw_bytes, EscapeLevel level) {
  if (!flat.empty()) {
    add_run(flat.size(), raw_bytes, level);
    detach();
    copy_.append(flat);
    last_raw_end_ = raw_ + raw_bytes;
  }
  raw_ += raw_bytes;
}

std::size_t FlatText::run_at(FlatOffset at) const noexcept {
  const auto first = runs_.begin() + static_cast<std::ptrdiff_t>(first_run_);
  const auto behind =
      std::upper_bound(first, runs_.end(), at, [](FlatOffset x, const Run& run) { return x < run.flat; });
  return static_cast<std::size_t>(behind - runs_.begin()) - 1;
}

RawSpan FlatText::raw_span(FlatOffset from, FlatOffset to) const noexcept {
  const std::size_t last = run_at(to - 1);
  const Run& run = runs_[last];
  if (run.raw_step != 0) {
    return {raw_before(from), run.raw + ((to - 1 - run.flat) / run.flat_step + 1) * run.raw_step};
  }
  return {raw_before(from), last + 1 == runs_.size() ? last_raw_end_ : runs_[last + 1].raw};
}

std::uint64_t FlatText::raw_before(FlatOffset at) const noexcept {
  if (at == end()) {
    return raw_;
  }
  const Run& run = runs_[run_at(at)];
  return run.raw_step == 0 ? run.raw : run.raw + (at - run.flat) / run.flat_step * run.raw_step;
}

RawForm FlatText::raw_form(FlatOffset from, FlatOffset to) const noexcept {
  const RawSpan raw = raw_span(from, to);
  // Bytes of the format between those of the value (line ends and names of an event's lines) go with it.
  RawForm form = raw.end - raw.begin == to - from ? RawForm::kSame : RawForm::kEscapes;
  for (std::size_t run = run_at(from); run < runs_.size() && runs_[run].flat < to; ++run) {
    if (runs_[run].level == kFromBase64) {
      return RawForm::kBase64;
    }
    if (runs_[run].level != 0) {
      form = form == RawForm::kWide ? form : RawForm::kEscapes;
    } else if (runs_[run].raw_step != 1) {
      form = RawForm::kWide;
    }
  }
  return form;
}

void FlatText::forget_before(FlatOffset to) {
  const auto gone = static_cast<std::size_t>(to - begin_);
  while (first_mark_ < marks_.size() && marks_[first_mark_].at <= to) {
    ++first_mark_;
  }
  if (first_mark_ * 2 > marks_.size()) {
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(first_mark_));
    first_mark_ = 0;
  }
  if (is_view_) {
    view_.remove_prefix(gone);
  } else {
    skipped_ += gone;
  }
  begin_ = to;
  skip_empty_runs();
  if (first_run_ * 2 > runs_.size()) {
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(first_run_));
    first_run_ = 0;
  }
  if (skipped_ * 2 > copy_.size()) {
    copy_.erase(0, skipped_);
    skipped_ = 0;
  }
}

}  // namespace gabion::inspect::dlp
