// Blocks that wait to be written: found by their first name, their memory used again within its bound.
#include "proxy/protocol/http2/sending_blocks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::proxy::http2 {
namespace {

/// Submits a block with one field and says where its name stands.
const void* keep(SendingBlocks& blocks, FieldBlock& block, std::string_view value = "v") {
  block.append("name", value);
  return blocks.keep(block)[0].name.data();
}

TEST(SendingBlocks, AreFoundByTheirFirstNameUntilReleased) {
  SendingBlocks blocks;
  FieldBlock block;
  const void* const first = keep(blocks, block, "1");
  const void* const second = keep(blocks, block, "2");
  EXPECT_TRUE(block.empty());
  ASSERT_NE(blocks.find(first), nullptr);
  EXPECT_EQ((*blocks.find(first))[0].value, "1");
  EXPECT_EQ((*blocks.find(second))[0].value, "2");
  blocks.release(first);
  EXPECT_EQ(blocks.find(first), nullptr);
  EXPECT_EQ((*blocks.find(second))[0].value, "2");
  blocks.release(first);  // unknown by now
  EXPECT_EQ(blocks.size(), 1U);
}

TEST(SendingBlocks, GiveTheMemoryOfWhatWasWrittenToTheNext) {
  SendingBlocks blocks;
  FieldBlock block;
  std::vector<const void*> sent;
  for (int i = 0; i < 16; ++i) {
    sent.push_back(keep(blocks, block));
  }
  for (const void* first : sent) {
    blocks.release(first);
  }
  for (int i = 0; i < 16; ++i) {
    FieldBlock fresh;
    fresh.append("a", "b");
    (void)blocks.keep(fresh);
    EXPECT_NE(fresh.kept_bytes(), 0U) << "the memory of one that was written, at " << i;
  }
}

TEST(SendingBlocks, KeepNoLargeOnesAndNotTooMany) {
  SendingBlocks blocks;
  FieldBlock block;
  blocks.release(keep(blocks, block, std::string(8192, 'x')));
  (void)keep(blocks, block);
  EXPECT_EQ(block.kept_bytes(), 0U) << "nothing was kept of the large one";

  constexpr int kMany = 64;
  std::vector<const void*> sent;
  for (int i = 0; i < kMany; ++i) {
    sent.push_back(keep(blocks, block, std::string(2000, 'x')));
  }
  for (const void* first : sent) {
    blocks.release(first);
  }
  std::size_t bytes = 0;
  for (int i = 0; i < kMany; ++i) {
    FieldBlock fresh;
    fresh.append("a", "b");
    (void)blocks.keep(fresh);
    bytes += fresh.kept_bytes();
  }
  EXPECT_GT(bytes, 8U * 1024);
  EXPECT_LE(bytes, 16U * 1024);
}

TEST(SendingBlocks, ReleaseForgetsTheSpareOnes) {
  SendingBlocks blocks;
  FieldBlock block;
  blocks.release(keep(blocks, block));
  blocks.release();
  FieldBlock fresh;
  fresh.append("a", "b");
  (void)blocks.keep(fresh);
  EXPECT_EQ(fresh.kept_bytes(), 0U);
}

}  // namespace
}  // namespace gabion::proxy::http2
