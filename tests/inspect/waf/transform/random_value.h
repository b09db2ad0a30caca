// Random values made of the bytes and pieces that transformations care about.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace gabion::inspect::waf::transform {

using namespace std::string_view_literals;

inline constexpr std::string_view kPieces[] = {"%"sv,
                                               "%u"sv,
                                               "%U"sv,
                                               "%uff"sv,
                                               "%uFF1c"sv,
                                               "%u00e4"sv,
                                               "%u2018"sv,
                                               "%41"sv,
                                               "%4"sv,
                                               "%zz"sv,
                                               "+"sv,
                                               "&"sv,
                                               "&#"sv,
                                               "&#x"sv,
                                               "&#X3c"sv,
                                               "&#60"sv,
                                               "&#99999999999999999999"sv,
                                               "&#x7fffffffffffffff"sv,
                                               "&#x8000000000000041"sv,
                                               "&lt"sv,
                                               "&GT;"sv,
                                               "&quot;"sv,
                                               "&amp"sv,
                                               "&nbsp;"sv,
                                               "&nbspx;"sv,
                                               ";"sv,
                                               "\\"sv,
                                               "\\\\"sv,
                                               "\\u"sv,
                                               "\\u0041"sv,
                                               "\\uff1C"sv,
                                               "\\x"sv,
                                               "\\X4"sv,
                                               "\\x41"sv,
                                               "\\n"sv,
                                               "\\a"sv,
                                               "\\101"sv,
                                               "\\47"sv,
                                               "\\777"sv,
                                               "\\8"sv,
                                               "\\41"sv,
                                               "\\00041 "sv,
                                               "\\00ff41"sv,
                                               "\\0FF1c"sv,
                                               "\\1ff1c"sv,
                                               "\\0000041"sv,
                                               "\\\n"sv,
                                               "\\\r\n"sv,
                                               "/"sv,
                                               "//"sv,
                                               "/*"sv,
                                               "*/"sv,
                                               "<!--"sv,
                                               "-->"sv,
                                               "--"sv,
                                               "-"sv,
                                               "#"sv,
                                               "*"sv,
                                               "<"sv,
                                               "!"sv,
                                               ">"sv,
                                               "."sv,
                                               ".."sv,
                                               "/../"sv,
                                               "/./"sv,
                                               "/.."sv,
                                               "../"sv,
                                               "/."sv,
                                               "./"sv,
                                               "a"sv,
                                               "B"sv,
                                               "f"sv,
                                               "u"sv,
                                               "x"sv,
                                               "0"sv,
                                               "7"sv,
                                               "9"sv,
                                               "0x"sv,
                                               "0X4"sv,
                                               "0x4142"sv,
                                               "0x00"sv,
                                               "\0"sv,
                                               " "sv,
                                               "  "sv,
                                               "\t"sv,
                                               "\n"sv,
                                               "\r"sv,
                                               "\r\n"sv,
                                               "\v"sv,
                                               "\f"sv,
                                               "\xA0"sv,
                                               "\xC2"sv,
                                               "\xC2\xA0"sv,
                                               "\x85"sv,
                                               "\""sv,
                                               "'"sv,
                                               "^"sv,
                                               ","sv,
                                               "("sv,
                                               "="sv,
                                               "=="sv,
                                               "YWJj"sv,
                                               "YQ"sv,
                                               "\xC3\xA4"sv,
                                               "\xC0\x80"sv,
                                               "\xC1\xBF"sv,
                                               "\xE2\x82\xAC"sv,
                                               "\xE0\x80\xAF"sv,
                                               "\xED\xA0\x80"sv,
                                               "\xF0\x9F\x98\x80"sv,
                                               "\xF0\x80\x80\x80"sv,
                                               "\xF4\x90\x80\x80"sv,
                                               "\xF5"sv,
                                               "\xF7\xBF\xBF\xBF"sv,
                                               "\xF8"sv,
                                               "\xFF"sv,
                                               "\x80"sv,
                                               "\xBF"sv,
                                               "\xE2"sv,
                                               "\xF0"sv,
                                               "G"sv,
                                               "z"sv,
                                               "~"sv,
                                               "_"sv};

inline constexpr std::size_t kFew = 4;

/// Up to `most` pieces; one value in four keeps to a few kinds of pieces, so that they meet often.
inline std::string random_value(std::mt19937& random, std::size_t most) {
  const auto below = [&random](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  std::string_view few[kFew];
  for (auto& piece : few) {
    piece = kPieces[below(std::size(kPieces))];
  }
  const bool keeps_to_few = below(4) == 0;
  std::string value;
  for (std::size_t left = below(most + 1); left > 0; --left) {
    if (below(16) == 0) {
      value += static_cast<char>(below(256));
    } else {
      value += keeps_to_few ? few[below(kFew)] : kPieces[below(std::size(kPieces))];
    }
  }
  return value;
}

}  // namespace gabion::inspect::waf::transform
