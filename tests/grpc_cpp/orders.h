// The two ends of shop.Orders in gRPC C++, each run by one command.
#pragma once

#include <map>
#include <string>

namespace gabion::tests {

/// Serves until it is killed. Says a line on standard output when it listens ("ready"), for each message it got
/// ("METHOD NOTE CALLER"), and for each call that ended early ("cancelled METHOD"). An order's note "slow" takes until
/// the call is cancelled, 5 s at most; "fail" is answered FAILED_PRECONDITION with details.
int serve(const std::string& endpoint);

/// What a client does: `kind` and the options of that name.
struct Call {
  std::string endpoint;
  std::string kind;
  std::map<std::string, std::string> options;

  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] int number(const std::string& name, int otherwise) const;
};

/// Makes the call and prints how it ended as one JSON object. A line on standard input cancels it.
int run_call(const Call& call);

}  // namespace gabion::tests
