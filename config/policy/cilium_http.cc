// HTTP patterns of Cilium are regexes on the raw text; only what our conditions mean exactly, or less, is taken.
#include <algorithm>
#include <utility>

#include "config/kube/l7_text.h"
#include "config/policy/cilium_rule.h"

namespace gabion::config::policy::cilium {
namespace {

using kube::HeaderMatch;
using kube::PathMatch;

constexpr std::string_view kAnything = ".*";

/// Without "^" and "$", which change nothing: the whole text is matched.
std::string_view without_anchors(std::string_view text) noexcept {
  if (text.starts_with('^')) {
    text.remove_prefix(1);
  }
  if (text.ends_with('$') && !text.ends_with("\\$")) {
    text.remove_suffix(1);
  }
  return text;
}

bool is_plain_char(char c) noexcept {
  return is_unambiguous_path(std::string_view(&c, 1)) && c != '.';
}

/// A regex that is a literal: escapes undone. `dots` is set if a dot stood for any character; only "." is taken.
struct Literal {
  std::string text;
  bool dots = false;
};

std::optional<Literal> literal_of(std::string_view regex) {
  Literal made;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\' && i + 1 < regex.size() && !std::isalnum(static_cast<unsigned char>(regex[i + 1]))) {
      made.text += regex[++i];
    } else if (is_plain_char(regex[i]) || regex[i] == '.') {
      made.dots = made.dots || regex[i] == '.';
      made.text += regex[i];
    } else {
      return std::nullopt;
    }
  }
  return made;
}

/// A regex whose answer is the same for the raw path and for its decoded view, or "no" more often: no character is
/// counted or excluded that may come as an escape of three.
class PathRegex {
 public:
  [[nodiscard]] static std::optional<Literal> convert(std::string_view source) {
    PathRegex made(source);
    while (made.at_ < source.size()) {
      if (!made.take()) {
        return std::nullopt;
      }
    }
    return Literal{std::move(made.out_), made.dots_};
  }

 private:
  explicit PathRegex(std::string_view source) : source_(source) {}

  [[nodiscard]] bool next_is(std::string_view set) const noexcept {
    return at_ < source_.size() && set.find(source_[at_]) != std::string_view::npos;
  }

  bool take() {
    const char c = source_[at_++];
    if (c == '.') {
      const bool any_text = next_is("*+");
      dots_ = dots_ || !any_text;
      out_ += any_text ? "." : "\\.";
      return true;
    }
    if (c == '\\') {
      return take_escape();
    }
    if (c == '[') {
      return take_class();
    }
    out_ += c;
    if (c == '(') {
      return !next_is("?");
    }
    return is_plain_char(c) || std::string_view(")|*+?{},").find(c) != std::string_view::npos;
  }

  bool take_escape() {
    if (!next_is("./-_~dw")) {
      return false;
    }
    out_ += '\\';
    out_ += source_[at_++];
    return true;
  }

