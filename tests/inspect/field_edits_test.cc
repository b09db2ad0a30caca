// What several detectors want of one field goes together or the message does not leave.
#include "inspect/field_edits.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gabion::inspect {
namespace {

std::string_view original(std::size_t index) {
  return index == 0 ? "4111 1111 a@b.org" : "nothing";
}

TEST(FieldEdits, AreKeptByField) {
  FieldEditList list;
  const std::vector<FieldEdit> edits{{0, "**** 1111 a@b.org"}, {1, "no"}};
  ASSERT_TRUE(list.add(edits, &original));
  ASSERT_EQ(list.items().size(), 2U);
  EXPECT_EQ(list.items()[1].value, "no");
  list.clear();
  EXPECT_TRUE(list.items().empty());
}

TEST(FieldEdits, OfTwoDetectorsThatKeepTheLengthBothCount) {
  FieldEditList list;
  ASSERT_TRUE(list.add(std::vector<FieldEdit>{{0, "**** 1111 a@b.org"}}, &original));
  ASSERT_TRUE(list.add(std::vector<FieldEdit>{{0, "4111 1111 *******"}}, &original));
  ASSERT_EQ(list.items().size(), 1U);
  EXPECT_EQ(list.items()[0].value, "**** 1111 *******");
}

TEST(FieldEdits, ThatDoNotGoTogetherAreRefused) {
  for (const auto* first : {"short", "**** 1111 a@b.org"}) {
    FieldEditList list;
    ASSERT_TRUE(list.add(std::vector<FieldEdit>{{0, first}}, &original));
    EXPECT_FALSE(list.add(std::vector<FieldEdit>{{0, "[CREDIT_CARD]"}}, &original)) << first;
  }
}

}  // namespace
}  // namespace gabion::inspect
