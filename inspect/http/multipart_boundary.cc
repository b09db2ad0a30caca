// The boundary in a multipart content type: read the way ModSecurity v3 does, since lenient readers differ here.
#include "inspect/http/ascii.h"
#include "inspect/http/multipart.h"

namespace gabion::inspect::http {
namespace {

constexpr std::string_view kWord = "boundary";

/// Position of "boundary" in any case, npos if there is none.
std::size_t find_word(std::string_view text) noexcept {
  for (std::size_t at = 0; at + kWord.size() <= text.size(); ++at) {
    if (equals_lower(text.substr(at, kWord.size()), kWord)) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// A second boundary parameter: the word again, and a value after it.
bool has_parameter(std::string_view text) noexcept {
  const std::size_t at = find_word(text);
  return at != std::string_view::npos && text.find('=', at) != std::string_view::npos;
}

/// bchars of RFC 2046: a space may stand anywhere but at the end.
bool is_boundary(std::string_view text) noexcept {
  static constexpr std::string_view kMarks = "'()+_,-./:=? ";
  return !text.empty() && text.back() != ' ' && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

/// What stands between the type and the parameter: spaces around one semicolon.
bool is_separator(std::string_view text, bool& has_semicolon) noexcept {
  text = without_front_spaces(text);
  has_semicolon = text.starts_with(';');
  return without_front_spaces(text.substr(has_semicolon ? 1 : 0)).empty();
}

}  // namespace

BodyError Multipart::read_boundary(std::string_view content_type) {
  constexpr std::size_t kTypeBytes = std::string_view("multipart/form-data").size();
  const std::size_t at = find_word(content_type);
  if (at == std::string_view::npos) {
    return BodyError::kNoBoundary;
  }
  const std::string_view before = content_type.substr(0, at);
  std::string_view rest = content_type.substr(at + kWord.size());
  bool has_semicolon = false;
  if (has_parameter(rest) || content_type.substr(at, kWord.size()) != kWord || before.size() < kTypeBytes ||
      !is_separator(before.substr(kTypeBytes), has_semicolon)) {
    return BodyError::kBadBoundary;
  }
  flags_.missing_semicolon = !has_semicolon;
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos || !without_front_spaces(rest.substr(0, equals)).empty()) {
    return BodyError::kBadBoundary;
  }
  rest.remove_prefix(equals + 1);
  flags_.boundary_whitespace = equals > 0 || (!rest.empty() && is_space(rest.front()));
  if (rest.size() >= 2 && rest.front() == '"' && rest.back() == '"') {
    flags_.boundary_quoted = true;
    rest = rest.substr(1, rest.size() - 2);
  } else if (!rest.empty() && (rest.front() == '"' || rest.back() == '"')) {
    return BodyError::kBadBoundary;
  } else {
    rest = rest.substr(0, rest.find(';'));
  }
  boundary_ = rest;
  return rest.size() <= kMaxBoundaryBytes && is_boundary(rest) ? BodyError::kNone : BodyError::kBadBoundary;
}

}  // namespace gabion::inspect::http
