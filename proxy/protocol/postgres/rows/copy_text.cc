// How COPY writes one field: see copy_text.h.
#include "proxy/protocol/postgres/rows/copy_text.h"

namespace gabion::proxy::postgres {
namespace {

constexpr std::string_view kEscapes = "\bb\ff\nn\rr\tt\vv\\\\";  // byte, letter

char unescaped(char letter) noexcept {
  for (std::size_t i = 1; i < kEscapes.size(); i += 2) {
    if (kEscapes[i] == letter) {
      return kEscapes[i - 1];
    }
  }
  return letter;
}

}  // namespace

std::string_view copy_null(CopyFormat format) noexcept {
  return format == CopyFormat::kText ? "\\N" : "";
}

std::string decode_copy_field(std::string_view field, CopyFormat format) {
  std::string text;
  text.reserve(field.size());
  for (std::size_t i = 0; i < field.size(); ++i) {
    const bool is_mark = field[i] == (format == CopyFormat::kText ? '\\' : '"');
    if (!is_mark) {
      text.push_back(field[i]);
    } else if (format == CopyFormat::kText && i + 1 < field.size()) {
      text.push_back(unescaped(field[++i]));
    } else if (format == CopyFormat::kCsv && i + 1 < field.size() && i != 0 && field[i + 1] == '"') {
      text.push_back(field[++i]);
    }
  }
  return text;
}

void append_copy_field(std::string& out, std::string_view text, CopyFormat format) {
  if (format == CopyFormat::kCsv) {
    out.push_back('"');
    for (const char c : text) {
      out.append(c == '"' ? 2 : 1, c);
    }
    out.push_back('"');
    return;
  }
  for (const char c : text) {
    std::size_t at = 0;
    while (at < kEscapes.size() && kEscapes[at] != c) {
      at += 2;
    }
    if (at < kEscapes.size()) {
      out.push_back('\\');
      out.push_back(kEscapes[at + 1]);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace gabion::proxy::postgres
