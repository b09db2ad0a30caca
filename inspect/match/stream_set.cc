// Streaming mode of Hyperscan; streams are opened once and reset, never reopened.
#include "inspect/match/stream_set.h"

#include <algorithm>
#include <limits>
#include <new>

#include "inspect/match/database.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {
namespace {

/// Stops the scan where there is no memory for one more.
int collect_every(unsigned id, unsigned long long /*from*/, unsigned long long to, unsigned /*flags*/, void* hits) {
  auto& list = *static_cast<std::vector<Match>*>(hits);
  try {
    list.push_back({id, to});
  } catch (const std::bad_alloc&) {
    return 1;
  }
  return 0;
}

std::span<const Match> by_end(std::vector<Match>& hits) noexcept {
  const auto earlier = [](const Match& one, const Match& other) { return one.end < other.end; };
  if (!std::is_sorted(hits.begin(), hits.end(), earlier)) {
    std::sort(hits.begin(), hits.end(), [](const Match& one, const Match& other) {
      return one.end != other.end ? one.end < other.end : one.pattern < other.pattern;
    });
  }
  return hits;
}

}  // namespace

struct StreamSet::Impl {
  Database database;
};

StreamSet::StreamSet(std::unique_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
StreamSet::StreamSet(StreamSet&&) noexcept = default;
StreamSet& StreamSet::operator=(StreamSet&&) noexcept = default;
StreamSet::~StreamSet() = default;

config::Result<StreamSet> StreamSet::compile(std::span<const Pattern> patterns) {
  auto database = compile_database(patterns, HS_MODE_STREAM);
  if (!database) {
    return database.error();
  }
  return StreamSet(std::make_unique<const Impl>(Impl{std::move(*database)}));
}

config::Result<StreamSet> StreamSet::compile_every(std::span<const Pattern> patterns) {
  auto database = compile_database(patterns, HS_MODE_STREAM, HS_FLAG_DOTALL, kMostOfEvery);
  if (!database) {
    return database.error();
  }
  return StreamSet(std::make_unique<const Impl>(Impl{std::move(*database)}));
}

config::Result<void> StreamSet::prepare(Scratch& scratch) const {
  return grow_scratch(impl_->database.get(), scratch);
}

std::size_t StreamSet::stream_bytes() const noexcept {
  std::size_t bytes = 0;
  const hs_error_t status = hs_stream_size(impl_->database.get(), &bytes);
  return status == HS_SUCCESS ? bytes : 0;
}

struct Stream::Impl {
  hs_stream_t* stream = nullptr;

  ~Impl() {
    if (stream != nullptr) {
      hs_close_stream(stream, nullptr, nullptr, nullptr);
    }
  }
};

Stream::Stream(const StreamSet& set) noexcept : set_(&set) {}
Stream::~Stream() = default;

ScanStatus Stream::begin() noexcept {
  if (impl_ != nullptr) {
    return to_status(hs_reset_stream(impl_->stream, 0, nullptr, nullptr, nullptr));
  }
  std::unique_ptr<Impl> opened(new (std::nothrow) Impl());
  if (opened == nullptr) {
    return ScanStatus::kFailed;
  }
  if (hs_open_stream(set_->impl_->database.get(), 0, &opened->stream) != HS_SUCCESS) {
    return ScanStatus::kFailed;
  }
  impl_ = std::move(opened);
  return ScanStatus::kDone;
}

ScanStatus Stream::begin_as(const Stream& other, Scratch& scratch) noexcept {
  if (other.impl_ == nullptr || (impl_ == nullptr && begin() == ScanStatus::kFailed)) {
    return ScanStatus::kFailed;
  }
  return to_status(
      hs_reset_and_copy_stream(impl_->stream, other.impl_->stream, scratch.impl().engine, nullptr, nullptr));
}

ScanStatus Stream::feed(std::string_view bytes, Scratch& scratch, MatchList& matches) noexcept {
  if (impl_ == nullptr || bytes.size() > std::numeric_limits<unsigned>::max()) {
    return ScanStatus::kFailed;
  }
  if (bytes.empty()) {
    return ScanStatus::kDone;
  }
  return to_status(hs_scan_stream(impl_->stream, bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                                  scratch.impl().engine, collect_match, &matches));
}

ScanStatus Stream::feed_every(std::string_view bytes, Scratch& scratch, std::span<const Match>& found) noexcept {
  auto& hits = scratch.impl().hits;
  hits.clear();
  found = {};
  if (impl_ == nullptr || bytes.size() > kEveryBytes) {
    return ScanStatus::kFailed;
  }
  if (bytes.empty()) {
    return ScanStatus::kDone;
  }
  const hs_error_t status = hs_scan_stream(impl_->stream, bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                                           scratch.impl().engine, collect_every, &hits);
  found = by_end(hits);
  return to_status(status);
}

ScanStatus Stream::finish_every(Scratch& scratch, std::span<const Match>& found) noexcept {
  auto& hits = scratch.impl().hits;
  hits.clear();
  found = {};
  if (impl_ == nullptr) {
    return ScanStatus::kFailed;
  }
  const hs_error_t status = hs_reset_stream(impl_->stream, 0, scratch.impl().engine, collect_every, &hits);
  found = by_end(hits);
  return to_status(status);
}

ScanStatus Stream::finish(Scratch& scratch, MatchList& matches) noexcept {
  if (impl_ == nullptr) {
    return ScanStatus::kFailed;
  }
  return to_status(hs_reset_stream(impl_->stream, 0, scratch.impl().engine, collect_match, &matches));
}

}  // namespace gabion::inspect::match
