// Directives one after the other: settings, includes and the end of the load.
#include "inspect/waf/seclang/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace gabion::inspect::waf::seclang {
namespace {

constexpr std::size_t kMaxErrors = 1000;

/// The text's first word and the rest.
std::pair<std::string, std::string_view> cut_name(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::size_t end = std::min(text.find_first_of(kBlanks), text.size());
  return {std::string(text.substr(0, end)), text.substr(end)};
}

/// The id that a rule's text seems to give, for what is wrong before its actions are known; 0 = none.
std::uint32_t id_in(std::string_view text) {
  constexpr std::string_view kId = "id:";
  const std::size_t at = text.find(kId);
  if (at == std::string_view::npos) {
    return 0;
  }
  text.remove_prefix(at + kId.size());
  return number_of<std::uint32_t>(text.substr(0, text.find_first_not_of("0123456789"))).value_or(0);
}

std::string unknown_directive(std::string_view name) {
  if (name.front() == '<') {
    return fmt::format("{} is Apache's, not SecLang: include the rule files without it", quoted(name));
  }
  if (name.front() == '"') {
    return "a directive cannot begin with a quote; the line before it may lack its '\\' at the end";
  }
  return fmt::format("directive {} is not supported", quoted(name));
}

}  // namespace

void Loader::read_base(std::string_view text, const std::string& name) {
  in_base_ = true;
  read_text(text, name);
  in_base_ = false;
  settings_.types_are_set = false;
}

void Loader::read_text(std::string_view text, const std::string& name) {
  const auto taken = sources_.take(text);
  if (!taken) {
    findings_.errors.push_back({{sources_.number_of_file(name), 1}, taken.error().what});
    return;
  }
  read_directives(text, name);
}

void Loader::read_file(const std::string& path) {
  const auto text = sources_.read(path);
  if (!text) {
    findings_.errors.push_back({{sources_.number_of_file(path), 0}, text.error().what});
    return;
  }
  read_directives(*text, path);
}

bool Loader::is_full() const {
  return stopped_ || findings_.errors.size() >= kMaxErrors;
}

void Loader::read_directives(std::string_view text, const std::string& path) {
  open_files_.push_back(path);
  const std::uint32_t file = sources_.number_of_file(path);
  DirectiveReader directives(text);
  Place last{file, 1};
  while (!is_full()) {
    const auto directive = directives.next();
    if (!directive) {
      break;
    }
    last.line = directive->line;
    Reading reading{last, {}, {}, {}};
    const auto [name, rest] = cut_name(directive->text);
    reading.name = name;
    reading.words = words_of(rest, reading.remarks);
    if (!reading.remarks.errors.empty()) {
      report(reading, id_in(rest));
      continue;
    }
    apply(reading, path);
    report(reading, 0);
  }
  end_open_chain(last);
  open_files_.pop_back();
}

void Loader::apply(Reading& reading, const std::string& path) {
  if (same_name(reading.name, "SecRule")) {
    add_rule(reading, path);
  } else if (same_name(reading.name, "SecAction")) {
    add_action(reading);
  } else if (chain_is_open_) {
    refuse_inside_chain(reading);
  } else {
    apply_other(reading, path);
  }
}

void Loader::apply_other(Reading& reading, const std::string& path) {
  if (same_name(reading.name, "Include") || same_name(reading.name, "IncludeOptional")) {
    include(reading, path);
  } else if (same_name(reading.name, "SecMarker")) {
    add_marker(reading);
  } else if (same_name(reading.name, "SecDefaultAction")) {
    add_default(reading);
  } else if (is_revision(reading.name)) {
    add_revision(reading);
  } else if (!apply_setting(reading.name, reading.words, settings_, reading.remarks)) {
    findings_.errors.push_back({reading.place, unknown_directive(reading.name)});
  }
  for (std::string& what : reading.remarks.errors) {
    what.insert(0, reading.name + ": ");
  }
}

void Loader::report(Reading& reading, std::uint32_t rule_id) {
  const std::string prefix = rule_id == 0 ? std::string() : fmt::format("rule {}: ", rule_id);
  for (const std::string& what : reading.remarks.errors) {
    findings_.errors.push_back({reading.place, prefix + what});
  }
  for (const std::string& what : reading.remarks.warnings) {
    findings_.warnings.push_back({reading.place, prefix + what});
  }
  reading.remarks = {};
}

void Loader::include(Reading& reading, const std::string& path) {
  if (reading.words.size() != 1 || reading.words.front().empty()) {
    reading.remarks.errors.emplace_back("it takes one path");
    return;
  }
  if (open_files_.size() >= limits_.include_depth) {
    reading.remarks.errors.push_back(fmt::format("files include each other more than {} deep", limits_.include_depth));
    return;
  }
  const auto files = sources_.matching(reading.words.front(), path);
  if (files.empty() && !same_name(reading.name, "IncludeOptional")) {
    reading.remarks.errors.push_back(fmt::format("{}: no such file", resolve(reading.words.front(), path)));
  }
  for (const std::string& file : files) {
    if (!is_full()) {
      include_file(reading, file);
    }
  }
}

void Loader::include_file(Reading& reading, const std::string& path) {
  if (std::find(open_files_.begin(), open_files_.end(), path) != open_files_.end()) {
    reading.remarks.errors.push_back(fmt::format("{} includes itself", path));
    return;
  }
  const auto text = sources_.read(path);
  if (!text) {
    reading.remarks.errors.push_back(text.error().what);
    return;
  }
  read_directives(*text, path);
}

void Loader::drop_replaced_base_rules() {
  std::map<std::uint32_t, std::size_t> users;
  for (const DraftItem& item : items_) {
    const auto* const rule = std::get_if<DraftRule>(&item);
    if (rule != nullptr && !rule->is_base) {
      ++users[rule->id()];
    }
  }
  const auto is_replaced = [&users](const DraftItem& item) {
    const auto* const rule = std::get_if<DraftRule>(&item);
    return rule != nullptr && rule->is_base && users.count(rule->id()) != 0;
  };
  items_.erase(std::remove_if(items_.begin(), items_.end(), is_replaced), items_.end());
}

config::CheckedResult<RuleSet> Loader::finish() {
  drop_replaced_base_rules();
  check_ids(items_, sources_.names(), findings_);
  revise(items_, revisions_, findings_);
  if (!is_full()) {
    check_markers(items_, findings_);
  }
  if (!findings_.errors.empty()) {
    return as_errors(findings_.errors, sources_.names());
  }
  RuleSet rules;
  for (DraftItem& item : items_) {
    if (auto* const draft = std::get_if<DraftRule>(&item)) {
      rules.items.emplace_back(compose(std::move(*draft), defaults_));
    } else {
      rules.items.emplace_back(std::move(std::get<Marker>(item)));
    }
  }
  for (const Finding& warning : findings_.warnings) {
    rules.warnings.push_back(fmt::format("{}: {}", place_text(warning.place, sources_.names()), warning.what));
  }
  rules.engine = std::move(settings_.engine);
  rules.files = sources_.names();
  rules.stamps.assign(sources_.stamps().begin(), sources_.stamps().end());
  return rules;
}

}  // namespace gabion::inspect::waf::seclang
