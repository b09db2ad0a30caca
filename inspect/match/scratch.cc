// Ownership of the scan space: allocated by prepare() of the pattern sets, freed here.
#include "inspect/scratch.h"

#include <hs.h>

#include "inspect/dlp/clean_memo.h"
#include "inspect/match/scratch_impl.h"
#include "inspect/waf/engine/persistent_table.h"
#include "inspect/waf/engine/scan_memo.h"
#include "inspect/waf/engine/worker_space.h"

namespace gabion::inspect {

Scratch::Scratch() : impl_(std::make_unique<Impl>()) {
  impl_->persistent = std::make_unique<waf::engine::PersistentTable>();
  impl_->memos = std::make_unique<waf::engine::ScanMemos>();
  impl_->clean = std::make_unique<dlp::CleanMemos>();
  impl_->space = std::make_unique<waf::engine::WorkerSpace>();
}

std::uint64_t Scratch::evicted_scans() const noexcept {
  return impl_->memos->evicted();
}

Scratch::~Scratch() {
  hs_free_scratch(impl_->engine);
}

}  // namespace gabion::inspect
