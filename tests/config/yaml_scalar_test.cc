// What a plain scalar is to the API server: a row for each trap of policy files.
#include "config/yaml_scalar.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::config {
namespace {

struct ScalarCase {
  YamlKind kind;
  std::vector<std::string> texts;
};

class YamlScalarTest : public ::testing::TestWithParam<ScalarCase> {};

TEST_P(YamlScalarTest, HasTheKindTheApiServerSees) {
  for (const std::string& text : GetParam().texts) {
    EXPECT_EQ(classify_plain_scalar(text), GetParam().kind) << "\"" << text << "\"";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, YamlScalarTest,
    ::testing::Values(
        ScalarCase{YamlKind::kNull, {"", "~", "null", "Null", "NULL"}},
        ScalarCase{YamlKind::kBool,
                   {"true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on",
                    "On", "ON", "off", "Off", "OFF"}},
        ScalarCase{YamlKind::kInteger, {"0", "1", "-1", "80", "65536", "9223372036854775807", "-9223372036854775808"}},
        ScalarCase{YamlKind::kNumber, {"010",  "00",    "-01",   "08",    "+1",   "1.0",  "1.",
                                       ".5",   "-.5",   "1e3",   "1E+3",  "1e-3", ".5e1", "1_000",
                                       "1_",   "0x1F",  "0X1f",  "0b101", "-0b1", "0o17", "9223372036854775808",
                                       ".inf", "-.Inf", "+.INF", ".nan",  ".NaN", "-0"}},
        ScalarCase{YamlKind::kString,
                   {"y",     "n",          "Y",     "N",        "tRUE",       "nULL", "nil",   "-",     "+",    ".",
                    "..",    "-.",         "_1",    "e3",       "1e",         "1e+",  "0x",    "0xg",   "0b2",  "0o8",
                    "1.2.3", "10.0.0.0/8", "1:30",  "12:30:45", "2001-01-01", "10ms", "64KiB", ".infx", "-nan", "inf",
                    "0x1.8", "1 2",        "1e3.5", "._5x",     "--1",        "+-1",  "a"}}),
    [](const auto& tested) {
      switch (tested.param.kind) {
        case YamlKind::kNull:
          return "Null";
        case YamlKind::kBool:
          return "Bool";
        case YamlKind::kInteger:
          return "Integer";
        case YamlKind::kNumber:
          return "Number";
        case YamlKind::kString:
        case YamlKind::kList:
        case YamlKind::kMap:
          return "String";
      }
      return "";
    });

TEST(YamlScalar, TrueWords) {
  for (const char* text : {"true", "Yes", "ON"}) {
    EXPECT_TRUE(is_true_word(text)) << text;
  }
  for (const char* text : {"false", "No", "OFF", "y"}) {
    EXPECT_FALSE(is_true_word(text)) << text;
  }
}

}  // namespace
}  // namespace gabion::config
