// Ownership of the scan space: allocated by prepare() of the pattern sets, freed here.
#include "inspect/scratch.h"

#include <hs.h>

#include "inspect/match/scratch_impl.h"
#include "inspect/waf/engine/persistent_table.h"

namespace gabion::inspect {

Scratch::Scratch() : impl_(std::make_unique<Impl>()) {
  impl_->persistent = std::make_unique<waf::engine::PersistentTable>();
}

Scratch::~Scratch() {
  hs_free_scratch(impl_->engine);
}

}  // namespace gabion::inspect
