// What each reader makes of a message, and that no cut changes it.
#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <string_view>

#include "inspect/dlp/fields/make_reader.h"
#include "tests/inspect/dlp/fields/reader_probe.h"

namespace gabion::inspect::dlp {
namespace {

struct Case {
  std::string_view name;
  std::string_view type;  ///< a Content-Type, "query" or "header:…"
  std::string_view raw;
  std::string_view values;  ///< as describe() writes them
};

std::ostream& operator<<(std::ostream& out, const Case& tested) {
  return out << tested.name;
}

std::unique_ptr<FieldReader> reader_of(std::string_view type) {
  if (type == "query") {
    return make_query_reader();
  }
  return type.starts_with("header:") ? make_header_reader(type.substr(7))
                                     : make_body_reader(read_content_type(type).format);
}

TEST(HtmlReader, LabelsATextByTheTextBeforeOrTheNameOfItsControl) {
  constexpr std::string_view kPage =
      "<tr><th>S&#83;N</th>\n<td class=r>1</td></tr><input name='sin' value='2'><p>3 <b>4</b>";
  constexpr std::pair<char, std::string_view> kExpected[] = {{'1', "SSN"}, {'2', "sin"}, {'3', "sin"}, {'4', "3 "}};
  for (std::size_t cut = 0; cut < kPage.size(); ++cut) {
    const auto reader = make_body_reader(Format::kHtml);
    reader->begin();
    reader->read(kPage.substr(0, cut), 0, cut, End::kFollows);
    reader->forget_before(reader->flat_end());
    const FlatOffset from = reader->flat_end();
    const auto raw = static_cast<std::size_t>(reader->raw_before(from));
    reader->read(kPage.substr(raw), raw, kPage.size() - cut, End::kHere);
    for (const auto& [value, label] : kExpected) {
      const std::size_t at = reader->flat().rfind(value);
      if (at != std::string_view::npos && kPage.find(value) >= cut) {
        EXPECT_EQ(reader->at(reader->flat_begin() + at).label, label) << value << " cut at " << cut;
      }
    }
  }
}

class ReadersTest : public ::testing::TestWithParam<Case> {};

TEST_P(ReadersTest, FindsTheValues) {
  const Case& tested = GetParam();
  const auto reader = reader_of(tested.type);
  EXPECT_EQ(describe(probe(*reader, read_content_type(tested.type), tested.raw, whole()), tested.raw), tested.values);
}

TEST_P(ReadersTest, IsTheSameAtEveryCut) {
  const Case& tested = GetParam();
  const auto reader = reader_of(tested.type);
  const std::vector<ProbedByte> expected = probe(*reader, read_content_type(tested.type), tested.raw, whole());
  for (const auto window : {Feeding::Window::kKept, Feeding::Window::kGone}) {
    for (const std::size_t held : {0, 1, 5, 1000}) {
      for (std::size_t cut = 1; cut < tested.raw.size(); ++cut) {
        bool is_first = true;
        const auto piece = [&] { return std::exchange(is_first, false) ? cut : std::string_view::npos; };
        ASSERT_EQ(
            difference(expected, probe(*reader, read_content_type(tested.type), tested.raw, {piece, held, window})), "")
            << cut << " " << held;
      }
      for (const std::size_t size : {1, 2, 7}) {
        ASSERT_EQ(difference(expected, probe(*reader, read_content_type(tested.type), tested.raw,
                                             {[size] { return size; }, held, window})),
                  "")
            << size;
      }
      std::mt19937 random(static_cast<unsigned>(held));
      for (int i = 0; i < 20; ++i) {
        const auto piece = [&] { return random() % 9; };
        ASSERT_EQ(
            difference(expected, probe(*reader, read_content_type(tested.type), tested.raw, {piece, held, window})), "")
            << i;
      }
    }
  }
}

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

INSTANTIATE_TEST_SUITE_P(
    Json, ReadersTest,
    ::testing::Values(
        Case{"Members", kJson, R"({"a": {"b": "x", "n": -1.5e3}, "t": true, "l": [1, "y", {"k": null}]})",
             " name a\n/a name b\n/a/b string x\n/a name n\n/a/n number -1.5e3\n name t\n/t text true\n name l\n"
             "/l number 1\n/l string y\n/l name k\n/l/k text null\n"},
        Case{"Escapes", kJson, R"({"c\u0061rd":"\u00344\/\n\"\ud83d\ude00\ud83dx"})",
             " name card <- c\\u0061rd\n"
             "/card string 44/\n\"\xf0\x9f\x98\x80\xef\xbf\xbdx <- \\u00344\\/\\n\\\"\\ud83d\\ude00\\ud83dx\n"},
        Case{"WhatIsNoEscape", kJson, R"({"a":"\x\u12\u00zz\q\\"})",
             " name a\n/a string \\x\\u12\\u00zz\\q\\ <- \\x\\u12\\u00zz\\q\\\\\n"},
        Case{"Lines", kJson, "{\"a\":1}\n{\"a\":2}\n\n[3]", " name a\n/a number 1\n name a\n/a number 2\n number 3\n"},
        Case{"Scalars", kJson, "4111111111111111", " number 4111111111111111\n"},
        Case{"WithinAString", kJson, R"({"a":"{\"card\":\"\\u0034111\",\"n\":5}","b":"[not json]","c":1})",
             " name a\n/a name card\n/a/card string 4111 <- \\\\u0034111\n/a name n\n/a/n nested number 5\n"
             " name b\n/b text not\n/b string json]\n name c\n/c number 1\n"},
        Case{"Broken", kJson, "{\"a\":1,,\"b\":2}\nerror\n{\"c\":3}",
             " name a\n/a number 1\n text ,\"b\":2}\nerror\n\n name c\n/c number 3\n"},
        Case{"Unfinished", kJson, R"({"a":{"b":"x\u00)", " name a\n/a name b\n/a/b string x\\u00\n"},
        Case{"NotJson", "text/json; charset=utf-8", "card 4111", " text card 4111\n"},
        Case{"Empty", "application/problem+json", R"({"":"","a":[],"b":{}})", " name a\n name b\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Form, ReadersTest,
    ::testing::Values(
        Case{"Fields", kForm, "a=1&b%63=x+y%20z&&c&d=&=ee",
             " name a\n/a text 1\n name bc <- b%63\n/bc text x y z <- x+y%20z\n name c\n name d\n text ee\n"},
        Case{"Escapes", "query", "a=%34%3d%26%u0034%zz%4%", " name a\n/a text 4=&4%zz%4% <- %34%3d%26%u0034%zz%4%\n"},
        Case{"EqualsInAValue", kForm, "a=b=c&d=e", " name a\n/a text b=c\n name d\n/d text e\n"},
        Case{"JsonInAValue", kForm, "p=%7B%22k%22%3A%22%5Cu0034%22%7D&q={\"n\":1}&z=[x&y=1",
             " name p\n/p name k\n/p/k string 4 <- %5Cu0034\n name q\n/q name n\n/q/n nested number 1\n name z\n/z "
             "text x\n"
             " name y\n/y text 1\n"},
        // A backslash from %5C and what it escapes, in front of the next value.
        Case{"JsonEndsWithAnEscape", kForm, R"(p=[%5Cn":1}&z={"a":"\n"}&y=\n&x=1)",
             " name p\n/p text \n\":1} <- %5Cn\":1}\n name z\n/z name a\n/z/a string \n <- \\n\n"
             " name y\n/y text \\n\n name x\n/x text 1\n"},
        Case{"JsonInstead", kForm, R"({"a":"\u0034"})", " name a\n/a string 4 <- \\u0034\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(Header, ReadersTest,
                         ::testing::Values(Case{"Cookie", "header:Cookie", "a=1; b=x%20y+z; c",
                                                " name a\n/a text 1\n name b\n/b text x y+z <- x%20y+z\n name c\n"},
                                           Case{"Other", "header:X-Card", "4111 1111", "/X-Card text 4111 1111\n"},
                                           Case{"Text", "text/plain", "a=1 {\"b\":2}", " text a=1 {\"b\":2}\n"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    Wide, ReadersTest,
    ::testing::Values(
        Case{"LittleEndianJson", "application/json; charset=UTF-16LE", "{\0\"\0a\0\"\0:\0\"\0\xac\x20\\\0n\0\"\0}\0"sv,
             " name a <- a\0\n/a string \xe2\x82\xac\n <- \xac\x20\\\0n\0\n"sv},
        Case{"ByteOrderMark", "text/plain", "\xfe\xff\0a\xd8\x3d\xde\x00\xd8\x3d\0b"sv,
             " text a\xf0\x9f\x98\x80\xef\xbf\xbd\x62 <- \0a\xd8\x3d\xde\x00\xd8\x3d\0b\n"sv},
        Case{"NotDeclared", kJson, "\0{\0\"\0a\0\"\0:\0\x31\0}"sv, " name a <- \0a\n/a number 1 <- \0\x31\n"sv}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Markup, ReadersTest,
    ::testing::Values(
        Case{"Elements", "application/xml", "<?xml version='1.0'?><a x=\"1\"><b> y </b><c/>z</a>",
             " text ?xml version='1.0'?\n name a\n/a name x\n/a/x text 1\n/a name b\n/a/b text y \n/a name c\n"
             "/a text z\n"},
        Case{"References", "text/xml", "<a>&#52;&#x34;&lt;b&gt;&amp;&bad;&;&#xx;& x</a>",
             " name a\n/a text 44<b>&&bad;&;&#xx;& x <- &#52;&#x34;&lt;b&gt;&amp;&bad;&;&#xx;& x\n"},
        Case{"Sections", "image/svg+xml", "<a><!-- c > d --><![CDATA[<x>1]]>2</a>",
             " name a\n/a text !-- c > d --\n/a text ![CDATA[<x>1]]\n/a text 2\n"},
        Case{"Attributes", "text/html", "<input name=card value='4 1' checked><p a = b>t<br>u</p>vv",
             " name input\n/input name name\n/input/name text card\n/input name value\n/input/value text 4 1\n"
             "/input name checked\n name p\n/p name a\n/p/a text b\n/p text t\n/p name br\n/p text u\n text vv\n"},
        Case{"Script", "text/html", "<script>if (a<b && c) x='</b>'</script><i>y",
             " name script\n/script text if (a\n/script text b && c) x='\n/script text '\n name i\n/i text y\n"},
        Case{"Unclosed", "text/html", "<ul><li>1<li>2</ul>3 < 4",
             " name ul\n/ul name li\n/ul/li text 1\n/ul/li name li\n/ul/li/li text 2\n text 3 \n text  4\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Csv, ReadersTest,
    ::testing::Values(
        Case{"Columns", "text/csv; header=present", "id,card\r\n1,4111\n2,\"a,\"\"b\"\"\n c\"\n,,33\n",
             " name id\n name card\r\n/id text 1\n/card text 4111\n/id text 2\n/card text a,\n/card text \"b\n"
             "/card text \"\n c\n text 33\n"},
        Case{"OtherSeparator", "text/csv", "\"a,b\";c\n1,2;3", " name a,b\n name c\n/a,b text 1,2\n/c text 3\n"},
        Case{"Tabs", "text/tab-separated-values", "a\tb\n1\t2", " name a\n name b\n/a text 1\n/b text 2\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Events, ReadersTest,
    ::testing::Values(
        Case{"Json", "text/event-stream", "event: x\ndata: {\"a\":\ndata: \"\\u0034\"}\nid: 7\n\ndata:{\"b\":1}\n\n",
             " text event: x\n\n name a\n/a string 4 <- \\u0034\n text id: 7\n\n\n name b\n/b number 1\n"},
        Case{"Text", "text/event-stream; charset=utf-8", "data: 4111\r\n\r\ndata\ndata:\ndata: a\ndata: b",
             " text 4111\r\n\r\n\n text data\n\n text a\nb <- a\ndata: b\n"}),
    [](const auto& tested) { return std::string(tested.param.name); });

constexpr std::string_view kMultipart = "multipart/form-data; boundary=\"x-y\"";

INSTANTIATE_TEST_SUITE_P(
    Multipart, ReadersTest,
    ::testing::Values(
        Case{"Parts", kMultipart,
             "pre\r\n--x-y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x-z\r\n--x-y\r\n"
             "content-disposition: form-data; name=j\r\nContent-Type: application/json\r\n\r\n{\"k\":\"\\u0034\"}\r\n"
             "--x-y--\r\npost",
             " name Content-Disposition\n/Content-Disposition text form-data; name=\"a\"\r\n/a text 1\r\n--x-z\r\n\n"
             " name content-disposition\n/content-disposition text form-data; name=j\r\n name Content-Type\n"
             "/Content-Type text application/json\r\n/j name k\n/j/k string 4 <- \\u0034\n"},
        Case{"Base64", kMultipart,
             "--x-y\nContent-Disposition: form-data; name=\"f\"\nContent-Transfer-Encoding: base64\n\n"
             "NDExMTEx\nMTEx\nMQ==\n--x-y--",
             " name Content-Disposition\n/Content-Disposition text form-data; name=\"f\"\n"
             " name Content-Transfer-Encoding\n/Content-Transfer-Encoding text base64\n"
             "/f text 4111111111 <- NDExMTEx\nMTEx\nMQ==\n"},
        Case{"QuotedPrintable", kMultipart,
             "--x-y\nContent-Disposition: form-data; name=q\nContent-Transfer-Encoding: Quoted-Printable\n\n"
             "=34=\n1==zz=4\n--x-y",
             " name Content-Disposition\n/Content-Disposition text form-data; name=q\n"
             " name Content-Transfer-Encoding\n/Content-Transfer-Encoding text Quoted-Printable\n"
             "/q text 41==zz=4\n <- =34=\n1==zz=4\n\n"},
        Case{"WideCharset", kMultipart, "--x-y\nContent-Type: text/plain; charset=utf-16be\n\n\0a\0b\n--x-y"sv,
             " name Content-Type\n/Content-Type text text/plain; charset=utf-16be\n text ab\n <- \0a\0b\n\n"sv}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace gabion::inspect::dlp
