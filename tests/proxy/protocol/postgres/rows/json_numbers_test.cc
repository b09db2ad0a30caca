// Numbers with an exponent in JSON: their digits, exact, and nothing of texts.
#include "proxy/protocol/postgres/rows/json_numbers.h"

#include <gtest/gtest.h>

namespace gabion::proxy::postgres {
namespace {

TEST(JsonNumbers, AreShownByTheirDigits) {
  struct Row {
    const char* text;
    const char* digits;  // null: the text is what it is
  };
  for (const Row& row : {
           Row{"4.111111111111111e+15", "4111111111111111"},
           Row{"4111111111111111E0", "4111111111111111"},
           Row{"41111111111111110e-1", "4111111111111111"},
           Row{"9.999999999999999e15", "9999999999999999"},  // no double is that
           Row{"0.00004111111111111111e20", "4111111111111111"},
           Row{R"({"a":-4.1e15})", R"({"a":-4100000000000000})"},
           Row{R"([1e10 , 2,{"x":1E+5}])", R"([10000000000 , 2,{"x":100000}])"},
           Row{R"({"4e15":"4e15","b":4e15})", R"({"4e15":"4e15","b":4000000000000000})"},
           Row{R"(["\"4e15", 4e15])", R"(["\"4e15", 4000000000000000])"},
           Row{R"(["\\", 4e15])", R"(["\\", 4000000000000000])"},
           Row{"1e4", "10000"},
           Row{"1e3", nullptr},
           Row{"4.1e-15", nullptr},
           Row{"1e40", nullptr},
           Row{"1e99999999999999999999", nullptr},
           Row{"1e-99999999999999999999", nullptr},
           Row{"1e", nullptr},
           Row{"e5", nullptr},
           Row{"1e+-5", nullptr},
           Row{"1.2.3e10", nullptr},
           Row{"4e15e1", nullptr},
           Row{R"(["4e15)", nullptr},
           Row{R"("\)", nullptr},
           Row{R"(["e)", nullptr},
           Row{"", nullptr},
           Row{"true", nullptr},
       }) {
    const auto found = json_without_exponents(row.text);
    EXPECT_EQ(found.has_value(), row.digits != nullptr) << row.text;
    EXPECT_EQ(found.value_or(""), row.digits == nullptr ? "" : row.digits) << row.text;
  }
}

TEST(JsonNumbers, NoTextIsReadBeyondItsEnd) {
  const std::string whole = R"({"a\"": [4.1e+15, -2E7, "x\\"], "e": 1e-3})";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);  // of its own memory
    (void)json_without_exponents(cut);
  }
}

}  // namespace
}  // namespace gabion::proxy::postgres
