// SipHash-2-4 with 128 bits of output (Aumasson, Bernstein), little endian as its reference.
#include "inspect/sql/rules/keyed_digest.h"

#include <bit>
#include <cstring>
#include <random>

namespace gabion::inspect::sql {
namespace {

static_assert(std::endian::native == std::endian::little);

struct State {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  [[nodiscard]] std::uint64_t finish() noexcept {
    for (int i = 0; i < 4; ++i) {
      round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

KeyedDigest KeyedDigest::random() {
  std::random_device source;
  const auto word = [&source] { return std::uint64_t{source()} << 32U | source(); };
  return KeyedDigest({word(), word()});
}

Digest KeyedDigest::operator()(std::string_view bytes) const noexcept {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  State state{0x736F6D6570736575ULL ^ key_[0], 0x646F72616E646F6DULL ^ key_[1] ^ 0xEEULL,
              0x6C7967656E657261ULL ^ key_[0], 0x7465646279746573ULL ^ key_[1]};
  const std::size_t whole = bytes.size() / kWord * kWord;
  for (std::size_t at = 0; at < whole; at += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, kWord);
    state.absorb(word);
  }
  std::uint64_t last = std::uint64_t{bytes.size()} << 56U;
  for (std::size_t at = whole; at < bytes.size(); ++at) {
    last |= std::uint64_t{static_cast<unsigned char>(bytes[at])} << (8 * (at - whole));
  }
  state.absorb(last);
  state.v2 ^= 0xEE;
  Digest digest;
  digest.low = state.finish();
  state.v1 ^= 0xDD;
  digest.high = state.finish();
  return digest;
}

}  // namespace gabion::inspect::sql
