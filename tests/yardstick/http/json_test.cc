// JSON bodies against libmodsecurity: the same names and values, errors for the same bodies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "generate.h"
#include "inspect/http/json_body.h"
#include "pairs_of.h"

namespace gabion::yardstick {
namespace {

using inspect::http::BodyError;
using inspect::http::JsonBody;

constexpr std::array<std::string_view, 22> kScalars{"1",
                                                    "-0",
                                                    "1.5e3",
                                                    "1E+400",
                                                    "true",
                                                    "false",
                                                    "null",
                                                    "\"\"",
                                                    "\"x\"",
                                                    "\"\\u0041\\n\"",
                                                    "\"\\ud83d\\ude00\"",
                                                    "\"\\ud83d\"",
                                                    "\"\\udc00\"",
                                                    "\"\\ud83dx\"",
                                                    "\"\\ud83d\\u0041\"",
                                                    "\"\\u0000\"",
                                                    "\"\xc3\xa9\"",
                                                    "\"\xc0\xaf\"",
                                                    "\"\xed\xa0\x80\"",
                                                    "\"\\/\\\\\\\"\"",
                                                    "12345678901234567890123",
                                                    "\"<a>'\""};
constexpr std::array<std::string_view, 8> kKeys{"\"a\"",       "\"b\"",       "\"\"",  "\"a.b\"",
                                                "\"\\u0063\"", "\"array_0\"", "\"A\"", "\"\xc3\xa9\""};
constexpr std::array<std::string_view, 6> kSpaces{"", "", "", " ", "\r\n", "\t\v\f"};
constexpr std::array<std::string_view, 22> kBroken{
    "{",  "}",   "[",   "]",    ",",    ":", "\"",    "\\",      "01",        "-",   "1.",
    "1e", "tru", "nul", "\xff", "\x01", "'", "/*x*/", "\"\\q\"", "\"\\u12\"", "NaN", "\xef\xbb\xbf"};

std::string value(Generator& generator, int depth) {
  const std::string space(generator.pick(kSpaces));
  if (depth == 0 || generator.one_in(2)) {
    return space + std::string(generator.pick(kScalars)) + std::string(generator.pick(kSpaces));
  }
  const bool is_array = generator.one_in(2);
  std::string text = space + (is_array ? "[" : "{");
  for (std::size_t i = 0, n = generator.below(4); i < n; ++i) {
    text += i == 0 ? "" : ",";
    if (!is_array) {
      text += std::string(generator.pick(kSpaces)) + std::string(generator.pick(kKeys)) +
              std::string(generator.pick(kSpaces)) + ":";
    }
    text += value(generator, depth - 1);
  }
  return text + (is_array ? "]" : "}") + std::string(generator.pick(kSpaces));
}

void compare(const Oracle& oracle, const std::string& body) {
  JsonBody json;
  const Seen seen = oracle.judge({"", "", "application/json", body});
  const BodyError error = json.parse(body, {Oracle::kJsonDepth, 1000});
  // yajl does not look at a string behind the document that never ends.
  const bool yajl_skips = error == BodyError::kTrailingBytes && body.find('"') != std::string::npos;
  EXPECT_EQ(error != BodyError::kNone, seen.body_error || yajl_skips)
      << shown(body) << " " << to_string(error) << " | " << seen.message;
  EXPECT_THAT(pairs_of(json.values()), testing::ContainerEq(seen.arguments)) << shown(body);
}

TEST(JsonYardstick, DocumentsGiveTheSameArguments) {
  Oracle oracle("JSON");
  Generator generator(4);
  for (int i = 0; i < 500; ++i) {
    compare(oracle, value(generator, 5));
  }
}

TEST(JsonYardstick, BrokenDocumentsGiveAnErrorAndTheSameArgumentsBefore) {
  Oracle oracle("JSON");
  Generator generator(5);
  for (int i = 0; i < 500; ++i) {
    std::string body = value(generator, 4);
    const std::size_t at = generator.below(body.size() + 1);
    if (generator.one_in(2)) {
      body.insert(at, generator.pick(kBroken));
    } else {
      body.resize(at);
    }
    compare(oracle, body);
  }
}

TEST(JsonYardstick, DepthIsCountedAlike) {
  Oracle oracle("JSON");
  for (std::size_t depth = 18; depth < 24; ++depth) {
    compare(oracle, std::string(depth, '[') + "1" + std::string(depth, ']'));
    std::string objects;
    for (std::size_t i = 0; i < depth; ++i) {
      objects += "{\"a\":";
    }
    compare(oracle, objects + "1" + std::string(depth, '}'));
  }
}

}  // namespace
}  // namespace gabion::yardstick
