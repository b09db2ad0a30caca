// Asks the application what the kubelet would have asked, over loopback.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

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

/// Used on the control thread only. At most kMost probes at a time, each within its own timeout; a probe is one
/// connection to 127.0.0.1, or to ::1 where that refuses.
class AppProber {
 public:
  static constexpr std::size_t kMost = 32;

  explicit AppProber(boost::asio::io_context& io) : io_(io) {}

  /// Calls `done` once, later. `host` is what HTTP's Host says where the probe declares none. TLS certificates are not
  /// verified, as the kubelet does not.
  void ask(const config::inject::AppProbe& probe, const std::string& host, std::function<void(ProbeOutcome)> done);

 private:
  boost::asio::io_context& io_;
  std::shared_ptr<std::size_t> under_way_ = std::make_shared<std::size_t>(0);
};

}  // namespace gabion::proxy
