// Asks the application what the kubelet would have asked, over loopback.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "config/inject/app_probes.h"

namespace boost::asio {
class io_context;
}

namespace gabion::proxy {

/// What came of one probe.
struct ProbeOutcome {
  std::uint16_t status = 500;  ///< HTTP: the application's; others: 200 or 503; 500: it was not reached
  std::string detail;          ///< why, in a few words
};

class ProbeRun;

/// Used on the control thread only. Each probe runs once at a time, within its own timeout: who asks while it runs gets
/// what comes of it, so nobody uses up what others need, and the application hears of no more than it declared. A run
/// is one connection to 127.0.0.1, or to ::1 where that refuses.
class AppProber {
 public:
  explicit AppProber(boost::asio::io_context& io) : io_(io) {}

  /// Calls `done` once, later. `host` is what HTTP's Host says where the probe declares none; for another one there is
  /// another run. TLS certificates are not verified, as the kubelet does not.
  void ask(const config::inject::AppProbe& probe, const std::string& host,
           const std::function<void(ProbeOutcome)>& done);

 private:
  boost::asio::io_context& io_;
  std::map<std::pair<std::string, std::string>, std::weak_ptr<ProbeRun>> running_;  // by path and host
};

}  // namespace gabion::proxy
