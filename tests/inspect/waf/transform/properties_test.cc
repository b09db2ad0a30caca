// Random values made of special bytes: every transformation against its naive form and against may_change.
#include "tests/inspect/waf/transform/properties.h"

#include <gtest/gtest.h>

#include "tests/inspect/waf/transform/all_transformations.h"
#include "tests/inspect/waf/transform/random_value.h"

namespace gabion::inspect::waf::transform {
namespace {

constexpr std::size_t kValues = 4000;
constexpr std::size_t kMostPieces = 12;

class EveryTransformationTest : public testing::TestWithParam<NamedTransformation> {};

TEST_P(EveryTransformationTest, AgreesWithItsNaiveFormAndItsClasses) {
  std::mt19937 random(11);
  std::string buffer;
  for (std::size_t i = 0; i < kValues; ++i) {
    const std::string value = random_value(random, kMostPieces);
    ASSERT_EQ(broken_property(GetParam().transformation, value, buffer), "") << testing::PrintToString(value);
  }
}

TEST_P(EveryTransformationTest, HoldsForEveryPairOfBytes) {
  std::string buffer;
  for (unsigned pair = 0; pair < 0x10000U; pair += 7) {
    const std::string value = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xFFU)};
    ASSERT_EQ(broken_property(GetParam().transformation, value, buffer), "") << testing::PrintToString(value);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryTransformationTest, testing::ValuesIn(kAllTransformations),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(ClassesTest, AreTheUnionWhereverTheByteStands) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string value(size, '7');
      value[at] = '%';
      EXPECT_EQ(classes_of(value), classes_of("%")) << size << " " << at;
    }
  }
  EXPECT_EQ(classes_of(""), classes_of("0123456789"));
  EXPECT_EQ(classes_of("a+B"), classes_of("B") | classes_of("a") | classes_of("+"));
}

TEST(MayChangeTest, LeavesOrdinaryValuesAlone) {
  using seclang::Transformation;
  const ByteClasses word = classes_of("order_4711@example:x=(1)");
  for (const auto transformation :
       {Transformation::kUrlDecodeUni, Transformation::kHtmlEntityDecode, Transformation::kJsDecode,
        Transformation::kCssDecode, Transformation::kRemoveNulls, Transformation::kUtf8ToUnicode,
        Transformation::kLowercase, Transformation::kCmdLine, Transformation::kNormalizePath,
        Transformation::kReplaceComments, Transformation::kRemoveCommentsChar, Transformation::kRemoveWhitespace}) {
    EXPECT_FALSE(may_change(transformation, word)) << static_cast<int>(transformation);
  }
  EXPECT_FALSE(may_change(Transformation::kReplaceComments, classes_of("a*b")));
  EXPECT_TRUE(may_change(Transformation::kReplaceComments, classes_of("a*/b")));
}

TEST(MayChangeTest, IsTrueForWhatAlwaysChanges) {
  using seclang::Transformation;
  for (const auto transformation : {Transformation::kBase64Decode, Transformation::kSha1, Transformation::kHexEncode,
                                    Transformation::kLength, Transformation::kMd5, Transformation::kSqlHexDecode}) {
    EXPECT_TRUE(may_change(transformation, classes_of("")));
    EXPECT_TRUE(may_change(transformation, classes_of("1")));
  }
}

}  // namespace
}  // namespace gabion::inspect::waf::transform
