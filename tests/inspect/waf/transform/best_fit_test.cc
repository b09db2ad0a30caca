// Code page 20127: entries of each block, their edges and what lies between.
#include "inspect/waf/transform/best_fit.h"

#include <gtest/gtest.h>

namespace gabion::inspect::waf::transform {
namespace {

TEST(BestFitTest, KnowsEntriesOfEachBlock) {
  const struct {
    char16_t code;
    char byte;
  } rows[] = {
      {0x00A0, ' '},  {0x00A3, '\0'}, {0x00C0, 'A'},  {0x00D7, '\0'}, {0x01F0, 'j'},  {0x01F1, '\0'}, {0x0261, 'g'},
      {0x02B9, '\''}, {0x02BA, '"'},  {0x02DC, '~'},  {0x0300, '`'},  {0x030E, '"'},  {0x0331, '_'},  {0x2000, ' '},
      {0x2019, '\''}, {0x203A, '>'},  {0x203B, '\0'}, {0x2122, 'T'},  {0xFF01, '!'},  {0xFF1C, '<'},  {0xFF1F, '\0'},
      {0xFF5E, '~'},  {0xFF5F, '\0'}, {0x0041, '\0'}, {0x0000, '\0'}, {0xFFFF, '\0'}, {0x4E2D, '\0'}, {0x3002, '.'},
      {0x3003, '\0'}, {0xFF60, '\0'}, {0xFF61, '.'},  {0xFF62, '\0'},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(best_fit(row.code), row.byte) << std::hex << static_cast<unsigned>(row.code);
  }
}

TEST(BestFitTest, FullWidthFormsAreAsciiButOne) {
  for (char16_t code = 0xFF01; code <= 0xFF5E; ++code) {
    EXPECT_EQ(best_fit(code), code == 0xFF1F ? '\0' : static_cast<char>(code - 0xFEE0)) << unsigned{code};
  }
}

TEST(BestFitTest, HasTheListAndTwoFullStops) {
  unsigned entries = 0;
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    entries += best_fit(static_cast<char16_t>(code)) != '\0' ? 1U : 0U;
  }
  EXPECT_EQ(entries, 372U);
}

}  // namespace
}  // namespace gabion::inspect::waf::transform
