// What a send queue takes over out of a buffer is the same bytes, whether memory changes hands or not.
#include <gtest/gtest.h>

#include <string>

#include "proxy/net/send_queue.h"

namespace gabion::proxy {
namespace {

std::string letters(std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i) {
    made += static_cast<char>('a' + i % 23);
  }
  return made;
}

TEST(SendQueue, TakesOverWhatABufferHolds) {
  for (const std::size_t size : {0U, 1U, 2047U, 2048U, 5000U, 16'384U, 40'000U}) {
    const std::string bytes = letters(size);
    for (const std::size_t left : {std::size_t{0}, std::size_t{1}, size / 4, size / 2, size}) {
      for (const std::string_view before : {"", "before"}) {
        if (left > size) {
          continue;
        }
        BufferPool pool;
        SendQueue queue(pool, 1U << 20U);
        Buffer in(pool);
        queue.append(before);
        in.append("x" + bytes);
        in.consume(1);
        queue.take_over(in, size - left);
        EXPECT_EQ(queue.unsent(), std::string(before) + bytes.substr(0, size - left)) << size << ' ' << left;
        EXPECT_EQ(in.view(), std::string_view(bytes).substr(size - left)) << size << ' ' << left;
        in.append("more");
        queue.append("end");
        EXPECT_EQ(in.view(), bytes.substr(size - left) + "more");
        EXPECT_EQ(queue.unsent(), std::string(before) + bytes.substr(0, size - left) + "end");
      }
    }
  }
}

TEST(SendQueue, GivesBackAllItTookOver) {
  BufferPool pool;
  {
    SendQueue queue(pool, 1U << 20U);
    Buffer in(pool);
    in.append(letters(9000));
    queue.take_over(in, 8000);
    EXPECT_EQ(pool.in_use_bytes(), queue.capacity() + in.capacity());
  }
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

/// What a stalled reader made large does not become the room of later reads, which would make it larger still.
TEST(SendQueue, GivesNoMoreMemoryThanItTakes) {
  BufferPool pool;
  SendQueue queue(pool, 1U << 20U);
  Buffer in(pool);
  queue.append(letters(200'000));
  queue.clear();
  in.append(letters(9000));
  const std::size_t before = in.capacity();
  for (int turn = 0; turn < 3; ++turn) {
    queue.take_over(in, in.size());
    queue.clear();
    EXPECT_LE(in.capacity(), before) << turn;
    in.append(letters(9000));
    EXPECT_LE(in.capacity(), before) << turn;
  }
}

}  // namespace
}  // namespace gabion::proxy
