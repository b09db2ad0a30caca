// Reads `inspection.dlp` and a profile's `dlp`: see dlp_config.h.
#include "config/dlp_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "config/dlp_words.h"
#include "config/proxy_config_sections.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxProfiles = 64;
constexpr std::size_t kMaxRules = 256;
constexpr std::size_t kMaxTypes = 256;
constexpr std::size_t kMaxWords = 256;
constexpr std::size_t kMaxTextBytes = 1'024;
constexpr std::size_t kMaxReplacement = 64;
constexpr std::size_t kShownBytes = 64;
constexpr Range kKept{0, 32};
constexpr Range kBlockOver{1, 1'000'000};
constexpr Range kRecords{1, 1'000'000'000};
constexpr Range kPer{1'000, 86'400'000};
constexpr Range kScore{1, 100};

template <class Target, class Value>
void assign(Target& target, std::optional<Value> value) {
  if (value) {
    target = *std::move(value);
  }
}

Result<std::string> parse_short_text(std::string_view text) {
  if (text.size() > kMaxTextBytes) {
    return Error{fmt::format("is longer than {} bytes", kMaxTextBytes), ""};
  }
  return std::string(text);
}

Result<std::string> parse_replacement(std::string_view text) {
  const bool fits = text.size() <= kMaxReplacement && std::all_of(text.begin(), text.end(), [](char c) {
                      return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                             std::string_view(" []()_-.:#*").find(c) != std::string_view::npos;
                    });
  if (!fits) {
    return Error{fmt::format("must be at most {} letters, digits, blanks and []()_-.:#*, which no format escapes",
                             kMaxReplacement),
                 ""};
  }
  return std::string(text);
}

/// One visible ASCII character that needs no escape in JSON, HTML or a form.
Result<char> parse_fill(std::string_view text) {
  const bool fits = text.size() == 1 && std::string_view("*#xX.-_").find(text.front()) != std::string_view::npos;
  if (!fits) {
    return Error{"must be one of * # x X . - _", ""};
  }
  return text.front();
}

/// Capitals, digits and '_', as the catalogue's: LIKE_THIS.
Result<std::string> parse_entity(std::string_view text) {
  constexpr std::size_t kMaxName = 63;
  const bool fits = !text.empty() && text.size() <= kMaxName && text.front() >= 'A' && text.front() <= 'Z' &&
                    std::all_of(text.begin(), text.end(),
                                [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
  if (!fits) {
    return Error{fmt::format("\"{}\" is not a type's name: 1 to 63 of A-Z, 0-9, '_', the first a letter",
                             text.substr(0, kShownBytes)),
                 ""};
  }
  return std::string(text);
}

std::optional<PlacedText> placed(const ConfigField& field, Result<std::string> (*parse)(std::string_view)) {
  auto text = field.parsed(parse);
  return text ? std::optional(PlacedText{*std::move(text), field.where()}) : std::nullopt;
}

std::vector<PlacedText> placed_list(const ConfigField& field) {
  std::vector<PlacedText> texts;
  for (const ConfigField& item : field.items(kMaxTypes)) {
    if (auto text = placed(item, &parse_short_text)) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::vector<std::string> text_list(const ConfigField& field) {
  std::vector<std::string> texts;
  for (const ConfigField& item : field.items(kMaxWords)) {
    if (auto text = item.parsed(&parse_short_text)) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

template <class Number>
void assign_number(Number& target, const ConfigField& field, Quantity spelling, Range range) {
  if (const auto value = field.quantity(spelling, range)) {
    target = static_cast<Number>(*value);
  }
}

/// A key that another action ignores would promise what nobody does.
void refuse_unless(const ConfigField& field, const DlpTreatment& treatment, DlpAction action) {
  if (field.present() && treatment.action != action) {
    field.refuse(fmt::format("is for action {}", word_for(kDlpActionWords, action)));
  }
}

DlpTreatment read_treatment(ConfigMap& map) {
  DlpTreatment made;
  assign(made.action, map.required("action").one_of(kDlpActionWords));
  const ConfigField keep_first = map.optional("keepFirst");
  const ConfigField keep_last = map.optional("keepLast");
  const ConfigField fill = map.optional("fill");
  const ConfigField replacement = map.optional("replacement");
  const ConfigField length = map.optional("tokenLength");
  assign_number(made.keep_first, keep_first, Quantity::kCount, kKept);
  assign_number(made.keep_last, keep_last, Quantity::kCount, kKept);
  assign(made.fill, fill.parsed(&parse_fill));
  assign(made.replacement, replacement.parsed(&parse_replacement));
  assign(made.token_length, length.one_of(kTokenLengthWords));
  for (const ConfigField* field : {&keep_first, &keep_last, &fill}) {
    refuse_unless(*field, made, DlpAction::kMask);
  }
  refuse_unless(replacement, made, DlpAction::kReplace);
  refuse_unless(length, made, DlpAction::kToken);
  assign_number(made.block_over, map.optional("blockOver"), Quantity::kCount, kBlockOver);
  return made;
}

DlpRule read_rule(ConfigMap map) {
  DlpRule rule;
  rule.types = placed_list(map.optional("types"));
  assign(rule.direction, map.optional("direction").one_of(kDlpDirectionWords));
  rule.treatment = read_treatment(map);
  rule.except_fields = text_list(map.optional("exceptFields"));
  map.refuse_unknown_keys();
  return rule;
}

DlpCustomType read_custom(ConfigMap map) {
  DlpCustomType type;
  assign(type.name, placed(map.required("name"), &parse_entity));
  assign(type.pattern, placed(map.required("pattern"), &parse_short_text));
  assign(type.validator, placed(map.optional("validator"), &parse_short_text));
  ConfigMap cues(map.optional("cues"));
  type.cues = text_list(cues.optional("words"));
  type.fields = text_list(cues.optional("fields"));
  assign(type.cue_required, cues.optional("required").boolean());
  cues.refuse_unknown_keys();
  if (type.cue_required && type.cues.empty() && type.fields.empty()) {
    cues.field().refuse("required needs words or fields");
  }
  type.ignore = text_list(map.optional("ignore"));
  ConfigMap examples(map.required("examples"));
  type.match = text_list(examples.required("match"));
  type.no_match = text_list(examples.required("noMatch"));
  examples.refuse_unknown_keys();
  map.refuse_unknown_keys();
  return type;
}

void read_budget(ConfigMap map, DlpBudget& budget) {
  if (!map.present()) {
    return;
  }
  assign_number(budget.records, map.required("records"), Quantity::kCount, kRecords);
  if (const auto per = map.optional("per").quantity(Quantity::kDuration, kPer)) {
    budget.per = std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(*per));
  }
  map.refuse_unknown_keys();
}

DlpProfile read_profile(std::string_view name, ConfigMap map) {
  DlpProfile profile;
  profile.name = name;
  profile.where = map.field().where();
  profile.types = placed_list(map.required("types"));
  for (const ConfigField& item : map.optional("custom").items(kMaxTypes)) {
    profile.custom.push_back(read_custom(ConfigMap(item)));
  }
  for (const ConfigField& item : map.optional("rules").items(kMaxRules)) {
    profile.rules.push_back(read_rule(ConfigMap(item)));
  }
  profile.allow = text_list(map.optional("allow"));
  assign_number(profile.min_score, map.optional("minScore"), Quantity::kCount, kScore);
  read_budget(ConfigMap(map.optional("budget")), profile.budget);
  map.refuse_unknown_keys();
  return profile;
}

bool is_built_in(std::string_view name) noexcept {
  return std::find(std::begin(kBuiltInDlpProfiles), std::end(kBuiltInDlpProfiles), name) !=
         std::end(kBuiltInDlpProfiles);
}

void read_profiles(const ConfigMap& map, DlpConfig& config) {
  const auto entries = map.present() ? map.field().value()->entries() : std::span<const YamlValue>();
  if (entries.size() > kMaxProfiles) {
    map.field().refuse(fmt::format("has more than {} profiles", kMaxProfiles));
    return;
  }
  for (const YamlValue& entry : entries) {
    const ConfigField field(&entry, fmt::format("{}.{}", map.field().path(), entry.key().substr(0, kShownBytes)),
                            map.field().errors());
    if (const auto name = parse_plain_name(entry.key()); !name) {
      field.refuse(name.error().what);
    } else if (is_built_in(*name)) {
      field.refuse(fmt::format("\"{}\" is built in; give your own profile another name", *name));
    }
    config.profiles.push_back(read_profile(entry.key(), ConfigMap(field)));
  }
}

}  // namespace

DlpConfig read_dlp(const ConfigField& field, const ConfigFolder& folder) {
  DlpConfig config;
  ConfigMap map(field);
  assign(config.key_file, read_file_path(map.optional("keyFile"), folder));
  read_profiles(ConfigMap(map.optional("profiles")), config);
  map.refuse_unknown_keys();
  return config;
}

std::string read_dlp_choice(const ConfigField& field, const DlpConfig& known) {
  const auto name = field.parsed(&parse_plain_name);
  if (!name) {
    return {};
  }
  const bool is_known =
      is_built_in(*name) || std::any_of(known.profiles.begin(), known.profiles.end(),
                                        [&](const DlpProfile& profile) { return profile.name == *name; });
  if (!is_known) {
    field.refuse(fmt::format("\"{}\" is neither among inspection.dlp.profiles nor built in ({})", *name,
                             fmt::join(kBuiltInDlpProfiles, ", ")));
  }
  return *name;
}

}  // namespace gabion::config
