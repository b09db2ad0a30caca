// The list of allowed bytes, read and applied.
#include "inspect/waf/operators/byte_range.h"

#include <charconv>
#include <optional>
#include <string>

namespace gabion::inspect::waf::operators {
namespace {

std::optional<unsigned> byte_of(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 255) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

config::Result<ByteRange> ByteRange::parse(std::string_view text) {
  ByteRange range;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto piece = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const auto dash = piece.find('-');
    const auto first = byte_of(piece.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : byte_of(piece.substr(dash + 1));
    if (!first || !last || *first > *last) {
      return config::Error{"no byte or range of bytes: " + std::string(piece), ""};
    }
    for (auto byte = *first; byte <= *last; ++byte) {
      range.allowed_.set(byte);
    }
  }
  return range;
}

std::size_t ByteRange::find_outside(std::string_view value) const noexcept {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!allowed_[static_cast<unsigned char>(value[i])]) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace gabion::inspect::waf::operators
