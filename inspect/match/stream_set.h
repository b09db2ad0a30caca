// Many patterns over a stream that arrives in pieces: matches are the same wherever it is cut.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "config/result.h"
#include "inspect/match/pattern.h"
#include "inspect/scratch.h"

namespace gabion::inspect::match {

/// Immutable, shared by all workers.
class StreamSet {
 public:
  /// See PatternSet::compile.
  [[nodiscard]] static config::Result<StreamSet> compile(std::span<const Pattern> patterns);
  /// For feed_every(): letters are exact unless the expression says (?i), every end of a match is reported, and there
  /// may be kMostOfEvery patterns.
  [[nodiscard]] static config::Result<StreamSet> compile_every(std::span<const Pattern> patterns);
  static constexpr std::size_t kMostOfEvery = 512;
  StreamSet(StreamSet&&) noexcept;
  StreamSet& operator=(StreamSet&&) noexcept;
  ~StreamSet();

  /// REQUIRED once for each scratch before a stream of this set is fed with it.
  [[nodiscard]] config::Result<void> prepare(Scratch& scratch) const;

  /// Bytes of memory one Stream holds.
  [[nodiscard]] std::size_t stream_bytes() const noexcept;

 private:
  friend class Stream;
  struct Impl;
  explicit StreamSet(std::unique_ptr<const Impl> impl) noexcept;
  std::unique_ptr<const Impl> impl_;
};

/// The memory of one scan, used again for the next: the only allocation is in the first begin(). Belongs to one
/// connection. Every call but begin() REQUIRES an earlier begin() that said kDone.
class Stream {
 public:
  /// Borrows `set`, which must outlive the stream.
  explicit Stream(const StreamSet& set) noexcept;
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// Starts at offset 0, forgetting what was fed before.
  [[nodiscard]] ScanStatus begin() noexcept;
  /// Continues as if everything fed to `other`, a stream of the same set, had been fed to this one.
  [[nodiscard]] ScanStatus begin_as(const Stream& other, Scratch& scratch) noexcept;
  /// Adds the matches that end in `bytes` to `matches`.
  [[nodiscard]] ScanStatus feed(std::string_view bytes, Scratch& scratch, MatchList& matches) noexcept;
  /// Of a set made by compile_every(): all matches that end in `bytes`, in the order of their ends. `found` lies in
  /// `scratch` until it is used again; give it at most kEveryBytes at a time, which bounds it.
  [[nodiscard]] ScanStatus feed_every(std::string_view bytes, Scratch& scratch, std::span<const Match>& found) noexcept;
  static constexpr std::size_t kEveryBytes = 2048;
  /// The same for those that needed the end to be known. The stream then is as after begin().
  [[nodiscard]] ScanStatus finish_every(Scratch& scratch, std::span<const Match>& found) noexcept;
  /// Adds the matches that needed the end to be known. The stream then is as after begin().
  [[nodiscard]] ScanStatus finish(Scratch& scratch, MatchList& matches) noexcept;

 private:
  struct Impl;
  const StreamSet* set_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::inspect::match
