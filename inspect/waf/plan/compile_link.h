// Turns what SecLang says into what the engine runs, link by link; private to the compiler.
#pragma once

#include <map>
#include <string>

#include "config/result.h"
#include "inspect/waf/plan/plan.h"
#include "inspect/waf/seclang/rule.h"

namespace gabion::inspect::waf::plan {

/// Belongs to one compile(). Errors are collected, compilation goes on.
class LinkCompiler {
 public:
  LinkCompiler(Plan& plan, const seclang::RuleSet& source, config::Errors& errors) noexcept
      : plan_(plan), source_(source), errors_(errors) {}

  [[nodiscard]] Link link(const seclang::Link& source);
  [[nodiscard]] Text text(const seclang::MacroText& source);

 private:
  [[nodiscard]] Operation operation(const seclang::Link& source);
  void add_target(Link& link, const seclang::Target& source, const seclang::Place& place);
  [[nodiscard]] Selector selector(const seclang::Target& source, const seclang::Place& place);
  [[nodiscard]] SetVariable set_variable(const seclang::SetVariable& source);
  [[nodiscard]] Index regex(const std::string& pattern, const seclang::Place& place);
  [[nodiscard]] Index selector_regex(const std::string& pattern, const seclang::Place& place);
  [[nodiscard]] Index phrases(const std::vector<std::string>& list);
  void fail(const config::Error& error, const seclang::Place& place);

  Plan& plan_;
  const seclang::RuleSet& source_;
  config::Errors& errors_;
  std::map<std::string, Index, std::less<>> regexes_;
  std::map<std::string, Index, std::less<>> selectors_;
  std::map<std::vector<std::string>, Index> phrases_;
};

/// Does `text` read MATCHED_VAR or a relative?
[[nodiscard]] bool reads_matched(const Text& text);

}  // namespace gabion::inspect::waf::plan
