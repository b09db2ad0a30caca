// What is probably meant by a misspelt key, and how many errors are kept.
#include "config/config_field.h"

#include <gtest/gtest.h>

namespace gabion::config {
namespace {

TEST(ClosestWord, IsOneOrTwoEditsAway) {
  const std::vector<std::string_view> known{"listen", "port",        "protocol",   "target",
                                            "tls",    "headerBytes", "headerCount"};
  const std::pair<const char*, const char*> cases[] = {{"lissten", "listen"},
                                                       {"lisen", "listen"},
                                                       {"listne", "listen"},
                                                       {"Listen", "listen"},
                                                       {"prot", "port"},
                                                       {"ports", "port"},
                                                       {"tsl", "tls"},
                                                       {"header_bytes", "headerBytes"},
                                                       {"TLS", "tls"},
                                                       {"HEADER-COUNT", "headerCount"},
                                                       {"head_er_byt", "headerBytes"},
                                                       {"headerbyte", "headerBytes"},
                                                       {"headrCuont", "headerCount"},
                                                       {"xx", ""},
                                                       {"to", ""},
                                                       {"lstnx", ""},
                                                       {"", ""},
                                                       {"target-port-of-it", ""},
                                                       {"headerBytesMax", ""}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(closest_word(text, known), expected) << text;
  }
}

TEST(ClosestWord, LongWordsAreNotCompared) {
  const std::string text(100'000, 'a');
  const std::vector<std::string_view> known{text};
  EXPECT_EQ(closest_word(text.substr(1), known), "");
}

TEST(ConfigErrors, AreSortedByPlaceAndBounded) {
  ConfigErrors errors("f");
  errors.add({3, 1}, "a.b", "late");
  errors.add({1, 9}, "", "early");
  ASSERT_EQ(errors.sorted().size(), 2U);
  EXPECT_EQ(errors.sorted()[0].to_string(), "f:1: early");
  EXPECT_EQ(errors.sorted()[1].to_string(), "f:3: a.b: late");
  for (std::size_t i = 0; i < 2 * ConfigErrors::kMaxErrors; ++i) {
    errors.add({4, 1}, "x", "again");
  }
  EXPECT_EQ(errors.sorted().size(), ConfigErrors::kMaxErrors + 1);
  EXPECT_EQ(errors.sorted().back().what, "and more");
}

}  // namespace
}  // namespace gabion::config
