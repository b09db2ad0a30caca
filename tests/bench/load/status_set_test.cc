// Lists of expected statuses.
#include "bench/load/status_set.h"

#include <gtest/gtest.h>

namespace gabion::bench {
namespace {

TEST(StatusSetTest, Understands) {
  const auto set = StatusSet::parse("200,403,3xx");
  ASSERT_TRUE(set.has_value());
  for (const auto status : std::initializer_list<std::uint16_t>{200, 403, 300, 399}) {
    EXPECT_TRUE(set->contains(status)) << status;
  }
  for (const auto status :
       std::initializer_list<std::uint16_t>{0, 100, 201, 299, 400, 402, 404, 599, 600, 999, 65535}) {
    EXPECT_FALSE(set->contains(status)) << status;
  }
}

TEST(StatusSetTest, SuccessesAreThe200s) {
  const auto set = StatusSet::successes();
  EXPECT_FALSE(set.contains(199));
  EXPECT_TRUE(set.contains(200));
  EXPECT_TRUE(set.contains(299));
  EXPECT_FALSE(set.contains(300));
}

TEST(StatusSetTest, KnowsGrpcsNumbersFromHttps) {
  const auto both = StatusSet::parse("0,7,16,200");
  ASSERT_TRUE(both.has_value());
  EXPECT_TRUE(both->contains(0) && both->contains(7) && both->contains(16) && both->contains(200));
  EXPECT_FALSE(both->contains(1) || both->contains(17));
  EXPECT_TRUE(both->names_grpc() && both->names_http());
  EXPECT_FALSE(StatusSet::only(16).names_http());
  EXPECT_TRUE(StatusSet::only(16).names_grpc());
  EXPECT_FALSE(StatusSet::successes().names_grpc());
  EXPECT_TRUE(StatusSet::only(101).names_http());
  EXPECT_TRUE(StatusSet::only(599).names_http());
}

TEST(StatusSetTest, Refuses) {
  for (const char* list : {"",   ",",   "200,", "20", "2000", "099", "600", "17",   "00",      "07",
                           "xx", "0xx", "6xx",  "2x", "2XX",  "-20", "+20", "200 ", "200;403", "abc"}) {
    EXPECT_TRUE(StatusSet::parse(list).has_error()) << list;
  }
}

}  // namespace
}  // namespace gabion::bench