  bool take_class() {
    const std::size_t end = source_.find(']', at_);
    if (end == std::string_view::npos) {
      return false;
    }
    const std::string_view inside = source_.substr(at_, end - at_);
    at_ = end + 1;
    out_ += "[" + std::string(inside) + "]";
    return inside == "^/" ? next_is("*+") : !inside.empty() && is_unambiguous_path(inside);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::string out_;
  bool dots_ = false;
};

/// Whether any query may follow: then it does not matter that Cilium matches path and query together.
bool is_open_ended(std::string_view regex) noexcept {
  return regex.ends_with(kAnything) && !regex.ends_with("\\.*") && regex.find('|') == std::string_view::npos;
}

void add_regex(std::string_view regex, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  const auto converted = PathRegex::convert(regex);
  if (!converted) {
    reading.log.add("E_REGEX", path, "counts or excludes characters that may come escaped, or is no simple regex");
    return;
  }
  if (reading.options.check_regex) {
    if (const auto checked = reading.options.check_regex(converted->text); !checked) {
      reading.log.add("E_REGEX", path, checked.error().what);
      return;
    }
  }
  if (converted->dots) {
    reading.log.add("W_DOT", path, "a single . becomes the character itself");
  }
  out.paths.push_back({PathMatch::Kind::kRegex, converted->text});
}

void read_path(std::string_view text, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  const std::string_view regex = without_anchors(text);
  if (regex.empty() || regex == kAnything) {
    return;
  }
  const bool open = is_open_ended(regex);
  if (!open) {
    reading.log.add(reading.options.ignore_query ? "W_QUERY" : "E_QUERY", path,
                    "Cilium compares path and query; here the query does not count");
  }
  const auto literal = literal_of(open ? regex.substr(0, regex.size() - kAnything.size()) : regex);
  if (!literal || (open && !literal->text.ends_with('/'))) {
    add_regex(regex, path, reading, out);
    return;
  }
  if (!kube::is_plain_path(literal->text) || !is_unambiguous_path(literal->text)) {
    reading.log.add("E_PATH", path, "has a byte that may also come escaped, or is not in normal form");
    return;
  }
  if (literal->dots) {
    reading.log.add("W_DOT", path, "a single . becomes the character itself");
  }
  out.paths.push_back({open ? PathMatch::Kind::kPrefix : PathMatch::Kind::kExact, literal->text});
}

void read_method(std::string_view text, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  std::string_view rest = without_anchors(text);
  if (rest.empty() || rest == kAnything) {
    return;
  }
  if (rest.starts_with('(') && rest.ends_with(')')) {
    rest = rest.substr(1, rest.size() - 2);
  }
  while (true) {
    const std::size_t bar = rest.find('|');
    const std::string_view word = rest.substr(0, bar);
    if (word.empty() || !std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
      reading.log.add("E_METHOD", path, "\"" + std::string(text) + "\" is no list of methods");
      return;
    }
    out.methods.emplace_back(word);
    if (bar == std::string_view::npos) {
      return;
    }
    rest.remove_prefix(bar + 1);
  }
}

void read_host(std::string_view text, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  std::string_view regex = without_anchors(text);
  if (regex.empty() || regex == kAnything) {
    return;
  }
  const bool wildcard = regex.starts_with(".*\\.");
  const auto literal = literal_of(wildcard ? regex.substr(4) : regex);
  const std::string host = (wildcard ? "*." : "") + (literal ? literal->text : std::string());
  if (!literal || !kube::is_host_pattern(host)) {
    reading.log.add("E_HOST", path, "\"" + std::string(text) + "\" is no host or .*\\.host");
    return;
  }
  out.hosts.push_back(host);
  reading.log.add("W_HOST_PORT", path,
                  "Cilium compares Host as it stands; here a host without port means every port and case");
}

void add_header(std::string name, std::optional<std::string> value, const std::string& path, const Reading& reading,
                kube::HttpMatch& out) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!kube::is_policy_header(name)) {
    reading.log.add("E_HEADER", path, "a rule may not look at header \"" + name + "\"");
    return;
  }
  const auto kind = value ? HeaderMatch::Kind::kExact : HeaderMatch::Kind::kPresent;
  out.headers.push_back({std::move(name), kind, value.value_or("")});
}

/// "Name: value" or "Name".
void read_header(const std::string& text, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  const std::size_t blank = text.find(' ');
  std::string name = text.substr(0, blank);
  while (name.ends_with(':')) {
    name.pop_back();
  }
  add_header(name, blank == std::string::npos ? std::nullopt : std::optional(text.substr(blank + 1)), path, reading,
             out);
}

void read_header_match(const YamlValue& value, const std::string& path, const Reading& reading, kube::HttpMatch& out) {
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  fields.require("name");
  const auto name = fields.text("name").value_or("");
  const auto text = fields.text("value");
  for (const std::string_view key : {"secret", "mismatch"}) {
    if (fields.find(key) != nullptr) {
      reading.log.add("E_HEADER", fields.path_of(key), "is not imported");
    }
  }
  fields.refuse_others();
  if (!text) {
    reading.log.add("E_HEADER", path, "has no value");
    return;
  }
  add_header(name, text, path, reading, out);
}

}  // namespace

kube::HttpMatch read_http(const YamlValue& value, const std::string& path, const Reading& reading) {
  kube::HttpMatch item;
  kube::Fields fields(value, path, reading.log.report(), kube::Nulls::kAbsent);
  read_method(fields.text("method").value_or(""), fields.path_of("method"), reading, item);
  read_path(fields.text("path").value_or(""), fields.path_of("path"), reading, item);
  read_host(fields.text("host").value_or(""), fields.path_of("host"), reading, item);
  for (const auto& text : fields.texts("headers")) {
    read_header(text, fields.path_of("headers"), reading, item);
  }
  if (const auto* list = fields.list("headerMatches")) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      read_header_match(list->items()[i], kube::item_path(fields.path_of("headerMatches"), i), reading, item);
    }
  }
  fields.refuse_others();
  return item;
}

}  // namespace gabion::config::policy::cilium
