// The naive form of what rewrites paths, comments, command lines, Base64 and UTF-8.
#include <algorithm>
#include <bitset>
#include <cstdio>

#include "tests/inspect/waf/transform/naive.h"
#include "tests/inspect/waf/transform/naive_pieces.h"

namespace gabion::inspect::waf::transform::naive {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Characters of the alphabet to bytes, by way of a text of zeros and ones; bits that fill no byte are dropped.
std::string bytes_of(const std::string& characters) {
  std::string bits;
  for (const char c : characters) {
    bits += std::bitset<6>(kBase64.find(c)).to_string();
  }
  std::string out;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8) {
    out += byte(std::bitset<8>(bits.substr(at, 8)).to_ulong());
  }
  return out;
}

/// Lines without the spaces at their ends, put together; a "\r\n" ends a line like "\n".
std::string without_line_ends(std::string_view text) {
  return rewrite(text, [](std::string_view rest) -> Piece {
    const std::size_t spaces = std::min(rest.find_first_not_of(' '), rest.size());
    for (const std::string_view end : {"\n", "\r\n"}) {
      if (rest.substr(spaces).starts_with(end)) {
        return {spaces + end.size(), ""};
      }
    }
    return spaces == rest.size() ? Piece{spaces, ""} : first_byte(rest);
  });
}

Piece utf8_piece(std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 1;
  if (size == 1) {
    return {1, lead == 0 ? "" : std::string(1, rest[0])};
  }
  std::string written = lead >= 0xF5 ? std::string(1, rest[0]) : "";
  std::string bits = std::bitset<8>(lead).to_string().substr(size + 1);
  for (const char c : rest.substr(1, size - 1)) {
    const std::string all = std::bitset<8>(static_cast<unsigned char>(c)).to_string();
    if (!all.starts_with("10")) {
      return {1, written};
    }
    bits += all.substr(2);
  }
  if (rest.size() < size) {
    return {1, written};
  }
  const auto code = std::bitset<32>(bits).to_ulong();
  char text[16];
  std::snprintf(text, sizeof(text), "%%u%04lx", code);
  const bool overlong = code < (size == 2 ? 0x80U : size == 3 ? 0x800U : 0x10000U);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return {size, written + text + (overlong || surrogate ? std::string(1, rest[0]) : "")};
}

/// A path as it grows, segment by segment.
struct Path {
  std::string text;
  bool relative;
  bool hit_root = false;

  /// Returns whether the segment was written (and not taken for "." or a step back).
  bool add(const std::string& segment, bool last) {
    const std::string all_but_dot = text + segment.substr(0, segment.size() - 1);
    if (!segment.ends_with('.')) {
      hit_root = all_but_dot.empty() && hit_root;
    } else if (all_but_dot.ends_with('.')) {
      if (!relative || (!hit_root && all_but_dot.size() > 2)) {
        step_back(all_but_dot, last);
        return false;
      }
      hit_root = true;
    } else if (all_but_dot.empty()) {
      return false;
    } else if (all_but_dot.ends_with('/')) {
      text.resize(text.size() - (last ? 0 : 1));
      return false;
    }
    text += segment;
    return true;
  }

  void step_back(const std::string& all_but_dot, bool last) {
    const auto slash = all_but_dot.size() < 3 ? std::string::npos : all_but_dot.rfind('/', all_but_dot.size() - 3);
    const bool root = slash == std::string::npos || slash == 0;
    hit_root = hit_root || root;
    text = all_but_dot.substr(0, root ? (last && !relative ? 1 : 0) : slash);
  }
};

}  // namespace

std::string normalize_path(std::string_view in, std::string_view separators) {
  const auto is_separator = [separators](char c) { return separators.find(c) != std::string_view::npos; };
  if (in.empty()) {
    return "";
  }
  Path path{"", !is_separator(in[0])};
  std::string_view rest = in;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(separators), rest.size());
    const std::string segment(rest.substr(0, end));
    rest.remove_prefix(end);
    const bool written = segment.empty() || path.add(segment, rest.empty());
    const auto run = std::min(rest.find_first_not_of(separators), rest.size());
    if (run > 0 && !(path.relative && path.text.empty())) {
      // Only so many backslashes are turned; the last of a run is the one that is written.
      path.text += run <= (written ? 2U : 1U) ? '/' : rest[run - 1];
    }
    rest.remove_prefix(run);
  }
  if (!is_separator(in.back()) && path.text.ends_with('/')) {
    path.text.pop_back();
  }
  return path.text;
}

