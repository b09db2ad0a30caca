// One pass each, no memory.
#include "inspect/grpc/protobuf/looks.h"

#include "inspect/grpc/protobuf/wire.h"
#include "inspect/http/utf8.h"

namespace gabion::inspect::grpc {
namespace {

template <class Accepts>
bool is_utf8_of(std::string_view bytes, Accepts&& accepts) noexcept {
  while (!bytes.empty()) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    if (byte < 0x80 && !accepts(byte)) {
      return false;
    }
    const std::size_t size = byte < 0x80 ? 1 : http::utf8_size(bytes);
    if (size == 0) {
      return false;
    }
    bytes.remove_prefix(size);
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  return is_utf8_of(bytes, [](unsigned char) { return true; });
}

bool is_plain_text(std::string_view bytes) noexcept {
  return is_utf8_of(bytes, [](unsigned char byte) {
    return byte >= 0x20 ? byte != 0x7F : byte == '\t' || byte == '\n' || byte == '\r';
  });
}

bool is_message(std::string_view bytes) noexcept {
  constexpr std::size_t kWord = 4;
  WireReader in(bytes, 0);
  do {
    std::uint32_t number = 0;
    WireType type = WireType::kVarint;
    std::uint64_t value = 0;
    std::size_t begin = 0;
    if (!in.tag(number, type)) {
      return false;
    }
    bool is_whole = false;
    switch (type) {
      case WireType::kVarint:
        is_whole = in.varint(value);
        break;
      case WireType::kFixed64:
        is_whole = in.fixed(2 * kWord, value);
        break;
      case WireType::kFixed32:
        is_whole = in.fixed(kWord, value);
        break;
      case WireType::kBytes:
        is_whole = in.delimited(begin);
        break;
      case WireType::kGroup:
      case WireType::kGroupEnd:
        break;
    }
    if (!is_whole) {
      return false;
    }
  } while (!in.at_end());
  return true;
}

}  // namespace gabion::inspect::grpc
