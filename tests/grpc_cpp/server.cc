// shop.Orders served by gRPC C++: see orders.h.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <mutex>
#include <thread>

#include "orders.grpc.pb.h"
#include "tests/grpc_cpp/orders.h"

namespace gabion::tests {
namespace {

using grpc::ServerContext;
using grpc::Status;
using shop::Order;

constexpr int kMostBytes = 32 << 20;
constexpr char kDetails[] = "\x08\x09\x12\x0Dno such order\x00\xFF";

class Service final : public shop::Orders::Service {
 public:
  Status Place(ServerContext* call, const Order* asked, Order* answer) override {
    call->AddInitialMetadata("x-served-by", "orders");
    call->AddTrailingMetadata("x-cost", "3");
    const Status status = take("Place", *call, *asked);
    *answer = *asked;
    return status;
  }

  Status Upload(ServerContext* call, grpc::ServerReader<Order>* orders, Order* answer) override {
    Order order;
    while (orders->Read(&order)) {
      if (const Status status = take("Upload", *call, order); !status.ok()) {
        return status;
      }
      answer->set_number(answer->number() + 1);
      answer->set_note(answer->note() + order.note() + ";");
    }
    note_end("Upload", *call);
    return Status::OK;
  }

  Status Watch(ServerContext* call, const Order* asked, grpc::ServerWriter<Order>* orders) override {
    Order order;
    for (std::uint64_t i = 0; i < asked->number(); ++i) {
      order.set_note("order " + std::to_string(i));
      if (!orders->Write(order)) {
        break;
      }
    }
    const Status status = take("Watch", *call, *asked);
    note_end("Watch", *call);
    return status;
  }

  Status Chat(ServerContext* call, grpc::ServerReaderWriter<Order, Order>* orders) override {
    Order order;
    while (orders->Read(&order)) {
      if (const Status status = take("Chat", *call, order); !status.ok()) {
        return status;
      }
      orders->Write(order);
    }
    note_end("Chat", *call);
    return Status::OK;
  }

 private:
  void say(const std::string& line) {
    const std::lock_guard lock(mutex_);
    std::cout << line << std::endl;
  }

  void note_end(const std::string& method, const ServerContext& call) {
    if (call.IsCancelled()) {
      say("cancelled " + method);
    }
  }

  Status take(const std::string& method, const ServerContext& call, const Order& order) {
    const auto caller = call.client_metadata().find("x-forwarded-client-cert");
    say(method + ' ' + order.note().substr(0, 40) + ' ' +
        (caller == call.client_metadata().end() ? "nobody"
                                                : std::string(caller->second.data(), caller->second.size())));
    if (order.note() == "slow") {
      const auto left = call.deadline() - std::chrono::system_clock::now();
      say("deadline " + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(left).count()));
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      while (!call.IsCancelled() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      note_end(method, call);
    }
    if (order.note() == "fail") {
      return {grpc::StatusCode::FAILED_PRECONDITION, "no such order: 4711 \xC3\xA9\n%",
              std::string(kDetails, sizeof kDetails - 1)};
    }
    return Status::OK;
  }

  std::mutex mutex_;
};

}  // namespace

int serve(const std::string& endpoint) {
  Service service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(kMostBytes);
  builder.SetMaxSendMessageSize(kMostBytes);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (!server) {
    std::cerr << "cannot listen on " << endpoint << '\n';
    return 1;
  }
  std::cout << "ready" << std::endl;
  server->Wait();
  return 0;
}

}  // namespace gabion::tests