std::string cmd_line(std::string_view in) {
  std::string out = rewrite(in, [](std::string_view rest) -> Piece {
    if (std::string_view("\"'\\^").find(rest[0]) != std::string_view::npos) {
      return {1, ""};
    }
    const bool space = std::string_view(" ,;\t\r\n").find(rest[0]) != std::string_view::npos;
    return {1, std::string(1, space ? ' ' : static_cast<char>(tolower(rest[0])))};
  });
  for (const std::string_view pair : {"  ", " /", " ("}) {
    for (auto at = out.find(pair); at != std::string::npos; at = out.find(pair)) {
      out.erase(at, 1);
    }
  }
  return out;
}

std::string replace_comments(std::string_view in) {
  return rewrite(in, [](std::string_view rest) -> Piece {
    if (!rest.starts_with("/*")) {
      return first_byte(rest);
    }
    const auto end = rest.find("*/", 2);
    return {end == std::string_view::npos ? rest.size() : end + 2, " "};
  });
}

std::string remove_comments(std::string_view in) {
  return rewrite(in, [](std::string_view rest) -> Piece {
    if (rest.starts_with("#") || rest.starts_with("--")) {
      return {rest.size(), ""};
    }
    if (!rest.starts_with("/*") && !rest.starts_with("<!--")) {
      return first_byte(rest);
    }
    const std::size_t from = rest[0] == '/' ? 2 : 4;
    const auto star = rest.find("*/", from);
    const auto dash = rest.find("-->", from);
    if (star == dash) {
      return {rest.size(), " "};
    }
    const std::size_t end = star < dash ? star + 2 : dash + 3;
    return {std::min(end + 1, rest.size()), end < rest.size() ? std::string(1, rest[end]) : std::string(1, '\0')};
  });
}

std::string remove_comments_char(std::string_view in) {
  return rewrite(in, [](std::string_view rest) -> Piece {
    for (const std::string_view mark : {"<!--", "-->", "/*", "*/", "--", "#"}) {
      if (rest.starts_with(mark)) {
        return {mark.size(), ""};
      }
    }
    return first_byte(rest);
  });
}

std::string sql_hex_decode(std::string_view in) {
  const std::string out = rewrite(in, [](std::string_view rest) -> Piece {
    if (rest.size() == 1 || rest[0] == '\0') {
      return {rest.size(), ""};
    }
    std::string digits = rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X')
                             ? front_of(rest.substr(2), kHexDigits, rest.size())
                             : std::string();
    digits.resize(digits.size() / 2 * 2);
    if (digits.empty()) {
      return first_byte(rest);
    }
    std::string written;
    for (std::size_t at = 0; at < digits.size(); at += 2) {
      written += byte(std::stoul(digits.substr(at, 2), nullptr, 16));
    }
    const std::size_t behind = 2 + digits.size();
    return {std::min(behind + 1, rest.size()), written + std::string(rest.substr(behind, 1))};
  });
  return out.c_str();
}

std::string base64_encode(std::string_view in) {
  std::string bits;
  for (const char c : in) {
    bits += std::bitset<8>(static_cast<unsigned char>(c)).to_string();
  }
  std::string out;
  for (std::size_t at = 0; at < bits.size(); at += 6) {
    std::string six = bits.substr(at, 6);
    six.resize(6, '0');
    out += kBase64[std::bitset<6>(six).to_ulong()];
  }
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

std::string base64_decode(std::string_view in) {
  const std::string text = without_line_ends(in.substr(0, in.find('\0')));
  const std::size_t padding = std::min(text.find('='), text.size());
  const std::string pads = text.substr(padding);
  const std::string characters = text.substr(0, padding);
  if (characters.find_first_not_of(kBase64) != std::string::npos || pads.find_first_not_of('=') != std::string::npos ||
      pads.size() > 2) {
    return "";
  }
  const std::size_t whole = characters.size() / 4 * 4;
  const std::string tail = characters.substr(whole);
  std::string out = bytes_of(characters.substr(0, whole));
  if (tail.size() + pads.size() >= 4) {
    const std::size_t used = 4 - tail.size();  // further padding begins a group that does not fill
    out += bytes_of(tail + std::string(used, 'A')).substr(0, 3 - used);
  }
  return out;
}

std::string base64_decode_ext(std::string_view in) {
  std::string characters;
  for (std::size_t at = 0; at < in.size(); ++at) {
    if (in[at] == '=' && characters.size() % 4 == 1 && (at + 1 == in.size() || in[at + 1] != '=')) {
      return "";
    }
    characters += kBase64.find(in[at]) == std::string_view::npos ? "" : std::string(1, in[at]);
  }
  return characters.size() % 4 == 1 && in.ends_with('9') ? "" : bytes_of(characters);
}

std::string utf8_to_unicode(std::string_view in) {
  return rewrite(in, utf8_piece);
}

}  // namespace gabion::inspect::waf::transform::naive
