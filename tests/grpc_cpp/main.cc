// grpc_orders serve ENDPOINT, or grpc_orders place|upload|watch|chat|many ENDPOINT [option=value…].
#include <iostream>
#include <string>

#include "tests/grpc_cpp/orders.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "grpc_orders serve|place|upload|watch|chat|many ENDPOINT [option=value...]\n";
    return 2;
  }
  const std::string kind = argv[1];
  if (kind == "serve") {
    return gabion::tests::serve(argv[2]);
  }
  gabion::tests::Call call{argv[2], kind, {}};
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    call.options[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return gabion::tests::run_call(call);
}
