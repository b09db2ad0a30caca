// Header blocks read by ours and by nghttp2: the same fields, the same ones refused, at any cut.
#include "proxy/protocol/http2/hpack_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "hpack_peer.h"
#include "proxy/protocol/http2/huffman.h"

namespace gabion::proxy::http2 {
namespace {

std::string some_text(std::mt19937& random, std::size_t most, int least_byte, int last_byte) {
  std::string text(std::uniform_int_distribution<std::size_t>(0, most)(random), ' ');
  for (char& c : text) {
    c = static_cast<char>(std::uniform_int_distribution<int>(least_byte, last_byte)(random));
  }
  return text;
}

/// Names and values come again, known ones are among them, some have every byte and some are larger than the table.
HpackFields some_fields(std::mt19937& random) {
  static const std::vector<std::string> kNames = {":method", ":path", "cookie", "date", "x-a", "x-b", "te"};
  static const std::vector<std::string> kValues = {"GET", "/", "", "1", "gzip, deflate", "trailers"};
  const auto below = [&](std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random); };
  HpackFields fields(below(12));
  for (auto& [name, value] : fields) {
    name = below(3) == 0 ? some_text(random, 40, 'a', 'z') : kNames[below(kNames.size())];
    switch (below(8)) {
      case 0:
        value = some_text(random, 200, 0, 255);
        break;
      case 1:
        value = some_text(random, 6000, ' ', '~');
        break;
      case 2:
        value = some_text(random, 60, ' ', '~');
        break;
      default:
        value = kValues[below(kValues.size())];
    }
  }
  return fields;
}

TEST(HpackReader, ReadsWhatNghttp2Wrote) {
  for (const std::size_t table : {std::size_t{0}, std::size_t{33}, std::size_t{300}, std::size_t{4096}}) {
    std::mt19937 random(static_cast<unsigned>(table));
    HpackPeer peer(table);
    HpackReader reader;
    reader.limit_table(table);
    for (int i = 0; i < 1500; ++i) {
      if (i % 500 == 250) {  // the peer uses less of the table for a while
        peer.limit_writing(table / 2);
        peer.limit_writing(table);
      }
      const HpackFields fields = some_fields(random);
      ASSERT_EQ(read_by_ours(reader, peer.write(fields)), fields) << table << ": " << i;
    }
  }
}

TEST(HpackReader, RefusesWhatNghttp2Refuses) {
  std::mt19937 random(7);
  HpackPeer peer;
  HpackPeer writer;
  HpackReader reader;
  int refused = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string block = writer.write(some_fields(random));
    for (int changes = 0; changes < i % 3 && !block.empty(); ++changes) {
      block[std::uniform_int_distribution<std::size_t>(0, block.size() - 1)(random)] =
          static_cast<char>(std::uniform_int_distribution<int>(0, 255)(random));
    }
    const auto ours = read_by_ours(reader, block);
    ASSERT_EQ(ours, peer.read(block)) << i;
    if (!ours) {
      ++refused;
      reader = HpackReader();
      peer = HpackPeer();
      writer = HpackPeer();
    }
  }
  EXPECT_GT(refused, 300);
}

TEST(HpackReader, ReadsAFieldWhenAllOfItIsThere) {
  std::mt19937 random(3);
  HpackPeer writer;
  HpackReader whole;
  HpackReader cut;
  for (int i = 0; i < 300; ++i) {
    const std::string block = writer.write(some_fields(random));
    const auto expected = read_by_ours(whole, block);
    HpackFields fields;
    std::string held;
    inspect::HeaderField field;
    cut.begin_block();
    for (const char byte : block) {
      held += byte;
      std::string_view rest = held;
      auto step = cut.next(rest, field);
      for (; step == HpackReader::Step::kField; step = cut.next(rest, field)) {
        fields.emplace_back(field.name, field.value);
      }
      ASSERT_NE(step, HpackReader::Step::kBroken);
      held.erase(0, held.size() - rest.size());
    }
    EXPECT_EQ(held, "");
    ASSERT_EQ(fields, expected) << i;
  }
}

struct Block {
  const char* name;
  std::string_view bytes;
  bool is_broken;
};

class HpackBlock : public testing::TestWithParam<Block> {};

TEST_P(HpackBlock, IsReadAsNghttp2Reads) {
  HpackReader reader;
  HpackPeer peer;
  EXPECT_EQ(read_by_ours(reader, GetParam().bytes), peer.read(GetParam().bytes));
  HpackReader again;
  EXPECT_EQ(!read_by_ours(again, GetParam().bytes), GetParam().is_broken);
}

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    Rfc7541, HpackBlock,
    testing::Values(
        Block{"Nothing", ""sv, false}, Block{"Indexed", "\x82\xbd"sv, false}, Block{"IndexZero", "\x80"sv, true},
        Block{"IndexBehindTheTable", "\xbe"sv, true}, Block{"NameBehindTheTable", "\x7f\x00\x01x"sv, true},
        Block{"IntegerTooLarge", "\xff\xff\xff\xff\xff\x7f"sv, true},
        Block{"IntegerWithoutEnd", "\xff\x80\x80\x80\x80\x80\x80"sv, true},
        Block{"IntegerWithZeros", "\x0f\x80\x80\x80\x00\x01x"sv, false}, Block{"TableSizeWithin", "\x82\x20"sv, true},
        Block{"TableSizeTwice", "\x20\x3f\xe1\x1f\x82"sv, false}, Block{"TableTooLarge", "\x3f\xe2\x1f"sv, true},
        Block{"TableEmptied", "\x40\x01x\x01y\x82"sv, false}, Block{"Padding", "\x00\x01x\x81\x07"sv, false},
        Block{"PaddingOfZeros", "\x00\x01x\x81\x00"sv, true}, Block{"PaddingNotOnes", "\x00\x01x\x81\x06"sv, true},
        Block{"PaddingOfAByte", "\x00\x01x\x82\x07\xff"sv, true},
        Block{"EndOfString", "\x00\x01x\x84\xff\xff\xff\xff"sv, true}, Block{"EmptyCoded", "\x00\x80\x80"sv, false},
        Block{"CutInAValue", "\x00\x01x\x05y"sv, true}, Block{"StringTooLong", "\x00\x7f\x82\xff\x03"sv, true}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(HpackReader, AsksForASmallerTable) {
  HpackReader reader;
  ASSERT_TRUE(read_by_ours(reader, "\x40\x01x\x01y"));
  reader.limit_table(100);
  HpackReader other = std::move(reader);
  EXPECT_EQ(read_by_ours(other, ""), std::nullopt);
  EXPECT_EQ(read_by_ours(other, "\x82"), std::nullopt);
}

TEST(Huffman, ReadsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.append(static_cast<std::size_t>(i % 3 + 1), static_cast<char>(i));
  }
  HpackPeer writer(0);
  HpackReader reader;
  const HpackFields fields = {{"x", all}};
  EXPECT_EQ(read_by_ours(reader, writer.write(fields)), fields);
  std::string text;
  // RFC 7541 C.4.1.
  ASSERT_TRUE(decode_huffman("\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", text));
  EXPECT_EQ(text, "www.example.com");
}

}  // namespace
}  // namespace gabion::proxy::http2
