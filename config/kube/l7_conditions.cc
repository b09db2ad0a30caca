// Conditions of L7 rules, each checked as the CRD's schema does.
#include "config/kube/l7_conditions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "config/kube/l7_text.h"

namespace gabion::config::kube {
namespace {

constexpr ItemCount kUpTo16{1, 16};
constexpr ItemCount kUpTo32{1, 32};
constexpr std::size_t kMaxTextBytes = 1024;

/// Checks every text; what is refused stays in the list, as the whole policy is refused.
void check_all(Fields& fields, std::string_view key, const std::vector<std::string>& texts,
               bool (*accepted)(std::string_view) noexcept, std::string_view what, Report& report) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (!accepted(texts[i])) {
      report.add(item_path(fields.path_of(key), i), fields.line(), what);
    }
  }
}

void check_path(Fields& fields, std::string_view key, const PathMatch& path) {
  switch (path.kind) {
    case PathMatch::Kind::kExact:
    case PathMatch::Kind::kPrefix:
      if (!is_plain_path(path.text)) {
        fields.report(key, "must begin with / and be in normal form: no //, no dot segments, none of % ? # ; \\ { } *");
      }
      return;
    case PathMatch::Kind::kTemplate:
      if (!is_path_template(path.text)) {
        fields.report(key, "must be segments or {*}, then at most one {**}, then literal segments only");
      }
      return;
    case PathMatch::Kind::kRegex:
      if (path.text.empty() || path.text.size() > kMaxTextBytes) {
        fields.report(key, "must have 1 to 1024 bytes");
      }
      return;
  }
}

PathMatch read_path(const YamlValue& value, const std::string& path, Report& report) {
  using Kind = PathMatch::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 4> kKinds{
      {{"exact", Kind::kExact}, {"prefix", Kind::kPrefix}, {"template", Kind::kTemplate}, {"regex", Kind::kRegex}}};
  PathMatch made;
  Fields fields(value, path, report, Nulls::kRefused);
  for (const auto& [key, kind] : kKinds) {
    if (auto text = fields.text(key)) {
      made = PathMatch{kind, std::move(*text)};
      check_path(fields, key, made);
    }
  }
  if (fields.refuse_others() == 0 && fields.size() != 1) {
    report.add(path, fields.line(), "must have exactly one of exact, prefix, template, regex");
  }
  return made;
}

HeaderMatch read_header(const YamlValue& value, const std::string& path, Report& report) {
  using Kind = HeaderMatch::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 4> kKinds{
      {{"exact", Kind::kExact}, {"prefix", Kind::kPrefix}, {"suffix", Kind::kSuffix}, {"regex", Kind::kRegex}}};
  HeaderMatch made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("name");
  made.name = fields.text("name").value_or("x");
  if (!is_policy_header(made.name)) {
    fields.report("name",
                  "must be a lower-case field name, and not host or one that frames or belongs to a connection");
  }
  for (const auto& [key, kind] : kKinds) {
    auto text = fields.text(key);
    if (!text) {
      continue;
    }
    if (text->size() > kMaxTextBytes || (text->empty() && kind != Kind::kExact)) {
      fields.report(key, "must have 1 to 1024 bytes");
    }
    made.kind = kind;
    made.text = std::move(*text);
  }
  if (const auto present = fields.boolean("present")) {
    made.kind = *present ? Kind::kPresent : Kind::kAbsent;
  }
  if (fields.refuse_others() == 0 && fields.size() != 2) {
    report.add(path, fields.line(), "must have name and exactly one of exact, prefix, suffix, regex, present");
  }
  return made;
}

DlpInspect read_dlp(const YamlValue& value, const std::string& path, Report& report) {
  DlpInspect made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("profile");
  fields.require("action");
  made.profile = fields.text("profile").value_or("-");
  if (made.profile.empty() || made.profile.size() > 253) {
    fields.report("profile", "must have 1 to 253 bytes");
  }
  if (const auto action = fields.word("action", {"Log", "Mask", "Block"})) {
    made.action = static_cast<DlpInspect::Action>(*action);
  }
  if (const auto way = fields.word("direction", {"Request", "Response", "Both"})) {
    made.way = static_cast<DlpInspect::Way>(*way);
  }
  fields.refuse_others();
  return made;
}

WafInspect read_waf(const YamlValue& value, const std::string& path, Report& report) {
  WafInspect made;
  Fields fields(value, path, report, Nulls::kRefused);
  fields.require("profile");
  fields.require("mode");
  made.profile = fields.text("profile").value_or("-");
  if (made.profile.empty() || made.profile.size() > 253) {
    fields.report("profile", "must have 1 to 253 bytes");
  }
  if (const auto mode = fields.word("mode", {"Detect", "Block"})) {
    made.mode = static_cast<WafInspect::Mode>(*mode);
  }
  fields.refuse_others();
  return made;
}

}  // namespace

HttpMatch read_http_match(const YamlValue& value, const std::string& path, Report& report) {
  HttpMatch made;
  Fields fields(value, path, report, Nulls::kRefused);
  made.methods = fields.texts("methods", kUpTo16);
  check_all(fields, "methods", made.methods, is_method, "must be an upper-case method of at most 32 bytes", report);
  if (const auto* list = fields.list("paths", kUpTo32)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      made.paths.push_back(read_path(list->items()[i], item_path(fields.path_of("paths"), i), report));
    }
  }
  made.hosts = fields.texts("hosts", kUpTo32);
  check_all(fields, "hosts", made.hosts, is_host_pattern,
            "must be a lower-case host, *.host or [IPv6], maybe with :port", report);
  if (const auto* list = fields.list("headers", kUpTo16)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      made.headers.push_back(read_header(list->items()[i], item_path(fields.path_of("headers"), i), report));
    }
  }
  if (fields.refuse_others() == 0 && fields.size() == 0) {
    report.add(path, fields.line(), "must have a condition");
  }
  return made;
}

void read_inspect(const YamlValue& value, const std::string& path, L7Rule& rule, Report& report) {
  Fields fields(value, path, report, Nulls::kRefused);
  if (const auto* waf = fields.map("waf")) {
    rule.waf = read_waf(*waf, fields.path_of("waf"), report);
  }
  if (const auto* list = fields.list("dlp", kUpTo16)) {
    for (std::size_t i = 0; i < list->items().size(); ++i) {
      rule.dlp.push_back(read_dlp(list->items()[i], item_path(fields.path_of("dlp"), i), report));
    }
  }
  if (fields.refuse_others() == 0 && fields.size() == 0) {
    report.add(path, fields.line(), "must have waf or dlp");
  }
}

}  // namespace gabion::config::kube
