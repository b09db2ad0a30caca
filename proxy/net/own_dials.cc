// The calls that this process itself has under way: see own_dials.h.
#include "proxy/net/own_dials.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "proxy/net/socket.h"

namespace gabion::proxy {

DialShare::Entry::~Entry() {
  if (share_ != nullptr) {
    share_->forget(ends_);
  }
}

std::size_t DialShare::Hash::operator()(const DialledEnds& ends) const noexcept {
  const std::hash<config::IpAddress> address;
  return (address(ends.source.address) * 31 + ends.source.port) ^
         ((address(ends.destination.address) * 31 + ends.destination.port) << 1U);
}

config::Result<DialShare::Dialled> DialShare::connect(const config::Endpoint& destination,
                                                      const config::IpAddress* source) {
  const std::scoped_lock lock(mutex_);
  const auto fd = start_connect(destination, source);
  if (fd.has_error()) {
    return fd.error();
  }
  Dialled dialled;
  dialled.fd = *fd;
  dialled.entry.share_ = this;
  dialled.entry.ends_ = {local_endpoint(*fd), destination};
  calls_.insert(dialled.entry.ends_);
  return dialled;
}

bool DialShare::has(const DialledEnds& ends) const {
  const std::scoped_lock lock(mutex_);
  return calls_.contains(ends);
}

void DialShare::forget(const DialledEnds& ends) noexcept {
  const std::scoped_lock lock(mutex_);
  calls_.erase(ends);
}

bool OwnDials::has(const config::Endpoint& source, const config::Endpoint& destination) const {
  return std::any_of(shares_.begin(), shares_.end(), [&](const DialShare& share) {
    return share.has({source, destination});
  });
}

}  // namespace gabion::proxy
