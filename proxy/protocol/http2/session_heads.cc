// Heads in place of those that nghttp2 wrote: see hpack_writer.h. It knows one byte of each.
#include <nghttp2/nghttp2.h>

#include <algorithm>

#include "proxy/protocol/http2/hpack_writer.h"
#include "proxy/protocol/http2/session.h"

namespace gabion::proxy::http2 {
namespace {

constexpr std::size_t kFrameHeadBytes = HeaderFrames::kFrameHeadBytes;
constexpr std::size_t kTypeAt = 3;
constexpr std::size_t kFlagsAt = 4;
/// RFC 7541 §6.3, to no bytes: the peer lowered its limit, or it is the first block. nghttp2 knows when.
constexpr char kEmptyTable = 0x20;

void put_length(char* frame, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < 3; ++i) {
    frame[i] = static_cast<char>(bytes >> (16 - 8 * i));
  }
}

bool has_flag(char flags, unsigned flag) noexcept {
  return (static_cast<unsigned char>(flags) & flag) != 0;
}

constexpr std::size_t kMostKeptBytes = 4096;

}  // namespace

/// `frame` is HEADERS with END_HEADERS, neither padded nor with a priority. What exceeds the peer's frames goes into
/// CONTINUATION.
void Session::write_head(std::string_view frame) {
  if (!has_flag(frame[kFlagsAt], NGHTTP2_FLAG_END_HEADERS)) {  // what follows of it would stand behind our block
    heading_ = nullptr;
    fail(ErrorCode::kInternalError, "a head in several frames");
    return;
  }
  const std::string_view payload = frame.substr(kFrameHeadBytes);
  heading_wire_.assign(frame.substr(0, kFrameHeadBytes));
  heading_wire_.append(payload.substr(0, std::min(payload.find_first_not_of(kEmptyTable), payload.size())));
  write_header_block(*heading_, heading_wire_);
  heading_ = nullptr;

  const std::size_t most = nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_FRAME_SIZE);
  std::string_view block = std::string_view(heading_wire_).substr(kFrameHeadBytes);
  if (block.size() <= most) {
    put_length(heading_wire_.data(), block.size());
    owner_.write(heading_wire_);
  } else {
    write_in_pieces(block, most);
  }
  if (heading_wire_.capacity() > kMostKeptBytes) {
    std::string().swap(heading_wire_);
  }
}

void Session::write_in_pieces(std::string_view block, std::size_t most) {
  std::string head(heading_wire_, 0, kFrameHeadBytes);
  head[kFlagsAt] = static_cast<char>(static_cast<unsigned char>(head[kFlagsAt]) & ~NGHTTP2_FLAG_END_HEADERS);
  while (!block.empty()) {
    const std::string_view piece = block.substr(0, most);
    block.remove_prefix(piece.size());
    if (block.empty()) {
      head[kFlagsAt] = static_cast<char>(static_cast<unsigned char>(head[kFlagsAt]) | NGHTTP2_FLAG_END_HEADERS);
    }
    put_length(head.data(), piece.size());
    owner_.write(head);
    owner_.write(piece);
    head[kTypeAt] = static_cast<char>(NGHTTP2_CONTINUATION);
    head[kFlagsAt] = 0;
  }
}

}  // namespace gabion::proxy::http2
