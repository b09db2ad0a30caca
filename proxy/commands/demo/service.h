// The demo's web service: orders and customers, one of whom has a card number; it counts what reaches it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "config/ip_address.h"
#include "config/result.h"

namespace gabion::proxy::demo {

/// Plain HTTP/1.1 on a free port of 127.0.0.1, on a thread of its own until destroyed.
class Service {
 public:
  [[nodiscard]] static config::Result<std::unique_ptr<Service>> start();
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  [[nodiscard]] config::Endpoint endpoint() const noexcept;
  /// Requests that arrived so far.
  [[nodiscard]] std::uint64_t requests() const noexcept;

 private:
  struct Impl;
  explicit Service(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gabion::proxy::demo
