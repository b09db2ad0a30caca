// Queries, forms and cookies against libmodsecurity: the same names, values, sizes and encoding errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "generate.h"
#include "inspect/http/arguments.h"
#include "inspect/http/cookies.h"
#include "pairs_of.h"

namespace gabion::yardstick {
namespace {

using inspect::http::Arguments;
using inspect::http::BodyError;
using inspect::http::Cookies;

constexpr std::array<std::string_view, 24> kPieces{"a",  "b",    "=",   "&",   "&",   "=",   "+",   "%41",
                                                   "%",  "%4",   "%zz", "%00", ";",   "%26", "%3d", "%2b",
                                                   "%%", "%u41", "[]",  "'",   "%e9", "x",   "%4g", "=="};

TEST(UrlencodedYardstick, FormsGiveTheSameArguments) {
  Oracle oracle("URLENCODED");
  Generator generator(1);
  Arguments arguments;
  for (int i = 0; i < 600; ++i) {
    const std::string body = generator.some(kPieces, 14);
    const Seen seen = oracle.judge({"", "", "application/x-www-form-urlencoded", body});
    ASSERT_EQ(arguments.parse(body, '&', 1000), BodyError::kNone);
    EXPECT_THAT(pairs_of(arguments.values()), testing::ContainerEq(seen.arguments)) << shown(body);
    EXPECT_EQ(arguments.invalid_encoding() ? "1" : "0", seen.flags.at("URLENCODED_ERROR")) << shown(body);
    EXPECT_EQ(static_cast<double>(arguments.combined_size()), std::stod(seen.flags.at("ARGS_COMBINED_SIZE")))
        << shown(body);
  }
}

TEST(UrlencodedYardstick, QueriesGiveTheSameArguments) {
  Oracle oracle("URLENCODED");
  Generator generator(2);
  Arguments arguments;
  for (int i = 0; i < 600; ++i) {
    const std::string query = generator.some(kPieces, 14);
    const Seen seen = oracle.judge({query, "", "", ""});
    ASSERT_EQ(arguments.parse(query, '&', 1000), BodyError::kNone);
    EXPECT_THAT(pairs_of(arguments.values()), testing::ContainerEq(seen.arguments)) << shown(query);
    EXPECT_EQ(arguments.invalid_encoding() ? "1" : "0", seen.flags.at("URLENCODED_ERROR")) << shown(query);
  }
}

TEST(UrlencodedYardstick, TheLimitKeepsTheSameArguments) {
  Oracle oracle("URLENCODED");
  std::string body;
  for (int i = 0; i < 1003; ++i) {
    body += "a" + std::to_string(i) + "=1&";
  }
  Arguments arguments;
  EXPECT_EQ(arguments.parse(body, '&', 1000), BodyError::kTooManyValues);
  EXPECT_THAT(pairs_of(arguments.values()),
              testing::ContainerEq(oracle.judge({"", "", "application/x-www-form-urlencoded", body}).arguments));
}

TEST(UrlencodedYardstick, CookiesAreTheSame) {
  constexpr std::array<std::string_view, 20> kCookiePieces{"a", "b",        "=",     ";",    "; ", " ",    "\"",
                                                           ",", "$Version", "%41",   "\t",   "==", ";;",   "\v",
                                                           "X", "'",        "__utm", "\xe9", "+",  "; c=d"};
  Oracle oracle("URLENCODED");
  Generator generator(3);
  Cookies cookies;
  for (int i = 0; i < 600; ++i) {
    const std::string header = generator.some(kCookiePieces, 14);
    cookies.reset();
    ASSERT_EQ(cookies.add(header, 1000), BodyError::kNone);
    EXPECT_THAT(pairs_of(cookies.values()), testing::ContainerEq(oracle.judge({"", header, "", ""}).cookies))
        << shown(header);
  }
}

}  // namespace
}  // namespace gabion::yardstick
