// What every transport knows of its socket: see transport.h.
#include "proxy/net/transport.h"

#include "proxy/net/socket.h"

namespace gabion::proxy {

bool Transport::is_dead() noexcept {
  return socket().is_dead();
}

IoStatus Transport::finish_write() noexcept {
  shutdown_write();
  return IoStatus::kOk;
}

}  // namespace gabion::proxy
