// What must hold of every head a decoder accepts, whatever the bytes were; aborts where it does not.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/protocol/http1/encoder.h"
#include "tests/proxy/protocol/http1/transcript.h"

namespace gabion::proxy::http1 {

inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

inline std::string start_line_of(Role role, const Head& head) {
  const std::string version = "HTTP/1." + std::to_string(head.minor_version);
  if (role == Role::kResponse) {
    return version + " " + std::to_string(head.status) + " " + std::string(head.phrase) + "\r\n";
  }
  return std::string(head.method) + " " + std::string(head.target) + " " + version + "\r\n";
}

/// The head as a session writes it: the authority that was judged in the place of Host.
inline std::string encoded(Role role, const Head& head) {
  std::string bytes = start_line_of(role, head);
  if (role == Role::kRequest && !head.authority.empty()) {
    write_field(bytes, "Host", head.authority);
  }
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (role == Role::kResponse || head.ids[i] != FieldId::kHost) {
      write_field(bytes, head.fields[i].name, head.fields[i].value);
    }
  }
  return bytes + "\r\n";
}

inline std::string fields_but_host(Role role, const Head& head) {
  std::vector<inspect::HeaderField> kept;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    if (role == Role::kResponse || head.ids[i] != FieldId::kHost) {
      kept.push_back(head.fields[i]);
    }
  }
  return describe_fields(kept);
}

inline void require_sound_framing(Role role, const Head& head) {
  require(!(head.is_chunked && head.has_content_length));
  require(!(head.is_chunked && head.minor_version == 0));
  switch (head.framing) {
    case Framing::kNone:
      require(role == Role::kResponse || (!head.is_chunked && head.content_length == 0));
      return;
    case Framing::kLength:
      require(head.has_content_length && head.content_length > 0);
      return;
    case Framing::kChunked:
      require(head.is_chunked);
      return;
    case Framing::kUntilClose:
      require(role == Role::kResponse && !head.has_content_length && !head.is_chunked);
      return;
  }
}

inline void require_sound_fields(Role role, const Head& head) {
  require(head.ids.size() == head.fields.size());
  for (const auto& field : head.fields) {
    require(is_token(field.name) && trim_ows(field.value) == field.value);
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    require(role == Role::kResponse || field.name.find('_') == std::string_view::npos);
  }
}

/// Says the same again when it is written and read once more.
inline void require_round_trip(Role role, const Head& head) {
  HeadParser again(role);
  const bool has_no_body = head.framing == Framing::kNone;
  require(again.parse(encoded(role, head), role == Role::kResponse && has_no_body) == DecodeError::kNone);
  require(describe_start(role, again.head()) == describe_start(role, head));
  require(fields_but_host(role, again.head()) == fields_but_host(role, head));
}

inline void require_sound(Role role, const Head& head) {
  require(head.minor_version <= 1);
  if (role == Role::kRequest) {
    require(is_token(head.method) && (head.minor_version == 0 || !head.authority.empty()));
    require(head.target.starts_with('/') || head.target == "*" || head.method == "CONNECT");
  } else {
    require(head.status >= 100 && head.status <= 999);
  }
  require_sound_framing(role, head);
  require_sound_fields(role, head);
  require_round_trip(role, head);
}

/// The first byte of a fuzz input chooses where the stream is cut.
inline Cutter cutter_for(unsigned char byte) {
  if (byte == 0) {
    return pieces_of(1);
  }
  return byte < 128 ? cut_at(byte) : random_pieces(byte, 24);
}

/// Limits small enough that a fuzzer meets them.
inline DecoderLimits small_limits() {
  return {.start_line_bytes = 40, .header_bytes = 120, .header_count = 4, .trailer_bytes = 24};
}

/// Reads the stream whole and cut, and requires both to say the same and every head to be sound.
inline void require_one_reading(const Stream& stream, unsigned char cut) {
  const auto check = [&stream](const Head& head) { require_sound(stream.role, head); };
  const Transcript expected = record(stream, whole(), check);
  require(record(stream, cutter_for(cut)) == expected);
}

}  // namespace gabion::proxy::http1
