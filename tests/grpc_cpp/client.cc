// shop.Orders called by gRPC C++: see orders.h.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>
#include <vector>

#include "orders.grpc.pb.h"
#include "tests/grpc_cpp/orders.h"

namespace gabion::tests {
namespace {

namespace json = boost::json;
using grpc::Status;
using shop::Order;

constexpr int kMostBytes = 32 << 20;
constexpr std::size_t kShown = 200;  // bytes of a note

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    text += digits;
  }
  return text;
}

json::object metadata_of(const std::multimap<grpc::string_ref, grpc::string_ref>& fields) {
  json::object found;
  for (const auto& [name, value] : fields) {
    if (!std::string(name.data(), name.size()).ends_with("-bin")) {
      found[std::string(name.data(), name.size())] = std::string(value.data(), value.size());
    }
  }
  return found;
}

/// One client, one channel, its calls.
class Caller {
 public:
  explicit Caller(const Call& call) : call_(call) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kMostBytes);
    arguments.SetMaxSendMessageSize(kMostBytes);
    if (const auto authority = call.text("authority"); !authority.empty()) {
      arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority);
    }
    stub_ =
        shop::Orders::NewStub(grpc::CreateCustomChannel(call.endpoint, grpc::InsecureChannelCredentials(), arguments));
    prepare(terms_);
  }

  json::object run() {
    const auto began = std::chrono::steady_clock::now();
    std::thread canceller;
    if (call_.number("cancel", 0) != 0) {
      canceller = std::thread([this] {
        std::string line;
        std::getline(std::cin, line);
        terms_.TryCancel();
      });
    }
    const Status status = make();
    if (canceller.joinable()) {
      canceller.join();
    }
    result_["code"] = static_cast<int>(status.error_code());
    result_["message"] = status.error_message();
    result_["details"] = hex(status.error_details());
    result_["initial"] = metadata_of(terms_.GetServerInitialMetadata());
    result_["trailing"] = metadata_of(terms_.GetServerTrailingMetadata());
    result_["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    return result_;
  }

  /// `count` calls of Place at once on each of `threads`, all on one channel: how many came back as they were sent.
  json::object run_many() {
    const int threads = call_.number("threads", 8);
    const int count = call_.number("count", 1);
    std::atomic<int> same{0};
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, thread] {
        for (int i = 0; i < count; ++i) {
          grpc::ClientContext terms;
          prepare(terms);
          Order asked;
          Order answer;
          asked.set_note("call " + std::to_string(thread) + "/" + std::to_string(i));
          same += stub_->Place(&terms, asked, &answer).ok() && answer.note() == asked.note() ? 1 : 0;
        }
      });
    }
    for (auto& each : running) {
      each.join();
    }
    return {{"same", same.load()}, {"calls", threads * count}};
  }

 private:
  void prepare(grpc::ClientContext& terms) const {
    if (const int wait = call_.number("timeout_ms", 20'000); wait > 0) {
      terms.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(wait));
    }
    if (call_.number("gzip", 0) != 0) {
      terms.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    }
  }

  [[nodiscard]] Order order(const std::string& otherwise = "") const {
    Order made;
    made.set_note(call_.text("note").empty() ? otherwise : call_.text("note"));
    if (const int bytes = call_.number("bytes", 0); bytes > 0) {
      while (made.note().size() < static_cast<std::size_t>(bytes)) {
        made.mutable_note()->append("some words and number " + std::to_string(made.note().size()) + ", ");
      }
      made.mutable_note()->resize(static_cast<std::size_t>(bytes));
    }
    return made;
  }

  Status make() {
    if (call_.kind == "place") {
      return place();
    }
    if (call_.kind == "upload") {
      return upload();
    }
    return call_.kind == "watch" ? watch() : chat();
  }

  Status place() {
    const Order asked = order();
    Order answer;
    const Status status = stub_->Place(&terms_, asked, &answer);
    add(answer.note());
    result_["same"] = answer.SerializeAsString() == asked.SerializeAsString();
    return status;
  }

  Status upload() {
    Order answer;
    const auto writer = stub_->Upload(&terms_, &answer);
    for (int i = 0; i < call_.number("count", 1) && writer->Write(order("order " + std::to_string(i))); ++i) {
    }
    writer->WritesDone();
    const Status status = writer->Finish();
    add(answer.note());
    result_["number"] = answer.number();
    return status;
  }

  Status watch() {
    Order asked = order();
    asked.set_number(static_cast<std::uint64_t>(call_.number("count", 1)));
    const auto reader = stub_->Watch(&terms_, asked);
    Order answer;
    while (reader->Read(&answer)) {
      add(answer.note());
    }
    return reader->Finish();
  }

  /// Each message is sent when the answer to the one before is there. Asked to be cancelled, it does not end by itself.
  Status chat() {
    const auto stream = stub_->Chat(&terms_);
    Order answer;
    for (int i = 0; i < call_.number("count", 1); ++i) {
      if (!stream->Write(order("message " + std::to_string(i))) || !stream->Read(&answer)) {
        return stream->Finish();
      }
      add(answer.note());
    }
    if (call_.number("cancel", 0) != 0) {
      std::cout << "open" << std::endl;
    } else {
      stream->WritesDone();
    }
    while (stream->Read(&answer)) {
      add(answer.note());
    }
    return stream->Finish();
  }

  void add(const std::string& note) {
    if (!result_.contains("notes")) {
      result_["notes"] = json::array();
    }
    result_["notes"].as_array().push_back(json::string(note.substr(0, kShown)));
  }

  const Call& call_;
  std::unique_ptr<shop::Orders::Stub> stub_;
  grpc::ClientContext terms_;
  json::object result_;
};

}  // namespace

std::string Call::text(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

int Call::number(const std::string& name, int otherwise) const {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : std::stoi(found->second);
}

int run_call(const Call& call) {
  Caller caller(call);
  std::cout << json::serialize(call.kind == "many" ? caller.run_many() : caller.run()) << std::endl;
  return 0;
}

}  // namespace gabion::tests
