// Bytes of a direction read as messages with a given cut, told as one text: for tests and fuzzing.
#pragma once

#include <algorithm>
#include <string>

#include "proxy/protocol/postgres/frame_reader.h"

namespace gabion::proxy::postgres {

/// "Q:<body>|", pieces joined; an error ends it as "!unknown type"; the rest that was not enough as "?".
inline std::string read_messages(Sender sender, const std::string& bytes, std::size_t piece,
                                 std::uint32_t whole_bytes = 1024) {
  FrameReader reader(sender, whole_bytes);
  std::string found;
  std::string buffer;
  std::size_t at = 0;
  while (true) {
    const FrameReader::Step step = reader.next(buffer);
    if (step.event == FrameReader::Event::kError) {
      return found + "!" + std::string(to_string(reader.error()));
    }
    if (step.event == FrameReader::Event::kNeedMore) {
      if (at == bytes.size()) {
        return found + (reader.at_message_start() && buffer.empty() ? "" : "?");
      }
      const std::size_t count = std::min(piece, bytes.size() - at);
      buffer.append(bytes, at, count);
      at += count;
      continue;
    }
    if (step.event != FrameReader::Event::kPiece) {
      found += step.type;
      found += ':';
    }
    found.append(step.body.data(), step.body.size());
    if (step.event == FrameReader::Event::kWhole || (step.event == FrameReader::Event::kPiece && step.ends)) {
      found += '|';
    }
    buffer.erase(0, step.consumed);
  }
}

inline std::string message(char type, const std::string& body) {
  const auto length = static_cast<std::uint32_t>(body.size() + 4);
  std::string made(1, type);
  for (int shift = 24; shift >= 0; shift -= 8) {
    made.push_back(static_cast<char>(length >> static_cast<unsigned>(shift)));
  }
  return made + body;
}

}  // namespace gabion::proxy::postgres
