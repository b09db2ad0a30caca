// What a head says about its body.
#include "inspect/body_type.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace gabion::inspect {
namespace {

using Fields = std::vector<HeaderField>;

TEST(BodyTypeTest, KnowsMediaTypes) {
  const struct {
    std::string_view value;
    MediaType type;
  } cases[] = {{"application/x-www-form-urlencoded", MediaType::kForm},
               {"Application/X-WWW-Form-Urlencoded ; charset=utf-8", MediaType::kForm},
               {"application/json;charset=utf-8", MediaType::kJson},
               {"application/problem+json", MediaType::kJson},
               {"text/json", MediaType::kJson},
               {"application/x-ndjson", MediaType::kJson},
               {"application/jsonp", MediaType::kOther},
               {"multipart/form-data; boundary=x", MediaType::kOther},
               {"image/png", MediaType::kOther},
               {"text/plain", MediaType::kOther},
               {"", MediaType::kOther}};
  for (const auto& tested : cases) {
    EXPECT_EQ(media_type(Fields{{"content-TYPE", tested.value}}), tested.type) << tested.value;
  }
  EXPECT_EQ(media_type({}), MediaType::kOther);
}

TEST(BodyTypeTest, KnowsCharsetsInWhichAsciiIsNotAscii) {
  for (const std::string_view type :
       {"text/plain", "application/json; charset=UTF-8", "text/xml;charset=\"iso-8859-1\""}) {
    EXPECT_FALSE(has_unreadable_charset(Fields{{"Content-Type", type}})) << type;
  }
  for (const std::string_view type : {"application/json; charset=utf-16le", "a/b; x=y; Charset=\"UTF-32\"",
                                      "text/plain;charset=IBM037", "text/plain;charset=utf-7"}) {
    EXPECT_TRUE(has_unreadable_charset(Fields{{"Content-Type", type}})) << type;
  }
}

TEST(MessageTest, ComparesFieldNamesWithoutCase) {
  const Fields fields{{"Host", "a"}, {"HOST", "b"}, {"X-Id", "c"}};
  EXPECT_EQ(find_field(fields, "host"), &fields[0]);
  EXPECT_EQ(find_field(fields, "x-ID"), &fields[2]);
  EXPECT_EQ(find_field(fields, "x-i"), nullptr);
  EXPECT_FALSE(equals_without_case("[", "{"));
}

}  // namespace
}  // namespace gabion::inspect
