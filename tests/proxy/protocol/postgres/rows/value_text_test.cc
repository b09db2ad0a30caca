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

TEST(WithoutExponents, ShowsTheDigitsOfNumbersAndNothingElseOfThem) {
  struct Row {
    const char* text;
    const char* digits;  // null: the text is what it is
  };
  for (const Row& row : {
           Row{"4.111111111111111e+15", "4111111111111111"},
           Row{"-4.111111111111111e+15", "4111111111111111"},
           Row{"{4.111111111111111e+15}", "{4111111111111111}"},
           Row{"{7,4.111111111111111e+15,NULL,-1.5e+16}", "{7,4111111111111111,NULL,15000000000000000}"},
           Row{"{{1e+15,2},{3,4e+15}}", "{{1000000000000000,2},{3,4000000000000000}}"},
           Row{"{a,card,4.111111111111111e+15,e+e+}", "{a,card,4111111111111111,e+e+}"},
           Row{"{1e-07,NaN,1e+300,4e+15}", "{1e-07,NaN,1e+300,4000000000000000}"},
           Row{"[0:1]={4.111111111111111e+15,7}", "[0:1]={4111111111111111,7}"},
           Row{"[1:1][-2:-1]={{4e+15,2}}", "[1:1][-2:-1]={{4000000000000000,2}}"},
           Row{"[4.111111111111111e+15]", "[4111111111111111]"},
           Row{R"({"card": 4.111111111111111E15, "text": "4.1e+15", "n": 5})",
               R"({"card": 4111111111111111, "text": "4.1e+15", "n": 5})"},
           Row{R"({"a":[1,4.1e+15,2],"b":4.2e+15})", R"({"a":[1,4100000000000000,2],"b":4200000000000000})"},
           Row{"", nullptr},
           Row{"-", nullptr},
           Row{"{", nullptr},
           Row{"e+15", nullptr},
           Row{"-e+15", nullptr},
           Row{".5e+15", nullptr},
           Row{"4e+", nullptr},
           Row{"4e+1x", nullptr},
           Row{"4111111111111111", nullptr},
           Row{"1e+300", nullptr},
           Row{"4.1e+15 and more", nullptr},
           Row{"value 4.1e+15", nullptr},
           Row{"{4.1e+15", "{4100000000000000"},
           Row{"{\"4.1e+15\"}", nullptr},
           Row{"{4.1111111111111111111111e+15}", "{4111111111111111}"},
       }) {
    const auto found = without_exponents(row.text);
    EXPECT_EQ(found.has_value(), row.digits != nullptr) << row.text;
    EXPECT_EQ(found.value_or(""), row.digits == nullptr ? "" : row.digits) << row.text;
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
