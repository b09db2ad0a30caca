// Names in bounded memory: what is nearest to the value stays.
#include "inspect/dlp/fields/name_stack.h"

#include <gtest/gtest.h>

#include <string>

namespace gabion::inspect::dlp {
namespace {

TEST(NameStack, OfALongNameTheEndStaysHoweverItCame) {
  const std::string name = std::string(300, 'x') + "_sin";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{127}, name.size()}) {
    NameStack names;
    names.push();
    names.set_name("outer");
    names.push();
    for (std::size_t at = 0; at < name.size(); at += piece) {
      names.add_to_name(std::string_view(name).substr(at, piece));
    }
    EXPECT_EQ(names.name(0), "outer");
    EXPECT_EQ(names.name(1), name.substr(name.size() - NameStack::kMaxNameBytes));
  }
}

TEST(NameStack, WhereThereIsNoRoomTheOutermostNamesGo) {
  NameStack names;
  for (std::size_t level = 0; level < NameStack::kMaxLevels; ++level) {
    names.push();
    names.set_name(std::string(100, static_cast<char>('0' + level)));
    names.set_node(level, 1);
  }
  EXPECT_TRUE(names.is_full());
  EXPECT_EQ(names.name(63), std::string(100, static_cast<char>('0' + 63)));
  EXPECT_EQ(names.name(62), std::string(100, static_cast<char>('0' + 62)));
  EXPECT_EQ(names.name(0), "");
  EXPECT_EQ(names.node(0), NameStack::kUnknownNode) << "whoever knew it must ask again";
  std::size_t bytes = 0;
  for (std::size_t level = 0; level < names.size(); ++level) {
    bytes += names.name(level).size();
    EXPECT_TRUE(names.name(level).empty() || names.name(level).size() == 100) << level;
  }
  EXPECT_EQ(bytes, NameStack::kMaxBytes / 100 * 100);
}

TEST(NameStack, ALevelThatIsLeftGivesItsRoomBack) {
  NameStack names;
  names.push();
  names.set_name("a");
  for (int round = 0; round < 1'000; ++round) {
    names.push();
    names.set_name(std::string(120, 'b'));
    names.pop();
  }
  EXPECT_EQ(names.name(0), "a");
}

}  // namespace
}  // namespace gabion::inspect::dlp
