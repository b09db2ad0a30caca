// The naive form of what decodes escapes.
#include <algorithm>
#include <map>

#include "inspect/waf/transform/best_fit.h"
#include "tests/inspect/waf/transform/naive.h"
#include "tests/inspect/waf/transform/naive_pieces.h"

namespace gabion::inspect::waf::transform::naive {
namespace {

const std::map<char, char> kControls = {{'a', '\a'}, {'b', '\b'}, {'f', '\f'}, {'n', '\n'},
                                        {'r', '\r'}, {'t', '\t'}, {'v', '\v'}};

/// `rest` begins with a backslash and has another byte.
Piece named_escape(std::string_view rest) {
  const auto control = kControls.find(rest[1]);
  return {2, std::string(1, control == kControls.end() ? rest[1] : control->second)};
}

Piece url_piece(std::string_view rest) {
  if (rest[0] == '+') {
    return {1, " "};
  }
  const std::string digits = front_of(rest.substr(1), kHexDigits, 2);
  if (rest[0] == '%' && digits.size() == 2) {
    return {3, byte(std::stoul(digits, nullptr, 16))};
  }
  return first_byte(rest);
}

Piece url_uni_piece(std::string_view rest) {
  const std::string_view mark = rest.substr(0, 2);
  if (mark == "%u" || mark == "%U") {
    const std::string digits = front_of(rest.substr(2), kHexDigits, 4);
    if (digits.size() == 4) {
      const char fit = best_fit(static_cast<char16_t>(std::stoul(digits, nullptr, 16)));
      return {6, fit != '\0' ? std::string(1, fit) : folded(digits)};
    }
  }
  return url_piece(rest);
}

Piece js_piece(std::string_view rest) {
  if (rest[0] != '\\' || rest.size() == 1) {
    return first_byte(rest);
  }
  const std::string four = front_of(rest.substr(2), kHexDigits, 4);
  if (rest[1] == 'u' && four.size() == 4) {
    return {6, folded(four)};
  }
  if (rest[1] == 'x' && four.size() >= 2) {
    return {4, byte(std::stoul(four.substr(0, 2), nullptr, 16))};
  }
  std::string octal = front_of(rest.substr(1), kOctalDigits, 3);
  if (octal.empty()) {
    return named_escape(rest);
  }
  if (std::stoul(octal, nullptr, 8) > 0xFF) {
    octal.pop_back();
  }
  return {1 + octal.size(), byte(std::stoul(octal, nullptr, 8))};
}

Piece escape_piece(std::string_view rest) {
  if (rest[0] != '\\' || rest.size() == 1) {
    return first_byte(rest);
  }
  const std::string two = front_of(rest.substr(2), kHexDigits, 2);
  if ((rest[1] == 'x' || rest[1] == 'X') && two.size() == 2) {
    return {4, byte(std::stoul(two, nullptr, 16))};
  }
  const std::string octal = front_of(rest.substr(1), kOctalDigits, 3);
  return octal.empty() ? named_escape(rest) : Piece{1 + octal.size(), byte(std::stoul(octal, nullptr, 8))};
}

Piece css_piece(std::string_view rest) {
  if (rest[0] != '\\') {
    return first_byte(rest);
  }
  const std::string digits = front_of(rest.substr(1), kHexDigits, 6);
  if (digits.empty()) {
    return {std::min<std::size_t>(2, rest.size()), rest.size() == 1 || rest[1] == '\n' ? "" : std::string(1, rest[1])};
  }
  const std::size_t behind = 1 + digits.size();
  const bool space = behind < rest.size() && kSpaces.find(rest[behind]) != std::string_view::npos;
  const unsigned long code = std::stoul(digits, nullptr, 16);
  const bool folds = digits.size() >= 4 && code <= 0xFFFF;
  return {behind + (space ? 1 : 0), folds ? folded(digits.substr(digits.size() - 4)) : byte(code)};
}

/// As strtol reads it, which stops at LONG_MAX.
std::string number_byte(const std::string& digits, int base) {
  return byte(static_cast<unsigned long>(std::strtol(digits.c_str(), nullptr, base)));
}

Piece html_piece(std::string_view rest) {
  if (rest[0] != '&') {
    return first_byte(rest);
  }
  const auto behind = [rest](std::size_t end) { return end + (rest.substr(end, 1) == ";" ? 1 : 0); };
  if (rest.substr(1, 1) == "#") {
    const bool hex = rest.substr(2, 1) == "x" || rest.substr(2, 1) == "X";
    const std::size_t from = hex ? 3 : 2;
    const auto allowed = hex ? kHexDigits : std::string_view("0123456789");
    const std::string digits = rest.size() <= from ? "" : front_of(rest.substr(from), allowed, rest.size());
    return digits.empty() ? first_byte(rest) : Piece{behind(from + digits.size()), number_byte(digits, hex ? 16 : 10)};
  }
  static const std::map<std::string, char> kNames = {
      {"quot", '"'}, {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"nbsp", '\xA0'}};
  std::string name;
  while (1 + name.size() < rest.size() && isalnum(static_cast<unsigned char>(rest[1 + name.size()])) != 0) {
    name += static_cast<char>(tolower(rest[1 + name.size()]));
  }
  const auto known = kNames.find(name);
  return known == kNames.end() ? first_byte(rest) : Piece{behind(1 + name.size()), std::string(1, known->second)};
}

}  // namespace

std::string url_decode(std::string_view in) {
  return rewrite(in, url_piece);
}

std::string url_decode_uni(std::string_view in) {
  return rewrite(in, url_uni_piece);
}

std::string js_decode(std::string_view in) {
  return rewrite(in, js_piece);
}

std::string escape_seq_decode(std::string_view in) {
  return rewrite(in, escape_piece);
}

std::string css_decode(std::string_view in) {
  return rewrite(in, css_piece);
}

std::string html_entity_decode(std::string_view in) {
  return rewrite(in, html_piece);
}

}  // namespace gabion::inspect::waf::transform::naive
