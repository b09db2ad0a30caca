// Split invariance: a stream means the same whole, byte by byte, at every single cut and at random cuts.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>

#include "tests/proxy/protocol/http1/transcript.h"

namespace gabion::proxy::http1 {

/// Longer streams are cut at about this many places, evenly spread.
inline constexpr std::size_t kMostCuts = 1024;

/// Reads the stream whole, expects every other cut to read the same, and returns it.
inline Transcript record_at_every_cut(const Stream& stream) {
  const Transcript expected = record(stream, whole());
  EXPECT_EQ(record(stream, pieces_of(1)), expected) << "byte by byte";
  EXPECT_EQ(record(stream, pieces_of(2)), expected) << "two by two";
  const std::size_t stride = 1 + stream.bytes.size() / kMostCuts;
  for (std::size_t at = 1; at < stream.bytes.size(); at += stride) {
    const Transcript cut = record(stream, cut_at(at));
    EXPECT_EQ(cut, expected) << "cut after byte " << at;
    if (!(cut == expected)) {
      break;
    }
  }
  for (unsigned seed = 1; seed <= 8; ++seed) {
    EXPECT_EQ(record(stream, random_pieces(seed, 4 * seed)), expected) << "random pieces, seed " << seed;
  }
  return expected;
}

/// describe_start() of the first head, or "" when there is none.
inline std::string first_start(const Transcript& transcript) {
  if (transcript.messages.empty()) {
    return "";
  }
  return transcript.messages.front().head.substr(0, transcript.messages.front().head.find('\n'));
}

}  // namespace gabion::proxy::http1
