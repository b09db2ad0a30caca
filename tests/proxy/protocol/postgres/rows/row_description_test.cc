// RowDescription and the formats of Bind, read strictly.
#include "proxy/protocol/postgres/rows/row_description.h"

#include <gtest/gtest.h>

#include "tests/proxy/protocol/postgres/rows/rows.h"

namespace gabion::proxy::postgres {
namespace {

using namespace std::string_literals;

std::string column(const std::string& name, std::uint32_t table, std::uint16_t number, std::uint32_t type,
                   std::uint16_t format) {
  std::string out = name + '\0';
  put_number(out, table, 4);
  put_number(out, number, 2);
  put_number(out, type, 4);
  put_number(out, 0xffff, 2);
  put_number(out, 0xffffffff, 4);
  put_number(out, format, 2);
  return out;
}

TEST(RowDescription, TellsNamesOriginsTypesAndFormats) {
  RowDescription description;
  const std::string body = "\0\2"s + column("id", 16384, 1, 23, 1) + column("", 0, 0, 25, 0);
  ASSERT_TRUE(description.read(body));
  ASSERT_EQ(description.columns().size(), 2U);
  const ResultColumn& first = description.columns()[0];
  EXPECT_EQ(description.name(first), "id");
  EXPECT_EQ(first.table, 16384U);
  EXPECT_EQ(first.number, 1);
  EXPECT_EQ(first.type, 23U);
  EXPECT_EQ(first.format, Format::kBinary);
  EXPECT_EQ(description.name(description.columns()[1]), "");
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_FALSE(description.read(body.substr(0, cut))) << cut;
    EXPECT_TRUE(description.columns().empty());
  }
  EXPECT_FALSE(description.read(body + "x"));
  EXPECT_FALSE(description.read("\0\1"s + column("id", 1, 1, 23, 2)));
  EXPECT_FALSE(description.read("\xff\xff"s + column("id", 1, 1, 23, 0)));
  EXPECT_TRUE(description.read("\0\0"s));
}

TEST(RowDescription, TakesTheFormatsOfABind) {
  RowDescription description;
  ASSERT_TRUE(description.read("\0\2"s + column("a", 1, 1, 25, 0) + column("b", 1, 2, 25, 0)));
  const struct {
    std::vector<Format> formats;
    bool fits;
    Format first, second;
  } rows[] = {{{}, true, Format::kText, Format::kText},
              {{Format::kBinary}, true, Format::kBinary, Format::kBinary},
              {{Format::kText, Format::kBinary}, true, Format::kText, Format::kBinary}};
  for (const auto& row : rows) {
    EXPECT_EQ(description.set_formats(row.formats), row.fits);
    EXPECT_EQ(description.columns()[0].format, row.first);
    EXPECT_EQ(description.columns()[1].format, row.second);
  }
  EXPECT_FALSE(description.set_formats(std::vector<Format>(3)));
}

TEST(RowDescription, ReadsTheResultFormatsOfABind) {
  const std::string body = "portal\0name\0"s + "\0\1\0\1"s + "\0\2\0\0\0\3abc\xff\xff\xff\xff"s + "\0\2\0\0\0\1"s;
  std::vector<Format> formats;
  ASSERT_TRUE(read_result_formats(body, formats));
  EXPECT_EQ(formats, (std::vector{Format::kText, Format::kBinary}));
  for (std::size_t cut = 0; cut < body.size(); ++cut) {
    EXPECT_FALSE(read_result_formats(body.substr(0, cut), formats)) << cut;
  }
  EXPECT_FALSE(read_result_formats(body + "\0"s, formats));
}

}  // namespace
}  // namespace gabion::proxy::postgres
