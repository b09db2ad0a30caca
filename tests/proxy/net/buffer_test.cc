// Buffers keep their bytes while they move and grow, and their pool knows what is lent.
#include "proxy/net/buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gabion::proxy {
namespace {

constexpr std::size_t kBlock = BufferPool::kBlockBytes;

TEST(BufferTest, HoldsNoMemoryUntilItIsWrittenTo) {
  BufferPool pool;
  Buffer buffer(pool);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.view(), "");
  buffer.append("");
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

TEST(BufferTest, ConsumesAtTheFrontWhatWasWrittenAtTheEnd) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("hello ");
  buffer.append("world");
  buffer.consume(6);
  EXPECT_EQ(buffer.view(), "world");
  buffer.consume(5);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(pool.in_use_bytes(), kBlock);
}

TEST(BufferTest, PreparesAtLeastWhatIsWanted) {
  BufferPool pool;
  Buffer buffer(pool);
  for (const std::size_t wanted : {std::size_t{1}, kBlock, kBlock + 1, 5 * kBlock}) {
    EXPECT_GE(buffer.prepare(wanted).size(), wanted);
  }
}

TEST(BufferTest, MakesRoomByMovingBeforeItGrows) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append(std::string(kBlock - 10, 'a'));
  buffer.append("0123456789");
  buffer.consume(kBlock - 10);
  EXPECT_GE(buffer.prepare(kBlock - 10).size(), kBlock - 10);
  EXPECT_EQ(buffer.view(), "0123456789");
  EXPECT_EQ(buffer.capacity(), kBlock);
}

TEST(BufferTest, GrowsToPowersOfTheBlockAndCountsOnlyTheNewBlock) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append(std::string(kBlock, 'a'));
  buffer.append("b");
  EXPECT_EQ(buffer.capacity(), 2 * kBlock);
  EXPECT_EQ(pool.in_use_bytes(), 2 * kBlock);
  EXPECT_EQ(buffer.view(), std::string(kBlock, 'a') + "b");
}

TEST(BufferTest, GivesMemoryBackOnlyWhenEmptyUnlessDropped) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("x");
  buffer.release();
  EXPECT_EQ(buffer.view(), "x");
  buffer.clear();
  buffer.release();
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  buffer.append("y");
  EXPECT_EQ(buffer.view(), "y");
  buffer.drop();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

TEST(BufferTest, GivesMemoryBackWhenDestroyed) {
  BufferPool pool;
  {
    Buffer small(pool);
    Buffer large(pool);
    small.append("x");
    large.append(std::string(3 * kBlock, 'x'));
    EXPECT_EQ(pool.in_use_bytes(), kBlock + 4 * kBlock);
  }
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

TEST(BufferTest, BehavesLikeAStringUnderAnySequenceOfCalls) {
  std::mt19937 random(11);
  std::uniform_int_distribution<std::size_t> size(0, 3 * kBlock);
  BufferPool pool;
  Buffer buffer(pool);
  std::string expected;
  for (int i = 0; i < 2'000; ++i) {
    if (expected.size() < 8 * kBlock && i % 3 != 0) {
      const std::string piece(size(random), static_cast<char>('a' + i % 26));
      buffer.append(piece);
      expected += piece;
    } else {
      const std::size_t count = std::min(size(random) * 2, expected.size());
      buffer.consume(count);
      expected.erase(0, count);
    }
    ASSERT_EQ(buffer.view(), expected);
    ASSERT_EQ(pool.in_use_bytes(), buffer.capacity());
  }
}

TEST(BufferPoolTest, RecyclesBlocksOfItsOwnSizeOnly) {
  BufferPool pool;
  auto block = pool.take(kBlock);
  const char* const address = block.get();
  pool.give_back(std::move(block), kBlock);
  auto odd = pool.take(kBlock + 1);
  EXPECT_NE(odd.get(), address);
  auto again = pool.take(kBlock);
  EXPECT_EQ(again.get(), address);
  EXPECT_EQ(pool.in_use_bytes(), 2 * kBlock + 1);
  pool.give_back(std::move(odd), kBlock + 1);
  pool.give_back(std::move(again), kBlock);
  EXPECT_EQ(pool.in_use_bytes(), 0U);
}

/// Others take what went back to the heap, so only what the pool kept can come again.
TEST(BufferPoolTest, RecyclesAFewLargeBlocks) {
  constexpr std::size_t kLarge = BufferPool::kLargeBlockBytes;
  constexpr std::size_t kMany = 20;
  constexpr std::size_t kKept = 4;
  BufferPool pool;
  std::vector<BufferPool::Block> blocks;
  std::set<const char*> places;
  for (std::size_t i = 0; i < kMany; ++i) {
    blocks.push_back(pool.take(kLarge));
    places.insert(blocks.back().get());
  }
  EXPECT_EQ(pool.in_use_bytes(), kMany * kLarge);
  for (auto& block : blocks) {
    pool.give_back(std::move(block), kLarge);
  }
  EXPECT_EQ(pool.in_use_bytes(), 0U);
  std::vector<BufferPool::Block> others;
  for (std::size_t i = 0; i < kMany; ++i) {
    others.push_back(std::make_unique_for_overwrite<char[]>(kLarge));
  }
  std::size_t again = 0;
  for (auto& block : blocks) {
    block = pool.take(kLarge);
    again += places.count(block.get());
  }
  EXPECT_EQ(again, kKept);
}

TEST(ChargeTest, CountsWhatWasSaidLastUntilItsEnd) {
  BufferPool pool;
  Buffer buffer(pool);
  buffer.append("x");
  {
    Charge charge(pool);
    charge.set(1'000'000);
    EXPECT_EQ(pool.in_use_bytes(), kBlock + 1'000'000);
    charge.set(10);
    EXPECT_EQ(charge.bytes(), 10U);
    EXPECT_EQ(pool.in_use_bytes(), kBlock + 10);
  }
  EXPECT_EQ(pool.in_use_bytes(), kBlock);
}

/// Counts how often memory was outside of the band.
class CountingWatcher final : public PoolWatcher {
 public:
  void on_outside() noexcept override { ++times; }
  int times = 0;
};

TEST(BufferPoolTest, TellsWhenMemoryLeavesItsBandByBlocksAndByCharges) {
  BufferPool pool;
  CountingWatcher watcher;
  pool.watch(&watcher, kBlock, 3 * kBlock);
  Buffer buffer(pool);
  buffer.append("x");
  EXPECT_EQ(watcher.times, 0);
  Charge charge(pool);
  charge.set(2 * kBlock - 1);
  EXPECT_EQ(watcher.times, 0);
  charge.set(2 * kBlock);
  EXPECT_EQ(watcher.times, 1);
  charge.set(0);
  EXPECT_EQ(watcher.times, 1);
  buffer.drop();
  EXPECT_EQ(watcher.times, 2);
  pool.forget_watcher();
  charge.set(100 * kBlock);
  EXPECT_EQ(watcher.times, 2);
}

}  // namespace
}  // namespace gabion::proxy
