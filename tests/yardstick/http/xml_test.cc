// XML bodies against libmodsecurity, which asks libxml2: the same text, attributes and errors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "generate.h"
#include "inspect/http/xml_body.h"
#include "pairs_of.h"

namespace gabion::yardstick {
namespace {

using inspect::http::BodyError;
using inspect::http::XmlBody;

constexpr std::array<std::string_view, 20> kTexts{"x",
                                                  " ",
                                                  "\n",
                                                  "\r\n",
                                                  "\r",
                                                  "&lt;",
                                                  "&amp;amp;",
                                                  "&#65;",
                                                  "&#x3c;",
                                                  "&quot;",
                                                  "<![CDATA[q<&w]]>",
                                                  "<!-- c -->",
                                                  "<?p i?>",
                                                  "\xc3\xa9",
                                                  "]]",
                                                  ">",
                                                  "'",
                                                  "\t",
                                                  "<![CDATA[\r\n]]>",
                                                  "&#9;"};
constexpr std::array<std::string_view, 5> kNames{"a", "b", "p:c", "_d", "e-1.2"};
constexpr std::array<std::string_view, 12> kAttributes{"",
                                                       "",
                                                       " a=\"1\"",
                                                       " b='2\"'",
                                                       " c = \"x&lt;y\"",
                                                       " d=\"x\ny\tz\r\nw\"",
                                                       " xmlns:p=\"u:p\"",
                                                       " p:e='&#10;'",
                                                       " f=\"\"",
                                                       "\n g=\"'>\"",
                                                       " xmlns=\"u:d\"",
                                                       " h='&apos;&#x41;'"};
constexpr std::array<std::string_view, 24> kBroken{"<",
                                                   ">",
                                                   "&",
                                                   "&foo;",
                                                   "&#0;",
                                                   "&#xD800;",
                                                   "]]>",
                                                   "</a>",
                                                   "<b>",
                                                   "\"",
                                                   "'",
                                                   "<!-- -- -->",
                                                   "<?xml version='1.0'?>",
                                                   "\x01",
                                                   "\xff",
                                                   "\xc0\xaf",
                                                   "<!DOCTYPE a>",
                                                   "=",
                                                   "/",
                                                   " a=1",
                                                   "<![CDATA[",
                                                   "<!--",
                                                   "&#x110000;",
                                                   "\xef\xbf\xbf"};
constexpr std::array<std::string_view, 8> kProlog{"",
                                                  "",
                                                  "<?xml version=\"1.0\"?>",
                                                  "<?xml version='1.0' encoding='UTF-8'?>\n",
                                                  "<!-- x -->",
                                                  "<!DOCTYPE a [ <!ELEMENT a ANY> <!-- > --> ]>\n",
                                                  "\xef\xbb\xbf",
                                                  "\n"};

std::string element(Generator& generator, int depth) {
  const std::string name(generator.pick(kNames));
  std::string text = "<" + name;
  const std::size_t first = generator.below(kAttributes.size());
  for (std::size_t i = first; i < std::min(first + generator.below(4), kAttributes.size()); ++i) {
    text += kAttributes[i];
  }
  if (generator.one_in(4)) {
    return text + "/>";
  }
  text += ">";
  for (std::size_t n = generator.below(5); n > 0; --n) {
    text += depth > 0 && generator.one_in(2) ? element(generator, depth - 1) : generator.some(kTexts, 3);
  }
  return text + "</" + name + (generator.one_in(5) ? " >" : ">");
}

/// libxml2's push parser keeps \r and \r\n in CDATA and behind a reference; XML 1.0, 2.11 makes them \n, as we do.
std::string with_plain_breaks(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    plain += text[i] == '\r' ? '\n' : text[i];
    i += text.substr(i).starts_with("\r\n") ? 1 : 0;
  }
  return plain;
}

void compare(const Oracle& oracle, const std::string& body) {
  XmlBody xml;
  const Seen seen = oracle.judge({"", "", "text/xml", body});
  const BodyError error = xml.parse(body, {});
  if (error == BodyError::kBadEncoding && !seen.body_error) {
    EXPECT_NE(body.find("<![CDATA["), std::string::npos) << shown(body);
    return;  // libxml2's push parser does not look at the bytes in CDATA
  }
  EXPECT_EQ(error != BodyError::kNone, seen.body_error)
      << shown(body) << " " << to_string(error) << " | " << seen.message;
  if (seen.body_error) {
    return;  // what libxml2 has of a broken document depends on its buffers
  }
  ASSERT_EQ(seen.xml_text.size(), 1u) << shown(body);
  EXPECT_EQ(shown(with_plain_breaks(xml.text())), shown(with_plain_breaks(seen.xml_text[0]))) << shown(body);
  std::vector<std::string> attributes;
  for (const auto& attribute : xml.attributes()) {
    attributes.emplace_back(attribute.value);
  }
  EXPECT_THAT(attributes, testing::ContainerEq(seen.xml_attributes)) << shown(body);
}

TEST(XmlYardstick, DocumentsGiveTheSameTextAndAttributes) {
  Oracle oracle("XML");
  Generator generator(6);
  for (int i = 0; i < 500; ++i) {
    const std::string prolog(generator.pick(kProlog));
    compare(oracle, prolog + element(generator, 4) + (generator.one_in(3) ? "\n<!-- end -->\n" : ""));
  }
}

TEST(XmlYardstick, BrokenDocumentsAreErrors) {
  Oracle oracle("XML");
  Generator generator(7);
  for (int i = 0; i < 600; ++i) {
    std::string body = element(generator, 3);
    const std::size_t at = generator.below(body.size() + 1);
    if (generator.one_in(3)) {
      body.resize(at);
    } else {
      body.insert(at, generator.pick(kBroken));
    }
    compare(oracle, body);
  }
}

}  // namespace
}  // namespace gabion::yardstick
