// Reads a message in pieces and writes down everything a reader says of each byte, so that cuts can be compared.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/dlp/fields/field_reader.h"

namespace gabion::inspect::dlp {

struct ProbedByte {
  char byte;
  RawSpan raw;
  std::string names;  ///< joined with '/'
  FlatOffset begin;
  FlatOffset end;  ///< kUnknownEnd when it was not known while the byte was there
  ValueKind kind;

  /// An end that one of them did not know yet is no difference.
  friend bool operator==(const ProbedByte& a, const ProbedByte& b) {
    const bool ends_agree = a.end == b.end || a.end == FieldPlace::kUnknownEnd || b.end == FieldPlace::kUnknownEnd;
    return a.byte == b.byte && a.raw == b.raw && a.names == b.names && a.begin == b.begin && ends_agree &&
           a.kind == b.kind;
  }
};

/// How a message is fed.
struct Feeding {
  std::function<std::size_t()> piece;                                        ///< bytes of the next one; 0 counts as 1
  std::size_t held = 0;                                                      ///< flat bytes not forgotten after a piece
  enum class Window : std::uint8_t { kKept, kGone } window = Window::kKept;  ///< are undecided raw bytes seen again?
};

inline Feeding whole() {
  return {[] { return std::string_view::npos; }, 0, Feeding::Window::kKept};
}

inline ProbedByte probe_byte(const FieldReader& reader, FlatOffset at) {
  const FieldPlace place = reader.at(at);
  std::string names;
  for (const std::string_view name : place.names) {
    names.append("/").append(name);
  }
  return {
      reader.flat()[at - reader.flat_begin()], reader.raw_span(at, at + 1), names, place.begin, place.end, place.kind};
}

/// What the reader says of all bytes. Every window is a copy of exactly its size, so that a sanitizer sees a view that
/// outlives it.
inline std::vector<ProbedByte> probe(FieldReader& reader, const ContentType& type, std::string_view raw,
                                     const Feeding& feeding) {
  std::vector<ProbedByte> probed;
  reader.begin(type);
  std::uint64_t fed = 0;
  std::uint64_t window_begin = 0;
  std::vector<char> window;
  do {
    const std::size_t fresh = std::min(std::max<std::size_t>(feeding.piece(), 1), raw.size() - fed);
    fed += fresh;
    window_begin = feeding.window == Feeding::Window::kKept
                       ? std::min<std::uint64_t>(fed - fresh, reader.raw_before(reader.flat_begin()))
                       : fed - fresh;
    window = std::vector<char>(raw.begin() + static_cast<std::ptrdiff_t>(window_begin),
                               raw.begin() + static_cast<std::ptrdiff_t>(fed));
    const End end = fed == raw.size() ? End::kHere : End::kFollows;
    reader.read({window.data(), window.size()}, window_begin, fresh, end);
    const FlatOffset held = end == End::kHere ? 0 : feeding.held;
    const FlatOffset to = std::max(reader.flat_begin(), reader.flat_end() - std::min(held, reader.flat_end()));
    for (FlatOffset at = reader.flat_begin(); at < to; ++at) {
      probed.push_back(probe_byte(reader, at));
    }
    reader.forget_before(to);
    if (feeding.window == Feeding::Window::kGone) {
      reader.detach();
    }
  } while (fed < raw.size());
  return probed;
}

/// The first byte of which two readings say different things; "": they agree.
inline std::string difference(const std::vector<ProbedByte>& a, const std::vector<ProbedByte>& b) {
  const auto show = [](const ProbedByte& it) {
    return std::string(1, it.byte) + " raw " + std::to_string(it.raw.begin) + "-" + std::to_string(it.raw.end) +
           " in " + it.names + " " + std::to_string(it.begin) + "-" + std::to_string(it.end) + " kind " +
           std::to_string(static_cast<int>(it.kind));
  };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!(a[i] == b[i])) {
      return std::to_string(i) + ": " + show(a[i]) + " / " + show(b[i]);
    }
  }
  return a.size() == b.size() ? "" : std::to_string(a.size()) + " / " + std::to_string(b.size()) + " bytes";
}

inline constexpr std::array<std::string_view, 5> kKindNames{"text", "string", "number", "nested number", "name"};

/// The values, one a line: "/names kind text", and " <- raw" where the raw bytes differ.
inline std::string describe(const std::vector<ProbedByte>& bytes, std::string_view raw) {
  std::string lines;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t end = i;
    std::string text;
    while (end < bytes.size() && bytes[end].begin == bytes[i].begin && bytes[end].names == bytes[i].names &&
           bytes[end].kind == bytes[i].kind) {
      text.push_back(bytes[end++].byte);
    }
    const bool is_gap =
        bytes[i].end == bytes[i].begin + 1 && bytes[i].names.empty() && bytes[i].kind == ValueKind::kText;
    if (!is_gap) {
      const std::string_view source = raw.substr(bytes[i].raw.begin, bytes[end - 1].raw.end - bytes[i].raw.begin);
      lines.append(bytes[i].names).append(" ").append(kKindNames[static_cast<std::size_t>(bytes[i].kind)]);
      lines.append(" ").append(text);
      if (source != text) {
        lines.append(" <- ").append(source);
      }
      lines.append("\n");
    }
    i = end;
  }
  return lines;
}

}  // namespace gabion::inspect::dlp
