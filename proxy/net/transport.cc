// What every transport knows of its socket: see transport.h.
#include "proxy/net/transport.h"

#include "proxy/net/socket.h"

namespace gabion::proxy {

bool Transport::is_dead() noexcept {
  return socket().is_dead();
}

}  // namespace gabion::proxy
