// Conditions on one request, each as cheap as its kind allows.
#include "inspect/policy/http_match.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace gabion::inspect::policy {
namespace {

using config::PathCase;
using config::kube::HeaderMatch;
using config::kube::PathMatch;

constexpr std::string_view kOneSegment = "{*}";
constexpr std::string_view kAnyRest = "{**}";
constexpr std::size_t kJoinedInlineBytes = 1024;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

/// REQUIRES: `expected` is lower case.
bool equals_ignoring_case(std::string_view text, std::string_view expected) noexcept {
  return text.size() == expected.size() &&
         std::equal(text.begin(), text.end(), expected.begin(), [](char a, char b) { return lower(a) == b; });
}

/// "host:80" -> host, 80; "[::1]:80" -> [::1], 80. What is no port stays part of the name and matches nothing.
struct HostAndPort {
  std::string_view name;
  std::optional<std::uint16_t> port;
};

HostAndPort split_host(std::string_view text) noexcept {
  HostAndPort result{text, std::nullopt};
  const std::size_t colon = text.rfind(':');
  const bool inside_brackets = !text.empty() && text.back() == ']';
  if (colon != std::string_view::npos && !inside_brackets) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec == std::errc{} && parsed.ptr == end) {
      result = {text.substr(0, colon), port};
    }
  }
  if (!result.name.empty() && result.name.back() == '.') {
    result.name.remove_suffix(1);
  }
  return result;
}

/// Takes "/segment" off the front of `path`. REQUIRES: it begins with '/'.
std::string_view take_segment(std::string_view& path) noexcept {
  const std::size_t end = std::min(path.find('/', 1), path.size());
  const std::string_view segment = path.substr(1, end - 1);
  path.remove_prefix(end);
  return segment;
}

bool same_text(std::string_view a, std::string_view b, PathCase letters) noexcept {
  return letters == PathCase::kExact
             ? a == b
             : a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                                  [](char one, char other) { return lower(one) == lower(other); });
}

/// REQUIRES: `prefix` is not empty.
bool matches_prefix(std::string_view prefix, std::string_view path, PathCase letters) noexcept {
  if (!same_text(path.substr(0, prefix.size()), prefix, letters)) {
    return false;
  }
  return prefix.back() == '/' || path.size() == prefix.size() || path[prefix.size()] == '/';
}

/// REQUIRES: `kind` is no kRegex.
bool matches_text(PathMatch::Kind kind, std::string_view text, std::string_view path, PathCase letters) noexcept {
  switch (kind) {
    case PathMatch::Kind::kExact:
      return same_text(path, text, letters);
    case PathMatch::Kind::kPrefix:
      return !text.empty() && matches_prefix(text, path, letters);
    case PathMatch::Kind::kTemplate:
      return matches_template(text, path, letters);
    case PathMatch::Kind::kRegex:
      return false;
  }
  return false;
}

}  // namespace

std::uint32_t method_bit(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 9> kMethods{"GET",     "POST",    "PUT",   "DELETE", "HEAD",
                                                     "OPTIONS", "CONNECT", "TRACE", "PATCH"};
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    if (method == kMethods[i]) {
      return 1U << i;
    }
  }
  return 0;
}

RequestView::RequestView(const RequestHead& request, const PathView& decoded_path) noexcept
    : head(request), path(decoded_path), method(method_bit(request.method)) {
  const HostAndPort split = split_host(request.authority);
  host = split.name;
  port = split.port;
}

bool matches_template(std::string_view pattern, std::string_view path, PathCase letters) noexcept {
  while (!pattern.empty()) {
    const std::string_view wanted = take_segment(pattern);
    if (path.empty() || path.front() != '/') {
      return false;
    }
    if (wanted == kAnyRest) {
      // What follows {**} is literal segments: "" or "/a/b".
      const std::size_t end = path.size() - std::min(pattern.size(), path.size());
      if (!same_text(path.substr(end), pattern, letters)) {
        return false;
      }
      path = path.substr(0, end);
      return !path.empty() && path.front() == '/';
    }
    const std::string_view segment = take_segment(path);
    if (wanted == kOneSegment ? segment.empty() : !same_text(segment, wanted, letters)) {
      return false;
    }
  }
  return path.empty();
}

