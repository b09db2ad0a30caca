// Ownership shared by the parts of one session, whose copies are counted without atomics.
#pragma once

#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>
#include <utility>

namespace gabion::proxy::postgres {

/// All owners must be on one worker's thread. A message has some ten of these change hands, each of which would lock
/// the bus.
template <class T>
using LocalRef = boost::local_shared_ptr<T>;

template <class T, class... Arguments>
[[nodiscard]] LocalRef<T> make_local(Arguments&&... arguments) {
  return boost::make_local_shared<T>(std::forward<Arguments>(arguments)...);
}

}  // namespace gabion::proxy::postgres
