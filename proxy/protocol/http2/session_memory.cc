// What nghttp2 takes and gives back: see session_memory.h.
#include "proxy/protocol/http2/session_memory.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace gabion::proxy::http2 {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kMostKeptBytes = 0;  // a use after the end is to be seen
#else
constexpr std::size_t kMostKeptBytes = std::size_t{16} * 1024;
#endif

}  // namespace

void* SessionMemory::take(std::size_t bytes) noexcept {
  const std::size_t steps = std::max<std::size_t>(bytes / kStep + (bytes % kStep != 0 ? 1 : 0), 1);
  if (steps <= kSizes && kept_[steps] != nullptr) {
    Head* const head = kept_[steps];
    kept_[steps] = head->next;
    kept_bytes_ -= head->bytes;
    return head + 1;
  }
  if (bytes > std::numeric_limits<std::size_t>::max() - sizeof(Head) - kStep) {
    return nullptr;
  }
  const std::size_t room = steps * kStep;
  void* const raw = ::operator new(sizeof(Head) + room, std::nothrow);
  return raw == nullptr ? nullptr : new (raw) Head{nullptr, room} + 1;
}

void* SessionMemory::take_zeroed(std::size_t count, std::size_t bytes) noexcept {
  if (bytes != 0 && count > std::numeric_limits<std::size_t>::max() / bytes) {
    return nullptr;
  }
  void* const piece = take(count * bytes);
  return piece == nullptr ? nullptr : std::memset(piece, 0, count * bytes);
}

void SessionMemory::give(void* piece) noexcept {
  if (piece == nullptr) {
    return;
  }
  Head* const head = head_of(piece);
  const std::size_t steps = head->bytes / kStep;
  if (steps > kSizes || kept_bytes_ + head->bytes > kMostKeptBytes) {
    ::operator delete(head);
    return;
  }
  head->next = kept_[steps];
  kept_[steps] = head;
  kept_bytes_ += head->bytes;
}

void* SessionMemory::resize(void* piece, std::size_t bytes) noexcept {
  if (piece == nullptr) {
    return take(bytes);
  }
  const std::size_t room = head_of(piece)->bytes;
  if (bytes <= room) {
    return piece;
  }
  void* const larger = take(bytes);
  if (larger != nullptr) {
    std::memcpy(larger, piece, room);
    give(piece);
  }
  return larger;
}

void SessionMemory::release() noexcept {
  for (Head*& first : kept_) {
    while (first != nullptr) {
      Head* const head = first;
      first = head->next;
      ::operator delete(head);
    }
  }
  kept_bytes_ = 0;
}

}  // namespace gabion::proxy::http2
