// How a group of patterns is built, and what came out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

#include "inspect/match/rules/rule_pattern.h"

namespace gabion::inspect::match {

/// For which processors databases are built. A portable one is also loaded where a native one was asked for.
enum class Platform : std::uint8_t {
  kNative,    ///< this one
  kPortable,  ///< every one that Hyperscan runs on: for databases that go into an image
};

struct GroupOptions {
  std::uint32_t match_limit = kDefaultMatchLimit;
  Platform platform = Platform::kNative;
  std::string cache_directory;  ///< databases are stored to and loaded from here; empty: neither
  std::stop_token stop;         ///< asked between patterns: what has not been compiled by then is an error
};

/// For logs and metrics.
struct GroupContents {
  std::size_t exact = 0;    ///< regular expressions on Hyperscan
  std::size_t linear = 0;   ///< on RE2
  std::size_t single = 0;   ///< on PCRE2, one after the other
  std::size_t phrases = 0;  ///< phrases on Hyperscan, of all patterns
  std::size_t database_bytes = 0;
  bool loaded = false;      ///< databases came from the cache
  std::string cache_error;  ///< why they could not be stored or what was stored was not used; empty: nothing to say
};

}  // namespace gabion::inspect::match
