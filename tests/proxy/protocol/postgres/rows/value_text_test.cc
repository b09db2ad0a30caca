// Numbers of a row as the digits that are looked for, in both formats.
#include "proxy/protocol/postgres/rows/value_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <string>

namespace gabion::proxy::postgres {
namespace {

std::string big_endian(std::uint64_t value) {
  std::string bytes;
  for (unsigned shift = 64; shift != 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> (shift - 8U)));
  }
  return bytes;
}

TEST(DigitsOf, ANumberAsTheServerWritesIt) {
  EXPECT_EQ(digits_of("4111111111111111", Reading::kNumber), "4111111111111111");
  EXPECT_EQ(digits_of("4111111111111111.00", Reading::kNumber), "4111111111111111");
  EXPECT_EQ(digits_of("-4111111111111111", Reading::kNumber), "4111111111111111");
  EXPECT_EQ(digits_of("4.111111111111111e+15", Reading::kNumber), "4111111111111111");
  EXPECT_EQ(digits_of("-4.111111111111111e+15", Reading::kNumber), "4111111111111111");
  EXPECT_EQ(digits_of("1e-07", Reading::kNumber), "0");
  EXPECT_EQ(digits_of("1e+300", Reading::kNumber), std::nullopt);
  EXPECT_EQ(digits_of("NaN", Reading::kNumber), std::nullopt);
  EXPECT_EQ(digits_of("-Infinity", Reading::kNumber), std::nullopt);
}

TEST(DigitsOf, ANumberInBinary) {
  EXPECT_EQ(digits_of(big_endian(4111111111111111), Reading::kInt8), "4111111111111111");
  EXPECT_EQ(digits_of(big_endian(std::uint64_t{0} - 4111111111111111), Reading::kInt8), "4111111111111111");
  EXPECT_EQ(digits_of(big_endian(std::uint64_t{1} << 63U), Reading::kInt8), "9223372036854775808");
  EXPECT_EQ(digits_of(big_endian(std::bit_cast<std::uint64_t>(-4111111111111111.0)), Reading::kFloat8),
            "4111111111111111");
  EXPECT_EQ(digits_of("1234567", Reading::kInt8), std::nullopt);
}

}  // namespace
}  // namespace gabion::proxy::postgres
