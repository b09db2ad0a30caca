// The detectors' states of one connection: private to the pipeline's two halves.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "inspect/pipeline.h"

namespace gabion::inspect {

/// One state per detector of one profile, for all exchanges of the connection.
struct Inspection::ProfileStates {
  struct Entry {
    std::string_view detector;
    std::unique_ptr<DetectorState> state;
  };
  const CompiledProfile* profile = nullptr;
  std::vector<Entry> entries;
};

}  // namespace gabion::inspect
