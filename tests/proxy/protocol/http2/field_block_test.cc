// A block of fields however long it grows, names in lower case, and who keeps blocks until they are written.
#include "proxy/protocol/http2/field_block.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proxy/protocol/http2/sending_blocks.h"
#include "proxy/protocol/http2/session_memory.h"
#include "wire.h"

namespace gabion::proxy::http2 {
namespace {

std::string text_of(const FieldBlock& block) {
  std::string text;
  for (std::size_t i = 0; i < block.size(); ++i) {
    text.append(block[i].name).append("=").append(block[i].value).append("\n");
  }
  return text;
}

/// Both ways until nobody says anything.
void pump(End& client, End& server) {
  for (bool moved = true; moved;) {
    moved = false;
    for (auto [from, to] : {std::pair{&client, &server}, std::pair{&server, &client}}) {
      [[maybe_unused]] const bool going = from->session.flush();
      moved = moved || !from->wire.empty();
      [[maybe_unused]] const bool fed = to->session.feed(from->wire, Session::TimePoint(std::chrono::hours(1)));
      from->wire.clear();
    }
  }
}

/// nghttp2 reads the fields when their frame is written, which may be long after.
TEST(Http2Session, KeepsFieldsUntilTheyAreWritten) {
  End client(Role::kClient);
  End server(Role::kServer);
  pump(client, server);
  client.room = 0;
  FieldBlock block;
  std::vector<std::unique_ptr<RecordedStream>> requests;
  std::vector<StreamId> ids;
  for (int i = 0; i < 20; ++i) {
    block.clear();
    block.append(":method", "GET");
    block.append(":scheme", "http");
    block.append(":path", "/" + std::to_string(i));
    block.append(":authority", "host");
    requests.push_back(std::make_unique<RecordedStream>(client.transcript));
    ids.push_back(client.session.request(*requests.back(), block, Session::Body::kNone));
    EXPECT_TRUE(block.empty());
    [[maybe_unused]] const bool going = client.session.flush();
  }
  client.session.reset(ids[7], ErrorCode::kCancel);  // never begins
  block.append("x-long", std::string(5000, 'z'));
  client.room = 1U << 30U;
  pump(client, server);
  for (int i = 0; i < 20; ++i) {
    const bool came = server.transcript.find(":path=/" + std::to_string(i) + " :authority=host\n") != std::string::npos;
    EXPECT_EQ(came, i != 7) << i;
  }
}

TEST(FieldBlock, LowersEveryLetterOfANameAndNothingElse) {
  std::string all;
  std::string lowered;
  for (int c = 0; c < 256; ++c) {
    all.push_back(static_cast<char>(c));
    lowered.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  }
  for (std::size_t size = 0; size <= all.size(); ++size) {
    FieldBlock block;
    block.append(":path", "/A");
    block.append_lower(std::string_view(all).substr(all.size() - size), "VALUE", "Rest");
    block.append("x", "Y");
    ASSERT_EQ(text_of(block), ":path=/A\n" + lowered.substr(all.size() - size) + "=VALUERest\nx=Y\n") << size;
  }
}

TEST(FieldBlock, KeepsWhatItHasWhileItGrows) {
  FieldBlock block;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string value(static_cast<std::size_t>(i), 'v');
    block.append_lower("Name-" + std::to_string(i), value, {});
    block.append_more("+more");
    expected += "name-" + std::to_string(i) + "=" + value + "+more\n";
  }
  EXPECT_EQ(text_of(block), expected);
  FieldBlock other;
  other.append("a", "");
  const char* const at = block[0].name.data();
  block.swap(other);
  EXPECT_EQ(text_of(block), "a=\n");
  EXPECT_EQ(text_of(other), expected);
  EXPECT_EQ(other[0].name.data(), at);  // a swap takes views along
  other.clear();
  EXPECT_TRUE(other.empty());
  EXPECT_GT(other.kept_bytes(), expected.size());
}

TEST(SendingBlocks, AreKeptUntilTheyAreReleased) {
  SendingBlocks blocks;
  FieldBlock one;
  one.append(":status", "200");
  const FieldBlock& kept = blocks.keep(one);
  EXPECT_TRUE(one.empty());
  one.append(":status", "404");
  const FieldBlock& second = blocks.keep(one);
  EXPECT_EQ(text_of(kept), ":status=200\n");
  blocks.release("nobody's");
  EXPECT_EQ(blocks.size(), 2U);
  blocks.release(kept[0].name.data());
  EXPECT_EQ(text_of(second), ":status=404\n");
  blocks.release(second[0].name.data());
  EXPECT_EQ(blocks.size(), 0U);
}

TEST(SessionMemory, GivesWhatMallocGives) {
  SessionMemory memory;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::pair<char*, std::size_t>> taken;
    for (std::size_t bytes = 0; bytes < 3000; bytes += 37) {
      auto* const piece = static_cast<char*>(memory.take(bytes));
      ASSERT_NE(piece, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece) % alignof(std::max_align_t), 0U);
      std::fill_n(piece, bytes, static_cast<char>(bytes));
      taken.emplace_back(piece, bytes);
    }
    for (const auto& [piece, bytes] : taken) {
      EXPECT_EQ(std::string(piece, bytes), std::string(bytes, static_cast<char>(bytes)));
      memory.give(piece);
    }
    EXPECT_LE(memory.kept_bytes(), 16U * 1024U);
  }
  memory.give(nullptr);
  auto* piece = static_cast<char*>(memory.take_zeroed(10, 20));
  EXPECT_EQ(std::string(piece, 200), std::string(200, '\0'));
  piece[199] = 'x';
  piece = static_cast<char*>(memory.resize(piece, 5000));
  EXPECT_EQ(piece[199], 'x');
  memory.give(piece);
  EXPECT_EQ(memory.take_zeroed(std::size_t{1} << 62U, 8), nullptr);
  EXPECT_EQ(memory.take(~std::size_t{0}), nullptr);
  memory.release();
  EXPECT_EQ(memory.kept_bytes(), 0U);
}

}  // namespace
}  // namespace gabion::proxy::http2
