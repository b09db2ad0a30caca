// JSON bodies: names of values, decoded strings, what is refused and where reading stops.
#include "inspect/http/json_body.h"

#include <gtest/gtest.h>

#include "printed.h"

namespace gabion::inspect::http {
namespace {

struct Case {
  std::string_view body;
  std::string_view values;
  BodyError error = BodyError::kNone;
};

constexpr Case kCases[] = {
    {"", ""},
    {"{}", ""},
    {" [ ] ", ""},
    {R"({"a":"b","c":[1,2,{"d":true}],"e":null,"f":{"g":1.50e3,"h":[]},"i":{},"j":[[1],[2,3]]})",
     "json.a=b|json.c.array_0=1|json.c.array_1=2|json.c.array_2.d=true|json.e=|json.f.g=1.50e3|"
     "json.j.array_0.array_0=1|json.j.array_1.array_0=2|json.j.array_1.array_1=3"},
    {R"([{"a":[{"b":1}]},"x"])", "json.array_0.a.array_0.b=1|json.array_1=x"},
    {R"("s")", "json=s"},
    {"-0", "json=-0"},
    {"1E+400", "json=1E+400"},
    {"null", "json="},
    {R"({"":1,"a.b":2,"a":3,"a":4})", "json.empty-key=1|json.a.b=2|json.a=3|json.a=4"},
    {R"(["\u0041\n\"\/\ud83d\ude00\u0000z"])", "json.array_0=A\n\"/\xf0\x9f\x98\x80\\0z"},
    {R"(["\ud83d","\ud83dx","\udc00"])", "json.array_0=?|json.array_1=?x|json.array_2=\xed\xb0\x80"},
    {R"({"\u0061\t":1})", "json.a\t=1"},
    {" ", "", BodyError::kUnexpectedEnd},
    {R"({"a":1)", "json.a=1", BodyError::kUnexpectedEnd},
    {R"({"a")", "", BodyError::kUnexpectedEnd},
    {R"({"a":"x)", "", BodyError::kUnexpectedEnd},
    {R"(["x\)", "", BodyError::kUnexpectedEnd},
    {"[tru", "", BodyError::kUnexpectedEnd},
    {"[1.", "", BodyError::kUnexpectedEnd},
    {R"({"a":1}x)", "json.a=1", BodyError::kTrailingBytes},
    {"01", "json=0", BodyError::kTrailingBytes},
    {R"({"a":1,})", "json.a=1", BodyError::kSyntax},
    {"[1,]", "json.array_0=1", BodyError::kSyntax},
    {"[1}", "json.array_0=1", BodyError::kSyntax},
    {"{a:1}", "", BodyError::kSyntax},
    {"[trub]", "", BodyError::kSyntax},
    {"[-]", "", BodyError::kSyntax},
    {"['a']", "", BodyError::kSyntax},
    {"/* x */ 1", "", BodyError::kSyntax},
    {"\xEF\xBB\xBF{}", "", BodyError::kSyntax},
    {"[\"x\ty\"]", "", BodyError::kSyntax},
    {R"(["\q"])", "", BodyError::kBadEscape},
    {R"(["\u12"])", "", BodyError::kBadEscape},
    {R"(["\ud83d\u"])", "", BodyError::kBadEscape},
    {"[\"\xff\"]", "", BodyError::kBadEncoding},
    {"[\"\xc3(\"]", "", BodyError::kBadEncoding},
    {"[\"\\n\xc3\"]", "", BodyError::kBadEncoding},
};

TEST(JsonBody, NamesItsValues) {
  JsonBody json;
  for (const Case& c : kCases) {
    EXPECT_EQ(to_string(json.parse(c.body, {})), to_string(c.error)) << c.body;
    EXPECT_EQ(printed(json.values()), c.values) << c.body;
  }
}

TEST(JsonBody, DepthIsBounded) {
  JsonBody json;
  const std::string open(1000000, '[');
  EXPECT_EQ(json.parse(open, {20, 10}), BodyError::kTooDeep);
  EXPECT_EQ(json.parse(std::string(20, '[') + "1" + std::string(20, ']'), {20, 10}), BodyError::kNone);
  EXPECT_EQ(json.parse(std::string(21, '[') + "1" + std::string(21, ']'), {20, 10}), BodyError::kTooDeep);
  EXPECT_EQ(json.parse(open, {1000000, 10}), BodyError::kUnexpectedEnd);
}

TEST(JsonBody, ValuesAreBounded) {
  JsonBody json;
  EXPECT_EQ(json.parse("[1,2,3]", {20, 3}), BodyError::kNone);
  EXPECT_EQ(json.parse("[1,2,3]", {20, 2}), BodyError::kTooManyValues);
  EXPECT_EQ(printed(json.values()), "json.array_0=1|json.array_1=2");
}

TEST(JsonBody, ALongKeyAboveManyValuesIsBounded) {
  std::string body = "{\"" + std::string(100000, 'k') + "\":[1";
  for (int i = 0; i < 500; ++i) {
    body += ",1";
  }
  JsonBody json;
  EXPECT_EQ(json.parse(body + "]}", {20, 1000}), BodyError::kTooLarge);
  EXPECT_LE(json.combined_size(), JsonBody::kMaxNameBytes + 1000);
}

TEST(JsonBody, EveryPrefixIsAnErrorUntilTheEnd) {
  const std::string body = R"({"a\u0062":["\ud83d\ude00 x",-1.5e+3,{"":null}],"c":false})";
  JsonBody json;
  for (std::size_t size = 1; size < body.size(); ++size) {
    const std::string prefix = body.substr(0, size);
    EXPECT_NE(json.parse(prefix, {}), BodyError::kNone) << prefix;
  }
  EXPECT_EQ(json.parse(body, {}), BodyError::kNone);
}

}  // namespace
}  // namespace gabion::inspect::http
