// What the demo shows: each scene is a request, what should come back, and why the sidecar says it did.
#pragma once

#include <string>
#include <vector>

#include "proxy/commands/demo/mesh.h"
#include "proxy/commands/demo/service.h"

namespace gabion::proxy::demo {

struct SceneResult {
  std::string title;
  std::string sent;
  std::string came_back;
  std::string why;
  bool as_expected = false;
};

/// Plays all scenes in order; `progress` is called with each as it ends.
[[nodiscard]] std::vector<SceneResult> play(Mesh& mesh, const Service& service);

}  // namespace gabion::proxy::demo