config::Result<PathCondition> PathCondition::compile(const PathMatch& source) {
  PathCondition condition(source);
  if (source.kind == PathMatch::Kind::kRegex) {
    auto regex = match::Regex::compile(source.text);
    if (!regex) {
      return config::Error{regex.error().what, "regex"};
    }
    condition.regexes_ = std::make_unique<Regexes>(std::move(*regex));
  }
  return condition;
}

bool PathCondition::matches(std::string_view path, PathCase letters, Reading reading) const {
  return source_.kind == PathMatch::Kind::kRegex ? matches_regex(path, letters, reading)
                                                 : matches_text(source_.kind, source_.text, path, letters);
}

/// A regex that only folded letters make too large cannot be decided.
bool PathCondition::matches_regex(std::string_view path, PathCase letters, Reading reading) const {
  if (letters == PathCase::kExact) {
    return regexes_->exact.matches_all_of(path);
  }
  std::call_once(regexes_->folded_tried, [this] {
    if (auto compiled = match::Regex::compile(source_.text, match::Letters::kFold)) {
      regexes_->folded = std::move(*compiled);
    }
  });
  return regexes_->folded ? regexes_->folded->matches_all_of(path) : reading == Reading::kPossible;
}

HostCondition::HostCondition(std::string_view text)
    : name_(name_of(text)), wildcard_(text.starts_with("*.")), port_(split_host(text).port) {}

std::string_view HostCondition::name_of(std::string_view text) noexcept {
  const std::string_view name = split_host(text).name;
  return name.starts_with("*.") ? name.substr(1) : name;
}

bool HostCondition::matches(const RequestView& request, Reading reading) const noexcept {
  if (request.host.empty()) {
    return reading == Reading::kPossible;  // the server picks a host; nobody here knows which
  }
  if (port_ && port_ != request.port) {
    return false;
  }
  if (!wildcard_) {
    return equals_ignoring_case(request.host, name_);
  }
  return request.host.size() > name_.size() &&
         equals_ignoring_case(request.host.substr(request.host.size() - name_.size()), name_);
}

config::Result<HeaderCondition> HeaderCondition::compile(const HeaderMatch& source) {
  HeaderCondition condition(source);
  if (source.kind == HeaderMatch::Kind::kRegex) {
    auto regex = match::Regex::compile(source.text);
    if (!regex) {
      return config::Error{regex.error().what, "regex"};
    }
    condition.regex_ = std::move(*regex);
  }
  return condition;
}

bool HeaderCondition::value_matches(std::string_view value) const {
  switch (source_.kind) {
    case HeaderMatch::Kind::kExact:
      return value == source_.text;
    case HeaderMatch::Kind::kPrefix:
      return value.starts_with(source_.text);
    case HeaderMatch::Kind::kSuffix:
      return value.ends_with(source_.text);
    case HeaderMatch::Kind::kRegex:
      return regex_ && regex_->matches_all_of(value);
    case HeaderMatch::Kind::kPresent:
      return true;
    case HeaderMatch::Kind::kAbsent:
      return false;
  }
  return false;
}

bool HeaderCondition::joined_matches(std::span<const HeaderField> fields) const {
  std::size_t length = 0;
  for (const auto& field : fields) {
    length += equals_ignoring_case(field.name, source_.name) ? field.value.size() + 1 : 0;
  }
  std::array<char, kJoinedInlineBytes> inline_bytes;
  std::string spill;
  char* out = inline_bytes.data();
  if (length > inline_bytes.size()) {
    spill.resize(length);
    out = spill.data();
  }
  char* end = out;
  for (const auto& field : fields) {
    if (equals_ignoring_case(field.name, source_.name)) {
      end = std::copy(field.value.begin(), field.value.end(), end);
      *end++ = ',';
    }
  }
  return value_matches(std::string_view(out, static_cast<std::size_t>(end - out) - 1));
}

bool HeaderCondition::matches(std::span<const HeaderField> fields, Reading reading) const {
  const HeaderField* only = nullptr;
  std::size_t lines = 0;
  bool any_line = false;
  for (const auto& field : fields) {
    if (!equals_ignoring_case(field.name, source_.name)) {
      continue;
    }
    only = &field;
    ++lines;
    any_line = any_line || (reading == Reading::kPossible && value_matches(field.value));
  }
  if (lines == 0) {
    return source_.kind == HeaderMatch::Kind::kAbsent;
  }
  return any_line || (lines == 1 ? value_matches(only->value) : joined_matches(fields));
}

