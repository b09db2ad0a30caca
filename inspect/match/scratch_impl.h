// What Scratch holds: the scan space of Hyperscan and buffers for transformed bytes.
#pragma once

#include <string>

#include "inspect/scratch.h"

struct hs_scratch;

namespace gabion::inspect {

/// Buffers keep their capacity from exchange to exchange; each is used within one call only.
struct Scratch::Impl {
  hs_scratch* engine = nullptr;
  std::string decoded;     ///< a value after its first decoding
  std::string between;     ///< on the way to `normalized`
  std::string normalized;  ///< the same decoded again, comments collapsed
};

}  // namespace gabion::inspect
