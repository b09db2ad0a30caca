// Numbers and texts of a body: in their order, nothing beyond its end, nothing after a read that failed.
#include "proxy/protocol/postgres/body_reader.h"

#include <gtest/gtest.h>

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

TEST(PostgresBody, IsReadInOrderToItsEnd) {
  const std::string body = "\0name\0\x01\x02\xff\xfe\xfd\xfcxyz"s;
  BodyReader reader(body);
  EXPECT_EQ(reader.text(), "");
  EXPECT_EQ(reader.text(), "name");
  EXPECT_EQ(reader.int16(), 0x0102);
  EXPECT_EQ(reader.int32(), 0xfffefdfcU);
  EXPECT_EQ(reader.rest(), "xyz");
  EXPECT_FALSE(reader.at_end());
  EXPECT_EQ(reader.bytes(0), "");
  EXPECT_EQ(reader.bytes(3), "xyz");
  EXPECT_EQ(reader.bytes(0), "");
  EXPECT_TRUE(reader.at_end());
}

TEST(PostgresBody, NothingIsReadBeyondItsEndNorAfterThat) {
  for (const std::string_view body : {std::string_view(), std::string_view("a", 0), std::string_view("a", 1)}) {
    BodyReader text(body);
    EXPECT_EQ(text.text(), std::nullopt);
    EXPECT_EQ(text.bytes(0), "");
    EXPECT_EQ(text.bytes(1), std::nullopt);
    EXPECT_FALSE(text.at_end());
    BodyReader two(body);
    EXPECT_EQ(two.int16(), std::nullopt);
    EXPECT_EQ(two.text(), std::nullopt);
    EXPECT_EQ(two.rest(), "");
    EXPECT_FALSE(two.at_end());
  }
  BodyReader four(std::string_view("abc\0d", 3));
  EXPECT_EQ(four.int32(), std::nullopt);
  EXPECT_EQ(four.int16(), std::nullopt);
  BodyReader none{std::string_view()};
  EXPECT_TRUE(none.at_end());
}

}  // namespace
}  // namespace gabion::proxy::postgres
