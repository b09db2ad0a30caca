// HTTP/1 from decisions to bytes: framing is made here anew, never copied from what came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "inspect/message.h"

namespace gabion::proxy::http1 {

/// A place for bytes; SendQueue and std::string fit.
template <class T>
concept ByteSink = requires(T sink, std::string_view bytes) {
  sink.append(bytes);
};

template <ByteSink Sink>
void write_field(Sink& sink, std::string_view name, std::string_view value) {
  sink.append(name);
  sink.append(": ");
  sink.append(value);
  sink.append("\r\n");
}

/// "1a2b\r\n". Room for 16 digits and CRLF.
struct ChunkSize {
  char text[18];
  std::uint8_t length = 0;
  explicit ChunkSize(std::uint64_t size) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text, length}; }
};

/// REQUIRES: bytes is not empty (an empty chunk would end the body).
template <ByteSink Sink>
void write_chunk(Sink& sink, std::string_view bytes) {
  sink.append(ChunkSize(bytes.size()).view());
  sink.append(bytes);
  sink.append("\r\n");
}

/// The last chunk, trailers, and the end.
template <ByteSink Sink>
void write_last_chunk(Sink& sink, std::span<const inspect::HeaderField> trailers) {
  sink.append("0\r\n");
  for (const auto& field : trailers) {
    write_field(sink, field.name, field.value);
  }
  sink.append("\r\n");
}

/// Decimal text of a number, without allocation.
struct Decimal {
  char text[20];
  std::uint8_t length = 0;
  explicit Decimal(std::uint64_t value) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {text, length}; }
};

/// The registered phrase (RFC 9110 §15), "" for others.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace gabion::proxy::http1