HttpCondition::Rest& HttpCondition::rest() {
  if (!rest_) {
    rest_ = std::make_unique<Rest>();
  }
  return *rest_;
}

void HttpCondition::set_methods(const std::vector<std::string>& methods) {
  any_method_ = methods.empty();
  for (const auto& method : methods) {
    const std::uint32_t bit = method_bit(method);
    common_methods_ = static_cast<std::uint16_t>(common_methods_ | bit);
    if (bit == 0) {
      rest().rare_methods.push_back(method);
    }
  }
}

config::Result<void> HttpCondition::set_paths(const std::vector<PathMatch>& paths) {
  if (paths.size() == 1 && paths.front().kind != PathMatch::Kind::kRegex && paths.front().text.size() <= kShortPath) {
    const std::string& text = paths.front().text;
    paths_ = Paths::kShort;
    short_kind_ = paths.front().kind;
    short_length_ = static_cast<std::uint8_t>(text.size());
    std::copy(text.begin(), text.end(), short_path_.begin());
    return {};
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    auto path = PathCondition::compile(paths[i]);
    if (!path) {
      return config::Error{path.error().what, "paths[" + std::to_string(i) + "]." + path.error().where};
    }
    paths_ = Paths::kListed;
    rest().paths.push_back(std::move(*path));
  }
  return {};
}

config::Result<HttpCondition> HttpCondition::compile(const config::kube::HttpMatch& source) {
  HttpCondition condition;
  condition.set_methods(source.methods);
  if (auto paths = condition.set_paths(source.paths); !paths) {
    return paths.error();
  }
  for (const auto& host : source.hosts) {
    condition.rest().hosts.emplace_back(host);
  }
  for (std::size_t i = 0; i < source.headers.size(); ++i) {
    auto header = HeaderCondition::compile(source.headers[i]);
    if (!header) {
      return config::Error{header.error().what, "headers[" + std::to_string(i) + "]." + header.error().where};
    }
    condition.rest().headers.push_back(std::move(*header));
  }
  return condition;
}

bool HttpCondition::means_host(const RequestView& request, Reading reading) const noexcept {
  return rest_ == nullptr || rest_->hosts.empty() ||
         std::any_of(rest_->hosts.begin(), rest_->hosts.end(),
                     [&](const HostCondition& host) { return host.matches(request, reading); });
}

bool HttpCondition::means_method(const RequestView& request) const noexcept {
  if (any_method_ || request.method != 0) {
    return any_method_ || (common_methods_ & request.method) != 0;
  }
  return rest_ != nullptr && std::find(rest_->rare_methods.begin(), rest_->rare_methods.end(), request.head.method) !=
                                 rest_->rare_methods.end();
}

bool HttpCondition::means_path(const PathView& path, Reading reading) const {
  switch (paths_) {
    case Paths::kAny:
      return true;
    case Paths::kShort:
      return path.is_path() && matches_text(short_kind_, std::string_view(short_path_.data(), short_length_),
                                            path.text(), path.letters());
    case Paths::kListed:
      return path.is_path() && std::any_of(rest_->paths.begin(), rest_->paths.end(), [&](const PathCondition& wanted) {
               return wanted.matches(path.text(), path.letters(), reading);
             });
  }
  return false;
}

HttpMiss HttpCondition::first_miss(const RequestView& request, Reading reading) const {
  if (!means_host(request, reading)) {
    return {HttpField::kHost, 0};
  }
  if (!means_method(request)) {
    return {HttpField::kMethod, 0};
  }
  if (!means_path(request.path, reading)) {
    return {HttpField::kPath, 0};
  }
  const std::size_t headers = rest_ == nullptr ? 0 : rest_->headers.size();
  for (std::size_t i = 0; i < headers; ++i) {
    if (!rest_->headers[i].matches(request.head.fields, reading)) {
      return {HttpField::kHeader, i};
    }
  }
  return {};
}

}  // namespace gabion::inspect::policy
