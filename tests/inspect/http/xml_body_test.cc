// XML bodies: text, attributes, encodings, and what is refused.
#include "inspect/http/xml_body.h"

#include <gtest/gtest.h>

#include "printed.h"

namespace gabion::inspect::http {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view body;
  std::string_view text;
  std::string_view attributes;
  BodyError error = BodyError::kNone;
};

constexpr Case kCases[] = {
    {"<a>t</a>", "t", ""},
    {"<a/>", "", ""},
    {"<?xml version=\"1.0\"?>\n<a b=\"c\" d='e&amp;f'>x<b z=\"1\">y</b>z<c/></a>\n", "xyz", "b=c|d=e&f|z=1"},
    {"<a><![CDATA[q<w&]]>r</a>", "q<w&r", ""},
    {"<a>&lt;&#65;&#x3C;&apos;&quot;&gt;</a>", "<A<'\">", ""},
    {"<a>x<!-- com -->y<?pi foo?></a>", "xy", ""},
    {"<!-- c --><!DOCTYPE a [<!ENTITY b \"]>\"><!-- ]> -->]><a>1</a>", "1", ""},
    {"<!DOCTYPE a SYSTEM \"http://a/b>\"><a>x</a>", "x", ""},
    {"<a xmlns=\"u:x\" xmlns:p=\"u:y\" p:b=\"v\">t</a>", "t", "p:b=v"},
    {"<a b=\"x\ny\r\nz\tw&#10;\"/>", "", "b=x y z w\n"},
    {"<a>\r\nx\ry&#13;<![CDATA[\r\n]]></a>", "\nx\ny\r\n", ""},
    {"<p:a >undeclared</p:a >", "undeclared", ""},
    {"\xEF\xBB\xBF<a>\xC3\xA9</a>", "\xC3\xA9", ""},
    {"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>", "\xC3\xA9", ""},
    {"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>", "\xE2\x82\xAC", ""},
    {"\xFF\xFE<\0a\0>\0x\0=\xD8\0\xDE<\0/\0a\0>\0"sv, "x\xF0\x9F\x98\x80", ""},
    {"\0<\0?\0a\0?\0>\0<\0a\0/\0>"sv, "", ""},
    {"", "", "", BodyError::kUnexpectedEnd},
    {"abc", "", "", BodyError::kSyntax},
    {"<a>x", "x", "", BodyError::kUnexpectedEnd},
    {"<a b=\"c", "", "", BodyError::kUnexpectedEnd},
    {"<a>x</b>", "x", "", BodyError::kMismatchedTag},
    {"</a>", "", "", BodyError::kMismatchedTag},
    {"<a/><b/>", "", "", BodyError::kTrailingBytes},
    {"<a/>x", "", "", BodyError::kTrailingBytes},
    {"<a b=c/>", "", "", BodyError::kSyntax},
    {"<a b=\"1\"c=\"2\"/>", "", "b=1", BodyError::kSyntax},
    {"<a b=\"1\" b=\"2\"/>", "", "b=1|b=2", BodyError::kSyntax},
    {"<a b=\"<\"/>", "", "", BodyError::kSyntax},
    {"<a>]]></a>", "", "", BodyError::kSyntax},
    {"<a><!-- -- --></a>", "", "", BodyError::kSyntax},
    {" <?xml version='1.0'?><a/>", "", "", BodyError::kSyntax},
    {"<a>&foo;</a>", "", "", BodyError::kUnknownEntity},
    {"<!DOCTYPE a [<!ENTITY foo 'bar'>]><a q='&foo;'>x</a>", "", "", BodyError::kUnknownEntity},
    {"<a>x&b c;</a>", "x", "", BodyError::kBadEscape},
    {"<a>&</a>", "", "", BodyError::kBadEscape},
    {"<a>&#0;</a>", "", "", BodyError::kBadEscape},
    {"<a>&#xD800;</a>", "", "", BodyError::kBadEscape},
    {"<a>&#99999999999;</a>", "", "", BodyError::kBadEscape},
    {"<a>x\xFF</a>", "x", "", BodyError::kBadEncoding},
    {"<a>x\xC0\xAF</a>", "x", "", BodyError::kBadEncoding},
    {"<a>x\0</a>"sv, "x", "", BodyError::kBadEncoding},
    {"<?xml version='1.0' encoding='utf-7'?><a>x</a>", "", "", BodyError::kBadEncoding},
};

TEST(XmlBody, GivesTextAndAttributes) {
  XmlBody xml;
  for (const Case& c : kCases) {
    EXPECT_EQ(to_string(xml.parse(c.body, {})), to_string(c.error)) << c.body;
    EXPECT_EQ(xml.text(), c.text) << c.body;
    EXPECT_EQ(printed(xml.attributes()), c.attributes) << c.body;
  }
}

TEST(XmlBody, DepthAndAttributesAreBounded) {
  XmlBody xml;
  EXPECT_EQ(xml.parse("<a><b><c/></b></a>", {3, 10}), BodyError::kNone);
  EXPECT_EQ(xml.parse("<a><b><c/></b></a>", {2, 10}), BodyError::kTooDeep);
  EXPECT_EQ(xml.parse("<a b='1' c='2'/>", {3, 2}), BodyError::kNone);
  EXPECT_EQ(xml.parse("<a b='1' c='2' d='3'/>", {3, 2}), BodyError::kTooManyValues);
}

TEST(XmlBody, EntitiesAreNeverExpanded) {
  XmlBody xml;
  const std::string laughs =
      "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;\">]><a>&d;</a>";
  EXPECT_EQ(xml.parse(laughs, {}), BodyError::kUnknownEntity);
  EXPECT_EQ(xml.text(), "");
}

TEST(XmlBody, EveryPrefixIsAnErrorUntilTheEnd) {
  const std::string body =
      "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b \"c\">]><!-- d --><a e='f&lt;' xmlns:g=\"h\">"
      "i&#65;<![CDATA[j]]><g:k/><?l m?>\xC3\xA9</a>";
  XmlBody xml;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string prefix = body.substr(0, size);
    EXPECT_NE(xml.parse(prefix, {}), BodyError::kNone) << prefix;
  }
  EXPECT_EQ(xml.parse(body, {}), BodyError::kNone);
  EXPECT_EQ(xml.text(), "iAj\xC3\xA9");
}

}  // namespace
}  // namespace gabion::inspect::http
