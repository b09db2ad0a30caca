// What only the whole can tell: ids given twice, markers that are not there.
#include <fmt/format.h>

#include <map>
#include <set>

#include "inspect/waf/seclang/draft.h"

namespace gabion::inspect::waf::seclang {

std::string place_text(Place place, const std::vector<std::string>& files) {
  return place.line == 0 ? files[place.file] : fmt::format("{}:{}", files[place.file], place.line);
}

config::Errors as_errors(const std::vector<Finding>& errors, const std::vector<std::string>& files) {
  config::Errors list;
  for (const Finding& error : errors) {
    list.emplace_back(error.what, place_text(error.place, files));
  }
  return list;
}

void check_ids(const std::vector<DraftItem>& items, const std::vector<std::string>& files, Findings& findings) {
  std::map<std::uint32_t, Place> seen;
  for (const DraftItem& item : items) {
    const auto* const rule = std::get_if<DraftRule>(&item);
    if (rule == nullptr || rule->id() == 0) {
      continue;
    }
    const Place place = rule->links.front().place;
    const auto [first, is_new] = seen.try_emplace(rule->id(), place);
    if (!is_new) {
      findings.errors.push_back(
          {place, fmt::format("rule {}: the id is taken, by {}", rule->id(), place_text(first->second, files))});
    }
  }
}

void check_markers(const std::vector<DraftItem>& items, Findings& findings) {
  std::set<std::string> everywhere;
  for (const DraftItem& item : items) {
    if (const auto* const marker = std::get_if<Marker>(&item)) {
      everywhere.insert(marker->name);
    }
  }
  std::set<std::string> after;
  std::vector<Finding> errors;
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    if (const auto* const marker = std::get_if<Marker>(&*item)) {
      after.insert(marker->name);
      continue;
    }
    const auto& rule = std::get<DraftRule>(*item);
    const auto& wanted = rule.links.front().said.skip_after;
    if (wanted && after.count(*wanted) == 0) {
      const char* const why = everywhere.count(*wanted) != 0 ? "stands only before the rule" : "does not exist";
      errors.push_back(
          {rule.links.front().place, fmt::format("rule {}: skipAfter: marker {} {}", rule.id(), quoted(*wanted), why)});
    }
  }
  findings.errors.insert(findings.errors.end(), errors.rbegin(), errors.rend());
}

}  // namespace gabion::inspect::waf::seclang
