// Tells a server to stop what one of its sessions runs: see postgres_stop.h.
#include "proxy/session/postgres_stop.h"

#include <utility>

#include "proxy/protocol/postgres/write.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kReadBytes = 64;  // nothing is expected but the end

}  // namespace

PostgresStop::PostgresStop(WorkerState& worker, const Server& server, Wakeable& sleeper)
    : worker_(worker), out_(worker.buffers, kReadBytes), begun_(worker.loop.now()) {
  UpstreamPool::Wanted wanted{server.plan, server.snapshot, server.identity};
  wanted.fresh_only = true;
  wanted.offer = tls::Offer::kPostgres;
  connection_ = worker_.pool.acquire(wanted, sleeper);
  if (!connection_) {
    worker_.pool.cancel_wait(sleeper);
    return;
  }
  std::string message;
  postgres::write_cancel_request(message, server.key.process, server.key.key);
  out_.append(message);
}

PostgresStop::~PostgresStop() {
  if (connection_) {
    worker_.pool.discard(std::move(connection_));
  }
}

PostgresStop::Step PostgresStop::step() {
  if (!connection_ || worker_.loop.now() - begun_ > kPatience) {
    return Step::kOver;
  }
  switch (connection_->progress()) {
    case UpstreamConnection::State::kConnecting:
    case UpstreamConnection::State::kAsking:
    case UpstreamConnection::State::kHandshaking:
      return Step::kGoing;
    case UpstreamConnection::State::kFailed:
      return Step::kOver;
    case UpstreamConnection::State::kReady:
      break;
  }
  return send();
}

PostgresStop::Step PostgresStop::send() {
  if (!std::exchange(is_asked_, true)) {
    const tls::TlsStream* tls = connection_->tls();
    if (tls != nullptr && !tls->is_hop() && tls->agreed_protocol() != "postgresql") {
      return Step::kOver;
    }
  }
  if (!out_.empty() && out_.flush(connection_->transport()) == SendQueue::Flush::kClosed) {
    return Step::kOver;
  }
  while (true) {
    const auto result = connection_->transport().read(connection_->in.prepare(kReadBytes));
    switch (result.status) {
      case IoStatus::kOk:
        continue;  // of no interest
      case IoStatus::kBlocked:
        return Step::kGoing;
      case IoStatus::kClosed:
      case IoStatus::kError:
        return Step::kOver;
    }
  }
}

}  // namespace gabion::proxy
