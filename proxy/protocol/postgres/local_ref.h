// Ownership shared by the parts of one session: counted without atomics.
#pragma once

#include <memory>
#include <utility>

namespace gabion::proxy::postgres {

/// libstdc++'s std::shared_ptr whose count is a plain number: all owners must be on one worker's thread. A message has
/// some ten of these change hands, each of which would lock the bus.
template <class T>
using LocalRef = std::__shared_ptr<T, __gnu_cxx::_S_single>;

template <class T, class... Arguments>
[[nodiscard]] LocalRef<T> make_local(Arguments&&... arguments) {
  return std::__make_shared<T, __gnu_cxx::_S_single>(std::forward<Arguments>(arguments)...);
}

}  // namespace gabion::proxy::postgres
