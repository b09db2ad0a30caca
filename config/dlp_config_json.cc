// Everything is written out, defaults too.
#include "config/dlp_config_json.h"

#include <utility>

#include "config/dlp_words.h"
#include "config/units.h"

namespace gabion::config {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& text : list) {
    array.emplace_back(text);
  }
  return array;
}

json::array texts(const std::vector<PlacedText>& list) {
  json::array array;
  for (const PlacedText& placed : list) {
    array.emplace_back(placed.text);
  }
  return array;
}

void add_treatment(const DlpTreatment& treatment, json::object& rule) {
  rule["action"] = word_for(kDlpActionWords, treatment.action);
  if (treatment.action == DlpAction::kMask) {
    rule["keepFirst"] = treatment.keep_first;
    rule["keepLast"] = treatment.keep_last;
    rule["fill"] = std::string(1, treatment.fill);
  }
  if (!treatment.replacement.empty()) {
    rule["replacement"] = treatment.replacement;
  }
  if (treatment.action == DlpAction::kToken) {
    rule["tokenLength"] = word_for(kTokenLengthWords, treatment.token_length);
  }
  if (treatment.block_over > 0) {
    rule["blockOver"] = treatment.block_over;
  }
}

json::object rule_json(const DlpRule& rule) {
  json::object result{{"types", texts(rule.types)}, {"direction", word_for(kDlpDirectionWords, rule.direction)}};
  add_treatment(rule.treatment, result);
  if (!rule.except_fields.empty()) {
    result["exceptFields"] = texts(rule.except_fields);
  }
  return result;
}

json::object custom_json(const DlpCustomType& type) {
  json::object result{
      {"name", type.name.text},
      {"pattern", type.pattern.text},
      {"cues", {{"words", texts(type.cues)}, {"fields", texts(type.fields)}, {"required", type.cue_required}}},
      {"ignored", type.ignore.size()},
      {"examples", type.match.size() + type.no_match.size()}};
  if (!type.validator.text.empty()) {
    result["validator"] = type.validator.text;
  }
  return result;
}

json::object profile_json(const DlpProfile& profile) {
  json::object result{
      {"types", texts(profile.types)}, {"minScore", profile.min_score}, {"allowed", profile.allow.size()}};
  json::array custom;
  for (const DlpCustomType& type : profile.custom) {
    custom.push_back(custom_json(type));
  }
  json::array rules;
  for (const DlpRule& rule : profile.rules) {
    rules.push_back(rule_json(rule));
  }
  result["custom"] = std::move(custom);
  result["rules"] = std::move(rules);
  if (profile.budget.records > 0) {
    result["budget"] = {{"records", profile.budget.records}, {"per", format_duration(profile.budget.per)}};
  }
  return result;
}

}  // namespace

json::object dlp_json(const DlpConfig& config) {
  json::object profiles;
  for (const DlpProfile& profile : config.profiles) {
    profiles[profile.name] = profile_json(profile);
  }
  json::object result{{"profiles", std::move(profiles)}};
  if (!config.key_file.empty()) {
    result["keyFile"] = config.key_file.string();
  }
  return result;
}

}  // namespace gabion::config
