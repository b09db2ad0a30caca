// §3.3 and §3.4 of the policy guide for one request, by splitting and comparing.
#include <algorithm>
#include <regex>

#include "tests/inspect/policy/literal.h"

namespace gabion::inspect::policy {
namespace {

namespace kube = config::kube;
using Segments = std::vector<std::string>;

/// "/a/b/" -> "a", "b", "".
Segments split(std::string_view path) {
  Segments parts;
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    parts.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      return parts;
    }
    path.remove_prefix(slash + 1);
  }
}

/// {**} is one or more segments, of which the first may be empty; {*} is one that is not.
bool follows(const Segments& wanted, std::size_t w, const Segments& got, std::size_t g) {
  if (w == wanted.size()) {
    return g == got.size();
  }
  if (wanted[w] == "{**}") {
    for (std::size_t next = g + 1; next <= got.size(); ++next) {
      if (follows(wanted, w + 1, got, next)) {
        return true;
      }
    }
    return false;
  }
  const bool fits = g < got.size() && (wanted[w] == "{*}" ? !got[g].empty() : wanted[w] == got[g]);
  return fits && follows(wanted, w + 1, got, g + 1);
}

std::string folded(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

bool path_matches(kube::PathMatch wanted, std::string path, config::PathCase letters) {
  auto grammar = std::regex::ECMAScript;
  if (letters == config::PathCase::kFold) {
    path = folded(path);
    if (wanted.kind == kube::PathMatch::Kind::kRegex) {
      grammar |= std::regex::icase;
    } else {
      wanted.text = folded(wanted.text);
    }
  }
  switch (wanted.kind) {
    case kube::PathMatch::Kind::kExact:
      return path == wanted.text;
    case kube::PathMatch::Kind::kPrefix: {
      const std::string with_slash = wanted.text.back() == '/' ? wanted.text : wanted.text + "/";
      return path == wanted.text || path.substr(0, with_slash.size()) == with_slash;
    }
    case kube::PathMatch::Kind::kTemplate:
      return follows(split(wanted.text), 0, split(path), 0);
    case kube::PathMatch::Kind::kRegex:
      return std::regex_match(path, std::regex(wanted.text, grammar));
  }
  return false;
}

Truth host_matches(const std::string& pattern, const KnownHost& host) {
  if (host.name.empty()) {
    return Truth::kUnknown;
  }
  const auto colon = pattern.find(':');
  const std::string name = pattern.substr(0, colon);
  if (colon != std::string::npos && host.port != std::stoi(pattern.substr(colon + 1))) {
    return Truth::kNo;
  }
  const bool wild = name.front() == '*';
  const std::string suffix = name.substr(1);
  const bool same = wild ? host.name.size() > suffix.size() && host.name.ends_with(suffix) : host.name == name;
  return same ? Truth::kYes : Truth::kNo;
}

bool value_matches(const kube::HeaderMatch& wanted, const std::string& value) {
  switch (wanted.kind) {
    case kube::HeaderMatch::Kind::kExact:
      return value == wanted.text;
    case kube::HeaderMatch::Kind::kPrefix:
      return value.starts_with(wanted.text);
    case kube::HeaderMatch::Kind::kSuffix:
      return value.ends_with(wanted.text);
    case kube::HeaderMatch::Kind::kRegex:
      return std::regex_match(value, std::regex(wanted.text));
    case kube::HeaderMatch::Kind::kPresent:
      return true;
    case kube::HeaderMatch::Kind::kAbsent:
      return false;
  }
  return false;
}

/// Lines joined with ',' for everybody; a Deny also looks at every single line.
bool header_matches(const kube::HeaderMatch& wanted, const Question& asked, kube::RuleAction action) {
  std::string joined;
  bool any = false;
  for (const auto& field : asked.fields) {  // every name asked with is x-t, in some case
    joined += joined.empty() ? std::string(field.value) : "," + std::string(field.value);
    any = any || value_matches(wanted, std::string(field.value));
  }
  if (asked.fields.empty()) {
    return wanted.kind == kube::HeaderMatch::Kind::kAbsent;
  }
  return value_matches(wanted, joined) || (action == kube::RuleAction::kDeny && any);
}

Truth item_matches(const kube::HttpMatch& item, const Question& asked, kube::RuleAction action) {
  const auto& methods = item.methods;
  if (!methods.empty() && std::count(methods.begin(), methods.end(), asked.method) == 0) {
    return Truth::kNo;
  }
  const std::string path(asked.path->decoded);
  const auto matches = [&](const kube::PathMatch& wanted) {
    return !path.empty() && path_matches(wanted, path, asked.reading.letters);
  };
  if (!item.paths.empty() && std::none_of(item.paths.begin(), item.paths.end(), matches)) {
    return Truth::kNo;
  }
  for (const auto& header : item.headers) {
    if (!header_matches(header, asked, action)) {
      return Truth::kNo;
    }
  }
  Truth host = item.hosts.empty() ? Truth::kYes : Truth::kNo;
  for (const auto& pattern : item.hosts) {
    host = std::max(host, host_matches(pattern, *asked.host));
  }
  return host;
}

}  // namespace

bool doubtful_path(const Question& asked) {
  const auto refused = [](config::DoubtfulPath what) { return what == config::DoubtfulPath::kRefuse; };
  switch (asked.path->doubt) {
    case Doubt::kNone:
      return false;
    case Doubt::kEncodedSlash:
      return refused(asked.reading.encoded_slash);
    case Doubt::kDoubleEncoding:
      return refused(asked.reading.double_encoding);
    case Doubt::kEmptySegments:
      return refused(asked.reading.empty_segments);
    case Doubt::kSemicolon:
      return refused(asked.reading.semicolon);
    case Doubt::kLetters:
      return asked.reading.letters == config::PathCase::kFold;
    case Doubt::kAlways:
      return true;
  }
  return true;
}

Truth literal_http(const std::vector<kube::HttpMatch>& items, const Question& asked, kube::RuleAction action) {
  Truth best = items.empty() ? Truth::kYes : Truth::kNo;
  for (const auto& item : items) {
    best = std::max(best, item_matches(item, asked, action));
  }
  return best;
}

}  // namespace gabion::inspect::policy
