// Settings by name: on or off, sizes, word lists, and those that Gabion takes note of without effect.
#include "inspect/waf/seclang/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gabion::inspect::waf::seclang {
namespace {

/// `value` is the only word.
struct Setting {
  std::string_view name;
  void (*apply)(Settings& settings, std::string_view value, Remarks& remarks);
};

void refuse(std::string_view value, std::string_view wanted, Remarks& remarks) {
  remarks.errors.push_back(fmt::format("{} is not {}", quoted(value), wanted));
}

template <class Choice, std::size_t size>
void choose(Choice& choice, const std::array<std::pair<std::string_view, Choice>, size>& words, std::string_view value,
            Remarks& remarks) {
  std::string wanted;
  for (const auto& [word, meaning] : words) {
    if (same_name(word, value)) {
      choice = meaning;
      return;
    }
    wanted += wanted.empty() ? "" : " or ";
    wanted += word;
  }
  refuse(value, wanted, remarks);
}

constexpr std::array<std::pair<std::string_view, bool>, 2> kOnOff{{{"On", true}, {"Off", false}}};
constexpr std::array<std::pair<std::string_view, LimitAction>, 2> kLimitActions{
    {{"Reject", LimitAction::kReject}, {"ProcessPartial", LimitAction::kProcessPartial}}};
constexpr std::array<std::pair<std::string_view, RuleEngine>, 3> kRuleEngines{
    {{"On", RuleEngine::kOn}, {"Off", RuleEngine::kOff}, {"DetectionOnly", RuleEngine::kDetectionOnly}}};

template <auto member>
void on_off(Settings& settings, std::string_view value, Remarks& remarks) {
  choose(settings.engine.*member, kOnOff, value, remarks);
}

template <auto member>
void limit_action(Settings& settings, std::string_view value, Remarks& remarks) {
  choose(settings.engine.*member, kLimitActions, value, remarks);
}

void rule_engine(Settings& settings, std::string_view value, Remarks& remarks) {
  choose(settings.engine.rule_engine, kRuleEngines, value, remarks);
}

template <auto member>
void number(Settings& settings, std::string_view value, Remarks& remarks) {
  auto& place = settings.engine.*member;
  const auto wanted = number_of<std::remove_reference_t<decltype(place)>>(value);
  if (!wanted || *wanted == 0) {
    refuse(value, "a number above 0 that fits", remarks);
    return;
  }
  place = *wanted;
}

void argument_separator(Settings& settings, std::string_view value, Remarks& remarks) {
  if (value.size() != 1) {
    refuse(value, "one byte", remarks);
    return;
  }
  settings.engine.argument_separator = value.front();
}

void component_signature(Settings& settings, std::string_view value, Remarks& /*remarks*/) {
  std::string& all = settings.engine.component_signature;
  all += all.empty() ? "" : " ";
  all += value;
}

void cookie_format(Settings& /*settings*/, std::string_view value, Remarks& remarks) {
  if (value != "0") {
    refuse(value, "0: version 1 cookies are not supported", remarks);
  }
}

void external_entities(Settings& /*settings*/, std::string_view value, Remarks& remarks) {
  if (!same_name(value, "Off")) {
    refuse(value, "Off: external entities are never read", remarks);
  }
}

constexpr auto kSettings = std::to_array<Setting>({
    {"SecRuleEngine", rule_engine},
    {"SecRequestBodyAccess", on_off<&Engine::request_body_access>},
    {"SecRequestBodyLimit", number<&Engine::request_body_limit>},
    {"SecRequestBodyNoFilesLimit", number<&Engine::request_body_no_files_limit>},
    {"SecRequestBodyLimitAction", limit_action<&Engine::request_body_limit_action>},
    {"SecRequestBodyJsonDepthLimit", number<&Engine::request_body_json_depth>},
    {"SecArgumentsLimit", number<&Engine::arguments_limit>},
    {"SecResponseBodyAccess", on_off<&Engine::response_body_access>},
    {"SecResponseBodyLimit", number<&Engine::response_body_limit>},
    {"SecResponseBodyLimitAction", limit_action<&Engine::response_body_limit_action>},
    {"SecPcreMatchLimit", number<&Engine::pcre_match_limit>},
    {"SecArgumentSeparator", argument_separator},
    {"SecCollectionTimeout", number<&Engine::collection_timeout_seconds>},
    {"SecComponentSignature", component_signature},
    {"SecCookieFormat", cookie_format},
    {"SecXmlExternalEntity", external_entities},
});

/// Where files lie, what is logged and how memory is spent is Gabion's own configuration.
constexpr auto kWithoutEffect = std::to_array<std::string_view>({
    "SecAuditEngine",
    "SecAuditLog",
    "SecAuditLog2",
    "SecAuditLogDirMode",
    "SecAuditLogFileMode",
    "SecAuditLogFormat",
    "SecAuditLogParts",
    "SecAuditLogRelevantStatus",
    "SecAuditLogStorageDir",
    "SecAuditLogType",
    "SecDataDir",
    "SecDebugLog",
    "SecDebugLogLevel",
    "SecGeoLookupDb",
    "SecHttpBlKey",
    "SecPcreMatchLimitRecursion",
    "SecRequestBodyInMemoryLimit",
    "SecStatusEngine",
    "SecTmpDir",
    "SecTmpSaveUploadedFiles",
    "SecUploadDir",
    "SecUploadFileMode",
    "SecUploadKeepFiles",
});

void response_types(const std::vector<std::string>& words, Settings& settings, Remarks& remarks) {
  if (words.empty()) {
    remarks.errors.emplace_back("no content type is named");
  }
  auto& types = settings.engine.response_body_types;
  if (!settings.types_are_set) {
    types.clear();
    settings.types_are_set = true;
  }
  for (const std::string& word : words) {
    for (const std::string_view type : parts_of(word, kBlanks)) {
      if (std::find(types.begin(), types.end(), type) == types.end()) {
        types.emplace_back(type);
      }
    }
  }
}

void unicode_map(const std::vector<std::string>& words, Remarks& remarks) {
  if (words.empty() || words.size() > 2 || words.back() != "20127") {
    remarks.errors.emplace_back("only code page 20127 is supported; it is built in");
  }
}

bool apply_list(std::string_view name, const std::vector<std::string>& words, Settings& settings, Remarks& remarks) {
  if (same_name(name, "SecResponseBodyMimeType")) {
    response_types(words, settings, remarks);
  } else if (same_name(name, "SecResponseBodyMimeTypesClear")) {
    settings.engine.response_body_types.clear();
    settings.types_are_set = true;
  } else if (same_name(name, "SecUnicodeMapFile")) {
    unicode_map(words, remarks);
  } else {
    return false;
  }
  return true;
}

}  // namespace

bool apply_setting(std::string_view name, const std::vector<std::string>& words, Settings& settings, Remarks& remarks) {
  if (apply_list(name, words, settings, remarks)) {
    return true;
  }
  const auto is_name = [name](std::string_view known) { return same_name(known, name); };
  if (std::any_of(kWithoutEffect.begin(), kWithoutEffect.end(), is_name)) {
    remarks.warnings.push_back(fmt::format("{} has no effect in Gabion", name));
    return true;
  }
  const auto* const setting =
      std::find_if(kSettings.begin(), kSettings.end(), [&](const Setting& known) { return is_name(known.name); });
  if (setting == kSettings.end()) {
    return false;
  }
  if (words.size() != 1) {
    remarks.errors.push_back(fmt::format("it takes one value, not {}", words.size()));
  } else {
    setting->apply(settings, words.front(), remarks);
  }
  return true;
}

}  // namespace gabion::inspect::waf::seclang
