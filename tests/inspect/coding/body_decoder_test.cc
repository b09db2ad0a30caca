// Every coding at every cut; what is broken, truncated, trailing or mislabelled; bombs within their bounds.
#include "inspect/coding/body_decoder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "tests/inspect/coding/coded.h"

namespace gabion::inspect::coding {
namespace {

constexpr Coding kAll[] = {Coding::kGzip, Coding::kDeflate, Coding::kBrotli, Coding::kZstd};
constexpr std::size_t kMiB = 1 << 20;

const std::string kText = "card 4111111111111111, again and again: card 4111111111111111, and an end.";

std::string noise(std::size_t size) {
  std::mt19937 random(11);
  std::string text(size, '\0');
  for (char& c : text) {
    c = static_cast<char>('a' + random() % 16);
  }
  return text;
}

struct Coded {
  std::string what;
  CodingList list;
  std::string bytes;
  std::string text;
};

std::vector<Coded> good_bodies() {
  const auto frames = encode(codings({Coding::kZstd}), "one ") + std::string("\x50\x2a\x4d\x18\x03\0\0\0xyz", 11) +
                      encode(codings({Coding::kZstd}), kText);
  std::vector<Coded> bodies{
      {"gzip", codings({Coding::kGzip}), zlib_coded(kText, 31), kText},
      {"gzip of nothing", codings({Coding::kGzip}), zlib_coded("", 31), ""},
      {"gzip members", codings({Coding::kGzip}), zlib_coded("one ", 31) + zlib_coded("", 31) + zlib_coded(kText, 31),
       "one " + kText},
      {"deflate with zlib wrapping", codings({Coding::kDeflate}), zlib_coded(kText, 15), kText},
      {"deflate without", codings({Coding::kDeflate}), zlib_coded(kText, -15), kText},
      {"deflate without, stored", codings({Coding::kDeflate}), zlib_coded("x", -15, 0), "x"},
      {"deflate of nothing, raw", codings({Coding::kDeflate}), zlib_coded("", -15), ""},
      {"br", codings({Coding::kBrotli}), encode(codings({Coding::kBrotli}), kText), kText},
      {"br of nothing", codings({Coding::kBrotli}), encode(codings({Coding::kBrotli}), ""), ""},
      {"zstd", codings({Coding::kZstd}), encode(codings({Coding::kZstd}), kText), kText},
      {"zstd frames, one to skip", codings({Coding::kZstd}), frames, "one " + kText},
      {"no byte at all", codings({Coding::kGzip}), "", ""},
  };
  for (const Coding first : kAll) {
    for (const Coding second : kAll) {
      const CodingList list = codings({first, second});
      bodies.push_back({"stacked", list, encode(list, kText), kText});
    }
  }
  return bodies;
}

TEST(BodyDecoder, ReadsEveryCodingAtEveryCut) {
  for (const Coded& body : good_bodies()) {
    const Read expected{body.text, DecodeError::kNone, 0};
    EXPECT_EQ(read(body.list, body.bytes), expected) << body.what;
    const std::string_view bytes = body.bytes;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      for (const std::size_t room : {1U, 7U, 4096U}) {
        EXPECT_EQ(read(body.list, {bytes.substr(0, cut), bytes.substr(cut)}, room), expected)
            << body.what << " cut at " << cut << ", room for " << room;
      }
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      single.push_back(bytes.substr(i, 1));
    }
    EXPECT_EQ(read(body.list, single, 3), expected) << body.what << " byte by byte";
  }
}

TEST(BodyDecoder, ReadsWhatTheLibrariesMakeOfLargeTexts) {
  const std::string text = noise(3 * kMiB);
  for (const Coding coding : kAll) {
    const CodingList list = codings({coding});
    const Read got = read(list, encode(list, text, 10'000));
    EXPECT_EQ(got.error, DecodeError::kNone);
    EXPECT_TRUE(got.text == text);
  }
  const CodingList br = codings({Coding::kBrotli});
  const auto pieces = brotli_pieces(text, 1);
  const Read got = read(br, {pieces[0], "\x03"});
  EXPECT_EQ(got.error, DecodeError::kNone);
  EXPECT_TRUE(got.text == text);
}

TEST(BodyDecoder, NoticesTheMissingEnd) {
  for (const Coded& body : good_bodies()) {
    const std::string_view bytes = body.bytes;
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const Read got = read(body.list, bytes.substr(0, size));
      if (got.error == DecodeError::kNone) {  // the end of a member or frame is an end
        EXPECT_TRUE(body.what.find("members") != std::string::npos || body.what.find("frames") != std::string::npos)
            << body.what << " of " << size;
      } else {
        EXPECT_EQ(got.error, DecodeError::kTruncated) << body.what << " of " << size;
      }
    }
  }
}

TEST(BodyDecoder, RefusesBytesBehindTheEnd) {
  for (const Coding coding : kAll) {
    const CodingList list = codings({coding});
    const std::string coded = encode(list, kText);
    for (const std::string_view trailing : {"trailing bytes", "\0\0\0\0\0\0\0\0"}) {
      const Read whole = read(list, coded + std::string(trailing.data(), 8));
      EXPECT_EQ(whole.error, DecodeError::kTrailing) << static_cast<int>(coding);
      const Read cut = read(list, {coded, std::string_view(trailing.data(), 8)}, 5);
      EXPECT_EQ(cut.error, DecodeError::kTrailing) << static_cast<int>(coding);
      EXPECT_EQ(cut.text, kText);
    }
    EXPECT_NE(read(list, coded + "x").error, DecodeError::kNone) << static_cast<int>(coding);
  }
}

TEST(BodyDecoder, AWrongLabelIsBrokenBeforeAnyText) {
  const std::string_view plain = "plain text with card 4111111111111111 and a gzip label";
  for (const Coding coding : {Coding::kGzip, Coding::kZstd}) {
    const Read got = read(codings({coding}), plain);
    EXPECT_EQ(got.error, DecodeError::kBroken);
    EXPECT_EQ(got.text, "");
  }
  for (const Coding label : kAll) {
    for (const Coding real : kAll) {
      if (label != real) {
        EXPECT_NE(read(codings({label}), encode(codings({real}), kText)).error, DecodeError::kNone)
            << static_cast<int>(label) << " for " << static_cast<int>(real);
      }
    }
  }
  EXPECT_NE(read(codings({Coding::kDeflate}), plain).error, DecodeError::kNone);
  EXPECT_NE(read(codings({Coding::kBrotli}), plain).error, DecodeError::kNone);
}

TEST(BodyDecoder, ChecksumsAreHeeded) {
  std::string gzip = zlib_coded(kText, 31);
  gzip[gzip.size() - 6] ^= 1;
  EXPECT_EQ(read(codings({Coding::kGzip}), gzip).error, DecodeError::kBroken);
  std::string zlib = zlib_coded(kText, 15);
  zlib.back() ^= 1;
  EXPECT_EQ(read(codings({Coding::kDeflate}), zlib).error, DecodeError::kBroken);
}

/// libzstd reads formats from before RFC 8878, too, and does not bound their windows.
TEST(BodyDecoder, ReadsNoZstdOfOldFormats) {
  for (char magic = 0x1E; magic <= 0x27; ++magic) {
    std::string frame{magic, '\xB5', '\x2F', '\xFD'};
    frame += std::string("\x00\x88\x80\x00\x00\x00\x00\x00\x00", 9);
    EXPECT_EQ(read(codings({Coding::kZstd}), frame).error, DecodeError::kBroken) << static_cast<int>(magic);
    EXPECT_EQ(read(codings({Coding::kZstd}), encode(codings({Coding::kZstd}), kText) + frame).error,
              DecodeError::kTrailing);
  }
}

TEST(BodyDecoder, RefusesWindowsThatNoServerMayUse) {
  EXPECT_EQ(read(codings({Coding::kZstd}), zstd_zeros(1, 23)).error, DecodeError::kNone);
  EXPECT_EQ(read(codings({Coding::kZstd}), zstd_zeros(1, 24)).error, DecodeError::kWindow);
  EXPECT_EQ(read(codings({Coding::kZstd}), zstd_zeros(1, 31)).error, DecodeError::kWindow);
  const auto large = brotli_pieces(kText, 1, 28, true);
  EXPECT_EQ(read(codings({Coding::kBrotli}), {large[0], "\x03"}).error, DecodeError::kBroken);
}

struct Bomb {
  std::string what;
  CodingList list;
  std::string bytes;
  std::size_t memory;  ///< at most
};

/// Each of 10 GiB of zeros.
std::vector<Bomb> bombs() {
  const std::string zeros(16 * kMiB, '\0');
  const std::string member = zlib_coded(zeros, 31);
  const auto pieces = brotli_pieces(zeros, 3);
  EXPECT_EQ(pieces[1], pieces[2]) << "else more of them are no br";
  std::string gzip;
  std::string br = pieces[0];
  for (int i = 0; i < 640; ++i) {
    gzip += member;
    br += pieces[1];
  }
  br.push_back('\x03');
  const std::string zstd = zstd_zeros(81'920);
  const std::string twice = zlib_coded(gzip, 31);
  return {
      {"gzip", codings({Coding::kGzip}), gzip, 64 * 1024},
      {"br", codings({Coding::kBrotli}), br, 20 * kMiB},
      {"zstd", codings({Coding::kZstd}), zstd, 9 * kMiB},
      {"zstd of the largest window", codings({Coding::kZstd}), zstd_zeros(81'920, 23), 9 * kMiB},
      {"gzip in gzip", codings({Coding::kGzip, Coding::kGzip}), twice, 128 * 1024},
      {"zstd in br", codings({Coding::kZstd, Coding::kBrotli}), encode(codings({Coding::kBrotli}), zstd), 29 * kMiB}};
}

TEST(BodyDecoder, StopsABombWithinItsBounds) {
  for (const Bomb& bomb : bombs()) {
    const auto start = std::chrono::steady_clock::now();
    const Read by_ratio = read(bomb.list, bomb.bytes);
    EXPECT_EQ(by_ratio.error, DecodeError::kRatio) << bomb.what;
    EXPECT_GE(by_ratio.text.size(), kMiB) << bomb.what;
    EXPECT_LE(by_ratio.text.size(), bomb.bytes.size() * 100 + kMiB + 16 * 1024) << bomb.what;
    EXPECT_LE(by_ratio.most_memory, bomb.memory) << bomb.what;

    DecodeLimits wide;
    wide.ratio = 1'000'000'000;
    const Read by_bytes = read(bomb.list, bomb.bytes, 16 * 1024, wide);
    EXPECT_EQ(by_bytes.error, DecodeError::kBytes) << bomb.what;
    EXPECT_LE(by_bytes.text.size(), wide.bytes + 16 * 1024) << bomb.what;
    EXPECT_LE(by_bytes.most_memory, bomb.memory) << bomb.what;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << bomb.what;
  }
}

TEST(BodyDecoder, WhatCodesNothingIsBoundedToo) {
  // 16 MiB of empty gzip members in gzip: text never comes, but the bytes between the two decoders count.
  const std::string member = zlib_coded("", 31);
  std::string members;
  while (members.size() < 16 * kMiB) {
    members += member;
  }
  const std::string coded = zlib_coded(members, 31);
  const Read got = read(codings({Coding::kGzip, Coding::kGzip}), coded);
  EXPECT_EQ(got.error, DecodeError::kRatio);
  EXPECT_EQ(got.text, "");
}

TEST(BodyDecoder, GoesOnOnceTheByteLimitIsLifted) {
  const std::string text = noise(200'000);
  std::vector<CodingList> lists;
  for (const Coding first : kAll) {
    lists.push_back(codings({first}));
    for (const Coding second : kAll) {
      lists.push_back(codings({first, second}));
    }
  }
  for (const CodingList& list : lists) {
    const std::string coded = encode(list, text);
    BodyDecoder decoder(list, {.bytes = 50'000, .ratio = 100});
    std::string got;
    std::string room(4096, '\0');
    std::string_view rest = coded;
    unsigned stopped = 0;
    while (!rest.empty() || decoder.has_more()) {
      const auto step = decoder.decode(rest, room);
      rest.remove_prefix(step.consumed);
      got.append(room, 0, step.produced);
      if (step.error != DecodeError::kNone) {
        ASSERT_EQ(step.error, DecodeError::kBytes);
        ++stopped;
        decoder.lift_byte_limit();
      }
    }
    EXPECT_EQ(stopped, 1U);
    EXPECT_TRUE(got == text);
    EXPECT_EQ(decoder.finish(), DecodeError::kNone);
  }
}

TEST(BodyDecoder, RandomDamageNeverHangsOrGrows) {
  std::mt19937 random(3);
  for (const Coded& body : good_bodies()) {
    for (int round = 0; round < 300 && !body.bytes.empty(); ++round) {
      std::string damaged = body.bytes;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      const Read got = read(body.list, damaged, 512);
      EXPECT_LE(got.text.size(), kMiB + damaged.size() * 100) << body.what;
      const std::string_view bytes = damaged;
      const std::size_t cut = random() % bytes.size();
      const Read again = read(body.list, {bytes.substr(0, cut), bytes.substr(cut)}, 16);
      ASSERT_EQ(again.error == DecodeError::kNone, got.error == DecodeError::kNone) << body.what;
      // How much comes out before an error is the library's affair, what comes is not.
      const std::size_t common =
          got.error == DecodeError::kNone ? std::string::npos : std::min(again.text.size(), got.text.size());
      ASSERT_EQ(again.text.substr(0, common), got.text.substr(0, common)) << body.what;
    }
  }
}

}  // namespace
}  // namespace gabion::inspect::coding
