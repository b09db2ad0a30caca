// A client that asks one thing over one connection, for the demo.
#pragma once

#include <string>

#include "config/ip_address.h"

namespace gabion::proxy::demo {

struct Question {
  std::string method;
  std::string target;
  std::string host;
  std::string body = {};
  std::string request_id = {};
};

/// `status` 0: no answer came; `error` says what happened to the connection.
struct Answer {
  unsigned status = 0;
  std::string body;
  std::string error;
};

/// Blocks, at most 5 s.
[[nodiscard]] Answer ask(const config::Endpoint& endpoint, const Question& question);

}  // namespace gabion::proxy::demo
