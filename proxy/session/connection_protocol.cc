// Which version of HTTP a connection speaks, and the life of one that speaks HTTP/2. See connection.h.
#include <algorithm>

#include "proxy/protocol/http2/upgrade.h"
#include "proxy/session/connection.h"

namespace gabion::proxy {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 §3.4

bool is_http2(std::string_view agreed) noexcept {
  return agreed == "h2" || agreed == "istio-h2";
}

bool is_http1(std::string_view agreed) noexcept {
  return agreed == "http/1.1" || agreed == "istio-http/1.1";
}

}  // namespace

/// Declared first, ALPN second, first bytes third; what was declared is never left for something else.
Connection::Progress Connection::choose_protocol() {
  const std::string_view agreed = tls_ != nullptr ? tls_->agreed_protocol() : std::string_view();
  if (down_.plan->protocol == config::Protocol::kPostgres) {
    return choose_postgres();
  }
  if (down_.plan->protocol == config::Protocol::kTcp) {
    return begin_tcp(target_of(*down_.plan));
  }
  if (down_.plan->protocol == config::Protocol::kAuto) {
    return choose_auto();
  }
  if (is_http2(agreed)) {
    begin_http2();
    return Progress::kGo;
  }
  if (is_http1(agreed)) {
    return down_.plan->protocol == config::Protocol::kHttp2 ? refuse_protocol("HTTP/1 on an HTTP/2 port")
                                                            : Progress::kGo;
  }
  return sniff_preface();
}

/// By prior knowledge, whatever the pieces it comes in: the first byte that differs decides.
Connection::Progress Connection::sniff_preface() {
  const bool only_http2 = down_.plan->protocol == config::Protocol::kHttp2;
  while (doom_ == Reason::kNone && !timed_out_) {
    const auto bytes = http1_.in.view().substr(0, kPreface.size());
    if (bytes != kPreface.substr(0, bytes.size())) {
      return only_http2 ? refuse_protocol("not HTTP/2 on an HTTP/2 port") : Progress::kGo;
    }
    if (bytes.size() == kPreface.size()) {
      if (down_.plan->protocol == config::Protocol::kHttp1) {
        return refuse_protocol("HTTP/2 on an HTTP/1 port");
      }
      begin_http2();
      return Progress::kGo;
    }
    if (const Progress more = read_more(); more != Progress::kGo) {
      return more;
    }
  }
  if (!only_http2) {
    return Progress::kGo;  // to be told so in HTTP/1
  }
  if (doom_ == Reason::kNone) {
    report(timeout_reason_, {});
  }
  return Progress::kStop;
}

Connection::Progress Connection::refuse_protocol(std::string_view detail) {
  report(Reason::kProtocolMismatch, detail);
  worker_.metrics.counters().protocol_mismatch += 1;
  return Progress::kStop;
}

void Connection::begin_http2() {
  Timer::cancel();
  timed_out_ = false;
  Http2LinkOwner& owner = *this;
  link_ = std::make_unique<Http2Link>(worker_, client_, down_, http1_, owner, *this);
}

/// RFC 7540 §3.2, in plain text only: the request becomes stream 1 of what follows, and is judged as such. False: it is
/// answered in HTTP/1.1, as it is when what stands behind it is not the beginning of HTTP/2, and by a gateway where
/// nobody declared what the pod speaks (spoken_to()): who only offers HTTP/2 does not know it either.
bool Connection::upgrade_to_http2() {
  const bool is_guessed = down_.plan->protocol == config::Protocol::kAuto;
  const bool takes_both =
      down_.plan->protocol == config::Protocol::kHttp || (is_guessed && down_.snapshot->calls == nullptr);
  if (tls_ != nullptr || !takes_both || !http1_.head().has_upgrade) {
    return false;
  }
  const auto behind = http1_.in.view().substr(0, kPreface.size());
  const auto settings = http2::read_h2c_offer(http1_.head());
  if (!settings || !kPreface.starts_with(behind)) {
    return false;
  }
  http2::FieldBlock block;
  list_upgraded_request(block, http1_.head());
  [[maybe_unused]] const auto end = http1_.next();  // of a request without a body
  http1_.decoder.release();
  exchange_.release();
  http1_.out.append("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n");
  speaks_http1_ = false;
  begin_http2();
  link_->upgrade(*settings, block);
  return true;
}

bool Connection::on_request() {
  if (refresh_snapshot()) {
    return true;
  }
  doom_ = Reason::kPolicyChanged;
  worker_.loop.wake(*this);
  return false;
}

Connection::Progress Connection::step_http2() {
  if (doom_ != Reason::kNone) {
    link_->end(doom_);
    client_.transport->socket().reset_on_close();
    return Progress::kStop;
  }
  if (timed_out_) {
    timed_out_ = false;
    if (timeout_reason_ != Reason::kNone) {
      if (const auto deadline = link_->deadline(); deadline.at <= worker_.loop.now()) {
        link_->expire(deadline.reason);
      }
    }
  }
  switch (link_->step()) {
    case Http2Link::Progress::kWait: {
      const auto deadline = link_->deadline();
      timeout_reason_ = deadline.reason;
      arm(deadline.at);
      return Progress::kWait;
    }
    case Http2Link::Progress::kClose:
      begin_lingering();
      return Progress::kStop;
    case Http2Link::Progress::kReset:
      client_.transport->socket().reset_on_close();
      return Progress::kStop;
  }
  return Progress::kStop;
}

}  // namespace gabion::proxy
