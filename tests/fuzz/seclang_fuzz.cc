// Any text as SecLang: refused with places, or a rule set whose parts are what the interface says. No file is opened.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/waf/seclang/load.h"

namespace {

namespace seclang = gabion::inspect::waf::seclang;

constexpr std::string_view kName = "/nowhere/fuzz.conf";

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

seclang::LoadLimits limits() {
  seclang::LoadLimits limits;
  limits.files = 0;  // Include and @pmFromFile are refused before they look
  limits.include_depth = 0;
  limits.rules = 1000;
  limits.total_bytes = std::size_t{1} << 20U;
  return limits;
}

void check_target(const seclang::Target& target) {
  require((target.selection == seclang::Selection::kAll) == target.selector.empty());
  require(!target.count || !target.exclude);
}

void check_text(const seclang::MacroText& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    require(text[i].variable.has_value() == text[i].literal.empty());
    require(i == 0 || text[i].variable || text[i - 1].variable);
  }
}

void check_link(const seclang::Link& link) {
  for (const auto& target : link.targets) {
    check_target(target);
  }
  require(link.targets.empty() ||
          std::any_of(link.targets.begin(), link.targets.end(), [](const auto& target) { return !target.exclude; }));
  check_text(link.op.argument);
  for (const auto& phrase : link.op.phrases) {
    require(!phrase.empty());
  }
  for (const auto& set : link.set_variables) {
    require(!set.name.empty());
    check_text(set.name);
    check_text(set.value);
  }
  for (const auto& control : link.controls) {
    require(control.first_id <= control.last_id);
  }
}

void check_rule(const seclang::Rule& rule) {
  require(rule.id != 0 && rule.phase >= 1 && rule.phase <= 5 && !rule.links.empty());
  check_text(rule.message);
  check_text(rule.log_data);
  std::for_each(rule.links.begin(), rule.links.end(), check_link);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = seclang::load_text(text, std::string(kName), limits());
  if (loaded.has_error()) {
    require(!loaded.error().empty());
    for (const auto& error : loaded.error()) {
      require(!error.what.empty() && error.where.rfind(kName, 0) == 0);
    }
    return 0;
  }
  for (const auto& item : loaded->items) {
    if (const auto* const rule = std::get_if<seclang::Rule>(&item)) {
      check_rule(*rule);
    }
  }
  return 0;
}
