// gabion-bench-echo: a WebSocket service for measurements, which sends every message back.
#include <sys/resource.h>

#include <iostream>
#include <string_view>

#include "bench/echo/echo_server.h"

namespace {

constexpr std::string_view kUsage =
    "gabion-bench-echo ADDRESS:PORT\n"
    "Answers an upgrade to WebSocket on any path and sends every message (16 MiB at most) back, on one thread, in "
    "plain\n"
    "text, until it is killed.\n"
    "Example:\n"
    "  gabion-bench-echo 127.0.0.1:9000 & gabion-bench --websocket --body-bytes 1KiB http://127.0.0.1:9000/; kill %1\n";

/// Each connection needs a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::cout << kUsage;
    return 0;
  }
  const auto listen = gabion::config::Endpoint::parse(argc == 2 ? argv[1] : "");
  if (!listen) {
    std::cerr << kUsage;
    return 2;
  }
  raise_descriptor_limit();
  auto server = gabion::bench::EchoServer::create(*listen);
  if (server.has_error()) {
    std::cerr << server.error().to_string() << '\n';
    return 2;
  }
  (*server)->run();
  return 0;
}
