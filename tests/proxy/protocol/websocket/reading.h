// What a stream of frames says, as text, however it is cut: for tests and for the fuzz target.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "proxy/protocol/websocket/frame_decoder.h"

namespace gabion::proxy::websocket {

struct FrameStream {
  std::string bytes;
  Sender sender = Sender::kClient;
  Compression compression = Compression::kNone;
  std::uint64_t most_message_bytes = 1 << 20;
};

/// Like "text:hello|ping:x|close:1000 bye|" or "binary:ab|error:a frame …". A message stands where it ends, one that
/// did not end before an error is left out.
class FrameReading {
 public:
  explicit FrameReading(const FrameStream& stream)
      : decoder_(stream.sender, stream.compression, stream.most_message_bytes) {}

  /// False: nothing more can be read.
  bool feed(std::string_view bytes) {
    held_.append(bytes);
    while (true) {
      const auto step = decoder_.next(held_);
      const std::string_view data(step.data.data(), step.data.size());
      const bool stuck = step.event == FrameDecoder::Event::kNeedMore && (step.consumed == 0 || held_.empty());
      note(step, data);
      held_.erase(0, step.consumed);
      if (stuck || step.event == FrameDecoder::Event::kError) {
        return step.event != FrameDecoder::Event::kError;
      }
    }
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t held() const noexcept { return held_.size(); }

 private:
  void note(const FrameDecoder::Step& step, std::string_view data) {
    switch (step.event) {
      case FrameDecoder::Event::kNeedMore:
        return;
      case FrameDecoder::Event::kData:
        message_ = step.begins ? std::string(data) : message_.append(data);
        if (step.ends) {
          text_ += decoder_.message().opcode == Opcode::kText ? "text" : "binary";
          text_ += decoder_.message().compressed ? "*:" : ":";
          text_ += message_ + "|";
        }
        return;
      case FrameDecoder::Event::kPing:
        text_.append("ping:").append(data).append("|");
        return;
      case FrameDecoder::Event::kPong:
        text_.append("pong:").append(data).append("|");
        return;
      case FrameDecoder::Event::kClose:
        text_.append("close:").append(std::to_string(decoder_.close_code())).append(" ").append(data).append("|");
        return;
      case FrameDecoder::Event::kError:
        text_.append("error:").append(to_string(decoder_.error()));
        return;
    }
  }

  FrameDecoder decoder_;
  std::string held_;
  std::string message_;
  std::string text_;
};

/// In pieces of `piece` bytes.
inline std::string read_frames(const FrameStream& stream, std::size_t piece) {
  FrameReading reading(stream);
  for (std::size_t at = 0; at < stream.bytes.size(); at += piece) {
    if (!reading.feed(std::string_view(stream.bytes).substr(at, piece))) {
      break;
    }
  }
  return reading.text();
}

/// In two pieces.
inline std::string read_frames_cut(const FrameStream& stream, std::size_t cut) {
  FrameReading reading(stream);
  const std::string_view bytes = stream.bytes;
  if (reading.feed(bytes.substr(0, cut))) {
    [[maybe_unused]] const bool more = reading.feed(bytes.substr(std::min(cut, bytes.size())));
  }
  return reading.text();
}

}  // namespace gabion::proxy::websocket
