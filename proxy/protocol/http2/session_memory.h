// The small pieces of memory that nghttp2 takes and gives back for every message of one connection.
#pragma once

#include <array>
#include <cstddef>

namespace gabion::proxy::http2 {

/// Keeps a few freed pieces of each size for the next message: cheaper than the heap, which is asked thirty times a
/// message otherwise. Not thread-safe. REQUIRES: everything was given back before it is destroyed.
class SessionMemory {
 public:
  SessionMemory() = default;
  ~SessionMemory() { release(); }
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  /// As malloc(3), calloc(3), free(3) and realloc(3).
  [[nodiscard]] void* take(std::size_t bytes) noexcept;
  [[nodiscard]] void* take_zeroed(std::size_t count, std::size_t bytes) noexcept;
  void give(void* piece) noexcept;
  [[nodiscard]] void* resize(void* piece, std::size_t bytes) noexcept;
  /// What is kept goes back to the heap.
  void release() noexcept;
  [[nodiscard]] std::size_t kept_bytes() const noexcept { return kept_bytes_; }

 private:
  struct alignas(std::max_align_t) Head {
    Head* next;         // while it is kept
    std::size_t bytes;  // behind the head
  };
  static constexpr std::size_t kStep = 64;
  static constexpr std::size_t kSizes = 16;  // larger ones are the heap's
  [[nodiscard]] static Head* head_of(void* piece) noexcept { return static_cast<Head*>(piece) - 1; }

  std::array<Head*, kSizes + 1> kept_{};  // by size in steps
  std::size_t kept_bytes_ = 0;
};

}  // namespace gabion::proxy::http2
