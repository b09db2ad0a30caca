// Bytes that count towards a total until they are gone.
#pragma once

#include <cstddef>
#include <utility>

namespace gabion::proxy::postgres {

/// The total lives longer.
class ByteShare {
 public:
  ByteShare() noexcept = default;
  ByteShare(ByteShare&& other) noexcept
      : total_(std::exchange(other.total_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteShare(const ByteShare&) = delete;
  ByteShare& operator=(const ByteShare&) = delete;
  ByteShare& operator=(ByteShare&&) = delete;
  ~ByteShare() { release(); }

  void set(std::size_t& total, std::size_t bytes) noexcept {
    release();
    total_ = &total;
    bytes_ = bytes;
    total += bytes;
  }

 private:
  void release() noexcept {
    if (total_ != nullptr) {
      *total_ -= bytes_;
    }
  }

  std::size_t* total_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace gabion::proxy::postgres
