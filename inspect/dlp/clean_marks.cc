// The mark of a name is part of the key for its value.
#include "inspect/dlp/clean_marks.h"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

namespace gabion::inspect::dlp {
namespace {

static_assert(crypto_shorthash_BYTES == sizeof(CleanMarks::Mark));

CleanMarks::Mark hash(std::string_view text, const unsigned char* key) noexcept {
  CleanMarks::Mark mark = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&mark), reinterpret_cast<const unsigned char*>(text.data()),
                   text.size(), key);
  return mark;
}

}  // namespace

CleanMarks::CleanMarks() {
  static_assert(kKeyBytes == crypto_shorthash_KEYBYTES);
  if (sodium_init() < 0) {
    throw std::runtime_error("the system gives no randomness");
  }
  crypto_shorthash_keygen(key_.data());
}

CleanMarks::Mark CleanMarks::mark_of(std::string_view name, std::string_view value) const noexcept {
  if (value.size() > kMostValueBytes) {
    return kNone;
  }
  auto key = key_;
  Mark half = 0;
  std::memcpy(&half, key.data(), sizeof half);
  half ^= hash(name, key_.data());
  std::memcpy(key.data(), &half, sizeof half);
  const Mark mark = hash(value, key.data());
  return mark == kNone ? 1 : mark;
}

bool CleanMarks::holds(Mark mark) const noexcept {
  const auto& ways = places_[mark % places_.size()];
  return mark != kNone && (ways[0] == mark || ways[1] == mark);
}

void CleanMarks::keep(Mark mark) noexcept {
  auto& ways = places_[mark % places_.size()];
  if (ways[0] != mark) {
    ways[1] = ways[0];
    ways[0] = mark;
  }
}

}  // namespace gabion::inspect::dlp
