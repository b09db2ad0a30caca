// Heads of frames as bytes: see frame_encoder.h.
#include "proxy/protocol/websocket/frame_encoder.h"

#include <algorithm>
#include <cstring>

namespace gabion::proxy::websocket {

FrameHead::FrameHead(Opcode opcode, Part part, Compression compressed, std::uint64_t length,
                     const std::optional<MaskKey>& mask) noexcept {
  const auto put = [this](std::uint64_t byte) { text_[size_++] = static_cast<char>(byte & 0xFFU); };
  put((part == Part::kLast ? 0x80U : 0U) | (compressed == Compression::kDeflate ? 0x40U : 0U) |
      static_cast<std::uint8_t>(opcode));
  const unsigned masked = mask ? 0x80U : 0U;
  if (length < 126) {
    put(masked | length);
  } else if (length < 0x10000) {
    put(masked | 126U);
    put(length >> 8U);
    put(length);
  } else {
    put(masked | 127U);
    for (int shift = 56; shift >= 0; shift -= 8) {
      put(length >> static_cast<unsigned>(shift));
    }
  }
  if (mask) {
    std::memcpy(text_.data() + size_, mask->data(), mask->size());
    size_ += mask->size();
  }
}

ClosePayload::ClosePayload(std::uint16_t code, std::string_view reason) noexcept {
  if (code == close_code::kNoStatus) {
    return;
  }
  text_[0] = static_cast<char>(code >> 8U);
  text_[1] = static_cast<char>(code & 0xFFU);
  const std::size_t size = std::min(reason.size(), text_.size() - 2);
  std::copy_n(reason.data(), size, text_.data() + 2);
  size_ = 2 + size;
}

}  // namespace gabion::proxy::websocket
