// What a shape says at a glance never contradicts what it says when it looks: for all shapes of the catalogue.
#include "inspect/dlp/shape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "inspect/dlp/catalogue.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

Shape compiled(std::string_view shape, std::string_view separators) {
  auto made = Shape::compile(shape, separators);
  EXPECT_TRUE(made.has_value()) << shape;
  return *made;
}

/// Digits and letters at the beginning, as shapes see them.
std::size_t token_length(std::string_view text) {
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Folded next = folded_at(text, at);
    if (!is_digit(next.c) && !is_letter(next.c)) {
      break;
    }
    ++length;
    at += next.width;
  }
  return length;
}

bool fits(const Shape& shape, std::string_view text) {
  return shape.outline(token_length(text)).may_fit(Outline::of(text));
}

/// The scanner asks shapes only about tokens of a length they may have.
bool is_asked(const Shape& shape, std::string_view text) {
  const auto token = shape.first_token();
  const std::size_t length = token_length(text);
  return length >= token.min && length <= token.max;
}

/// Characters that shapes know, and some they do not; wide ones too.
std::string random_text(std::mt19937& random) {
  static const std::string kPieces[] = {"0",
                                        "1",
                                        "4",
                                        "9",
                                        "a",
                                        "f",
                                        "X",
                                        "Z",
                                        "-",
                                        " ",
                                        ".",
                                        "/",
                                        "+",
                                        "(",
                                        ")",
                                        ",",
                                        "@",
                                        "\n",
                                        "0",
                                        "\xEF\xBC\x91",
                                        "\xE2\x80\x8B",
                                        "\xC2\xA0",
                                        "\xC3\xA4",
                                        "7"};
  std::string text;
  const std::size_t size = std::uniform_int_distribution<std::size_t>(0, 45)(random);
  std::uniform_int_distribution<std::size_t> any(0, std::size(kPieces) - 1);
  while (text.size() < size) {
    text += kPieces[any(random)];
  }
  return text;
}

/// A text the form's shape is likely to have, by its spelling.
std::string text_of(std::string_view shape, std::string_view separators, std::mt19937& random) {
  std::string text;
  for (const char c : shape) {
    const bool is_digit_class = c == '9';
    const bool is_letter_class = c == 'a' || c == 'A' || c == 'x' || c == 'X';
    if (is_digit_class) {
      text += std::uniform_int_distribution<int>(0, 9)(random) == 0 ? std::string("\xEF\xBC\x93") : "3";
    } else if (is_letter_class) {
      text += 'B';
    } else if (c == '-' && !separators.empty()) {
      text += separators.front();
    } else if (c == '.' || c == '/' || c == '+') {
      text += c;
    }
  }
  return text + random_text(random);
}

TEST(Shape, WhatMatchesHasTheOutline) {
  std::mt19937 random(7);
  std::size_t matched = 0;
  std::size_t ruled_out = 0;
  for (const Type& type : catalogue()) {
    for (const Form& form : type.forms) {
      const Shape shape = compiled(form.shape, form.separators);
      if (form.walk != Walk::kToken || shape.lead() != '\0') {
        continue;
      }
      for (int round = 0; round < 400; ++round) {
        const std::string text = round % 2 == 0 ? random_text(random) : text_of(form.shape, form.separators, random);
        if (!is_asked(shape, text)) {
          continue;
        }
        Cleaned cleaned;
        const bool matches = shape.match(text, cleaned) != 0;
        matched += matches ? 1 : 0;
        ruled_out += !matches && !fits(shape, text) ? 1 : 0;
        EXPECT_TRUE(!matches || fits(shape, text)) << type.id << " " << form.shape << ": " << text;
      }
    }
  }
  EXPECT_GT(matched, 3000U);    // the texts do try the shapes
  EXPECT_GT(ruled_out, 1000U);  // and the outline is good for something
}

TEST(Shape, AnOutlineKnowsRangesByTheLengthOfTheToken) {
  const Shape shape = compiled("[1-9]9{0,2}-[2-9]99-[2-9]99-9999", "-. ");
  EXPECT_TRUE(fits(shape, "1 415 555 0132"));
  EXPECT_TRUE(fits(shape, "123 415 555 0132"));
  EXPECT_FALSE(fits(shape, "12.50,"));
  EXPECT_FALSE(fits(shape, "123 41 555 0132"));
}

TEST(Shape, AnOutlineIsOfTheFirstBytes) {
  const Shape shape = compiled("999-99-9999", "-. ");
  EXPECT_TRUE(fits(shape, "078-05-1123"));
  EXPECT_TRUE(fits(shape, "078-05-1123 and more than thirty-two bytes"));
  EXPECT_FALSE(fits(shape, "078-05-112"));
  EXPECT_FALSE(fits(shape, "078-05x1123"));
  EXPECT_FALSE(fits(shape, std::string_view("078-05-1\0 23", 12)));
  EXPECT_TRUE(fits(shape, "078-\xEF\xBC\x91"));  // what follows a wide byte may stand anywhere
  EXPECT_FALSE(fits(shape, "07x-\xEF\xBC\x91"));
  EXPECT_TRUE(fits(compiled("9{40}", ""), std::string(32, '1')));  // farther is not looked
}

}  // namespace
}  // namespace gabion::inspect::dlp
