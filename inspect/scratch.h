// Per-worker working memory of the pattern engines, so that matching allocates nothing.
#pragma once

#include <cstdint>
#include <memory>

namespace gabion::inspect {

/// One per worker; never shared between threads. Grown by Snapshot::prepare.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Values that the rules' scans had remembered and that left for others.
  [[nodiscard]] std::uint64_t evicted_scans() const noexcept;

  /// Opaque here; inspect/match knows it (hs_scratch_t and an arena for transformed bytes).
  struct Impl;
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::inspect
