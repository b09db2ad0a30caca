// explicit_bzero(3) is what glibc promises not to optimize away.
#include "inspect/wipe.h"

#include <cstring>

namespace gabion::inspect {

void wipe(std::string& text) noexcept {
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace gabion::inspect
