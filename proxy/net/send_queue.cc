// Bytes on their way to one peer: see send_queue.h.
#include "proxy/net/send_queue.h"

namespace gabion::proxy {
namespace {

constexpr std::size_t kLeastTakenOver = 2048;  // fewer are copied sooner

}  // namespace

void SendQueue::take_over(Buffer& from, std::size_t count) {
  const std::size_t left = from.size() - count;
  if (left == 0 && count != 0 && buffer_.capacity() == 0 && !keep_) {  // copying would need a second block
    buffer_.swap(from);
    return;
  }
  if (pending() != 0 || keep_ || count < kLeastTakenOver || left > count / 2) {
    append(from.view().substr(0, count));
    from.consume(count);
    return;
  }
  if (buffer_.capacity() > from.capacity()) {
    buffer_.drop();  // or reads into it would grow with every change of hands
  }
  buffer_.clear();
  sent_ = 0;
  buffer_.swap(from);
  from.append(buffer_.view().substr(count));
  buffer_.take_back(left);
}

SendQueue::Flush SendQueue::flush(ByteStream& peer) noexcept {
  while (pending() != 0) {
    const auto result = peer.write(buffer_.bytes().subspan(sent_));
    switch (result.status) {
      case IoStatus::kOk:
        sent_ += result.bytes;
        total_sent_ += result.bytes;
        break;
      case IoStatus::kBlocked:
        if (!keep_) {
          forget_sent();
        }
        return Flush::kBlocked;
      case IoStatus::kClosed:
      case IoStatus::kError:
        return Flush::kClosed;
    }
  }
  if (!keep_ || buffer_.size() >= limit_bytes_) {
    forget_sent();
  }
  return Flush::kDrained;
}

void SendQueue::note_sent(std::size_t count) noexcept {
  sent_ += count;
  total_sent_ += count;
  if (!keep_ || buffer_.size() >= limit_bytes_) {
    forget_sent();
  }
}

bool SendQueue::is_full() noexcept {
  if (keep_ && buffer_.size() >= limit_bytes_) {
    forget_sent();
  }
  if (full_) {
    full_ = pending() > limit_bytes_ / 2;
  } else {
    full_ = pending() >= limit_bytes_;
  }
  return full_;
}

void SendQueue::forget_sent() noexcept {
  keep_ = false;
  buffer_.consume(sent_);
  sent_ = 0;
}

bool SendQueue::rewind() noexcept {
  if (!keep_) {
    return false;
  }
  sent_ = 0;
  return true;
}

void SendQueue::clear() noexcept {
  buffer_.clear();
  sent_ = 0;
  keep_ = false;
  full_ = false;
}

}  // namespace gabion::proxy
