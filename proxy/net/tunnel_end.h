// One end of a tunnel: a peer that has left HTTP, its bytes and who counts them.
#pragma once

#include <cstdint>

#include "proxy/net/buffer.h"
#include "proxy/net/send_queue.h"
#include "proxy/net/transport.h"

namespace gabion::proxy {

/// Borrows all.
struct TunnelEnd {
  ByteStream& stream;
  Buffer& in;  ///< with what was read beyond the head
  SendQueue& out;
  std::uint64_t& bytes_received;  ///< a counter of what the stream gave
  std::uint64_t& bytes_sent;      ///< likewise, took
};

}  // namespace gabion::proxy
