// An HTTP/2 response's header block as a head: see response_head.h.
#include "proxy/protocol/http2/response_head.h"

#include <charconv>

#include "proxy/protocol/http1/encoder.h"
#include "proxy/protocol/http1/syntax.h"
#include "proxy/protocol/http1/trailers.h"
#include "proxy/protocol/http2/field_syntax.h"

namespace gabion::proxy::http2 {
namespace {

bool is_bodiless(std::uint16_t status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

const char* read_field(const inspect::HeaderField& field, http1::Head& head) {
  const auto id = http1::field_id(field.name);
  if (is_of_one_connection(id) || id == http1::FieldId::kTe) {
    return "a field of HTTP/1 connections";
  }
  if (id == http1::FieldId::kContentLength) {
    const auto length = http1::parse_content_length(field.value);
    if (head.has_content_length || !length) {
      return "malformed content-length";
    }
    head.content_length = *length;
    head.has_content_length = true;
  }
  head.fields.push_back(field);
  head.ids.push_back(id);
  return nullptr;
}

void frame(const ResponseFacts& facts, http1::Head& head) noexcept {
  if (facts.answers_head || is_bodiless(head.status)) {
    head.framing = http1::Framing::kNone;
    return;
  }
  if (facts.ends_here && !head.has_content_length) {
    head.has_content_length = true;
    head.content_length = 0;
  }
  if (!head.has_content_length) {
    head.framing = http1::Framing::kChunked;
  } else {
    head.framing = head.content_length == 0 ? http1::Framing::kNone : http1::Framing::kLength;
  }
}

}  // namespace

std::uint16_t status_of(std::string_view text) noexcept {
  constexpr std::uint16_t kLeast = 100;
  std::uint16_t status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool fine = text.size() == 3 && error == std::errc() && end == text.data() + text.size() && status >= kLeast;
  return fine ? status : std::uint16_t{0};
}

const char* read_response_head(const FieldBlock& block, const ResponseFacts& facts, http1::Head& head) {
  head.clear();
  if (block.empty() || block[0].name != ":status") {
    return "no :status at the front";
  }
  head.status = status_of(block[0].value);
  if (head.status == 0) {
    return "malformed :status";
  }
  head.phrase = http1::reason_phrase(head.status);
  for (std::size_t i = 1; i < block.size(); ++i) {
    const auto field = block[i];
    if (field.name.starts_with(':')) {
      return "a pseudo-header field that responses do not have";
    }
    if (const char* wrong = read_field(field, head); wrong != nullptr) {
      return wrong;
    }
  }
  if (head.status < 200 && head.has_content_length) {
    return "content-length in an interim response";
  }
  frame(facts, head);
  return nullptr;
}

void read_trailers(const FieldBlock& block, std::vector<inspect::HeaderField>& fields) {
  fields.clear();
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (http1::may_be_trailer(block[i].name)) {
      fields.push_back(block[i]);
    }
  }
}

}  // namespace gabion::proxy::http2
