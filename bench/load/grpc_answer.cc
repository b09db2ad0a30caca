// The answer to a unary gRPC call: see grpc_answer.h.
#include "bench/load/grpc_answer.h"

#include <algorithm>
#include <charconv>

namespace gabion::bench {
namespace {

constexpr std::string_view kType = "application/grpc";

}  // namespace

void GrpcAnswer::take_head(const proxy::http2::FieldBlock& block, std::uint16_t http_status) {
  foreign_ = http_status != 200;
  if (foreign_) {
    return;
  }
  bad_ = true;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const auto [name, value] = block[i];
    if (name == "content-type" && value.starts_with(kType) &&
        (value.size() == kType.size() || value[kType.size()] == '+' || value[kType.size()] == ';')) {
      bad_ = false;
    }
  }
  take_status(block);  // of an answer that is only a head
}

void GrpcAnswer::take_trailers(const proxy::http2::FieldBlock& block) {
  take_status(block);
}

void GrpcAnswer::take_status(const proxy::http2::FieldBlock& block) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const auto [name, value] = block[i];
    if (name != "grpc-status") {
      continue;
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    bad_ = bad_ || status_ || value.empty() || error != std::errc() || end != value.data() + value.size();
    status_ = number;
  }
}

void GrpcAnswer::take_bytes(std::string_view bytes) noexcept {
  while (!bytes.empty() && !foreign_) {
    if (prefix_read_ < kPrefixBytes) {
      prefix_[prefix_read_++] = static_cast<std::uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      if (prefix_read_ < kPrefixBytes) {
        continue;
      }
      bad_ = bad_ || prefix_[0] != 0 || status_;
      left_ = std::uint64_t{prefix_[1]} << 24U | std::uint64_t{prefix_[2]} << 16U | std::uint64_t{prefix_[3]} << 8U |
              prefix_[4];
    }
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    bytes.remove_prefix(taken);
    left_ -= taken;
    if (left_ == 0) {
      ++messages_;
      prefix_read_ = 0;
    }
  }
}

bool GrpcAnswer::is_whole() const noexcept {
  if (foreign_) {
    return true;
  }
  return !bad_ && status_ && prefix_read_ == 0 && messages_ <= 1 && (*status_ != 0 || messages_ == 1);
}

std::string grpc_framed(std::string_view message) {
  std::string framed(1, '\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    framed += static_cast<char>(static_cast<std::uint8_t>(message.size() >> shift));
  }
  return framed.append(message);
}

}  // namespace gabion::bench
