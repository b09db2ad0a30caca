// One line a format.
#include "inspect/dlp/fields/make_reader.h"

#include "inspect/dlp/fields/csv_lexer.h"
#include "inspect/dlp/fields/events.h"
#include "inspect/dlp/fields/form_lexer.h"
#include "inspect/dlp/fields/format_reader.h"
#include "inspect/dlp/fields/json_text.h"
#include "inspect/dlp/fields/multipart.h"
#include "inspect/dlp/fields/plain_text.h"
#include "inspect/dlp/fields/xml_layer.h"
#include "inspect/dlp/fields/xml_lexer.h"
#include "inspect/http/ascii.h"

namespace gabion::inspect::dlp {
namespace {

using JsonReader = FormatReader<JsonDecoder, JsonText>;
using FormReader = FormatReader<PercentDecoder<PercentSyntax::kForm>, FormLexer>;
using CookieReader = FormatReader<PercentDecoder<PercentSyntax::kCookie>, FormLexer>;
using MultipartReader = FormatReader<MultipartDecoder, MultipartLexer>;
using XmlReader = FormatReader<XmlLayer, XmlLexer>;
using CsvReader = FormatReader<PlainDecoder, CsvLexer>;
using EventReader = FormatReader<EventDecoder, EventLexer>;
using PlainReader = FormatReader<PlainDecoder, PlainText>;

}  // namespace

std::unique_ptr<FieldReader> make_body_reader(Format format) {
  switch (format) {
    case Format::kJson:
      return std::make_unique<JsonReader>();
    case Format::kForm:
      return std::make_unique<FormReader>();
    case Format::kMultipart:
      return std::make_unique<MultipartReader>();
    case Format::kXml:
      return std::make_unique<XmlReader>(XmlLexer(XmlLexer::Language::kXml));
    case Format::kHtml:
      return std::make_unique<XmlReader>(XmlLexer(XmlLexer::Language::kHtml));
    case Format::kCsv:
      return std::make_unique<CsvReader>();
    case Format::kEvents:
      return std::make_unique<EventReader>();
    case Format::kText:
      break;
  }
  return std::make_unique<PlainReader>();
}

std::unique_ptr<FieldReader> make_query_reader() {
  return std::make_unique<FormReader>();
}

std::unique_ptr<FieldReader> make_header_reader(std::string_view name) {
  if (http::equals_lower(name, "cookie") || http::equals_lower(name, "set-cookie")) {
    return std::make_unique<CookieReader>(FormLexer(';'));
  }
  return std::make_unique<PlainReader>(PlainText(name));
}

}  // namespace gabion::inspect::dlp
