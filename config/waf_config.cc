// Reads `inspection.waf` and a profile's `waf`: see waf_config.h.
#include "config/waf_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "config/proxy_config_sections.h"
#include "config/proxy_words.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxRuleSets = 16;
constexpr std::size_t kMaxExclusions = 1'000;
constexpr std::size_t kMaxTextBytes = 512;
constexpr std::size_t kShownBytes = 64;
constexpr Range kParanoia{1, 4};
constexpr Range kThreshold{1, 1'000'000};

template <class Target, class Value>
void assign(Target& target, std::optional<Value> value) {
  if (value) {
    target = *std::move(value);
  }
}

struct IdRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

/// "942100" or "942000-942999".
Result<IdRange> parse_ids(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<std::uint32_t> {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc() && end == digits.data() + digits.size() && value > 0;
    return whole ? std::optional(value) : std::nullopt;
  };
  const auto dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
  if (!first || !last || *last < *first) {
    return Error{
        fmt::format("\"{}\" is neither a rule id nor a range of them (942000-942999)", text.substr(0, kShownBytes)),
        ""};
  }
  return IdRange{*first, *last};
}

/// Text that goes into a rule: printable, without what would end it there.
Result<std::string> parse_rule_text(std::string_view text) {
  const bool fits = text.size() <= kMaxTextBytes && std::all_of(text.begin(), text.end(), [](char c) {
                      return c > ' ' && c < 0x7f && std::string_view("\"'\\,;%|").find(c) == std::string_view::npos;
                    });
  if (!fits) {
    return Error{fmt::format("must be at most {} visible ASCII characters without \" ' \\ , ; % |", kMaxTextBytes), ""};
  }
  return std::string(text);
}

Result<std::string> parse_path_prefix(std::string_view text) {
  if (!text.starts_with('/')) {
    return Error{"must begin with '/'", ""};
  }
  return parse_rule_text(text);
}

WafExclusion read_exclusion(ConfigMap map) {
  WafExclusion exclusion;
  const ConfigField rule = map.optional("rule");
  const ConfigField tag = map.optional("tag");
  if (const auto word = rule.word()) {
    if (const auto ids = parse_ids(*word)) {
      exclusion.first_id = ids->first;
      exclusion.last_id = ids->last;
    } else {
      rule.refuse(ids.error().what);
    }
  }
  assign(exclusion.tag, tag.parsed(&parse_rule_text));
  assign(exclusion.path, map.optional("path").parsed(&parse_path_prefix));
  assign(exclusion.target, map.optional("target").parsed(&parse_rule_text));
  if (map.present() && rule.present() == tag.present()) {
    map.field().refuse("needs either rule or tag");
  }
  map.refuse_unknown_keys();
  return exclusion;
}

std::optional<std::uint32_t> threshold(const ConfigField& field) {
  const auto value = field.quantity(Quantity::kCount, kThreshold);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

WafConfig read_rule_set(std::string_view name, const ConfigFolder& folder, ConfigMap map) {
  WafConfig rules;
  rules.name = name;
  assign(rules.entry, read_file_path(map.required("entry"), folder));
  if (const auto level = map.optional("paranoia").quantity(Quantity::kCount, kParanoia)) {
    rules.paranoia = static_cast<std::uint8_t>(*level);
  }
  rules.inbound_threshold = threshold(map.optional("inboundThreshold"));
  rules.outbound_threshold = threshold(map.optional("outboundThreshold"));
  assign(rules.request_body, map.optional("requestBody").one_of(kRequestBodyRuleWords));
  for (const ConfigField& item : map.optional("exclusions").items(kMaxExclusions)) {
    rules.exclusions.push_back(read_exclusion(ConfigMap(item)));
  }
  map.refuse_unknown_keys();
  return rules;
}

}  // namespace

std::vector<WafConfig> read_waf(const ConfigField& field, const ConfigFolder& folder) {
  const ConfigMap map(field);
  std::vector<WafConfig> rule_sets;
  if (!map.present() || !map.field().value()->is_map()) {
    return rule_sets;
  }
  const auto entries = map.field().value()->entries();
  if (entries.size() > kMaxRuleSets) {
    field.refuse(fmt::format("has more than {} rule sets", kMaxRuleSets));
    return rule_sets;
  }
  for (const YamlValue& entry : entries) {
    const ConfigField named(&entry, fmt::format("{}.{}", field.path(), entry.key().substr(0, kShownBytes)),
                            field.errors());
    if (const auto name = parse_plain_name(entry.key()); !name) {
      named.refuse(name.error().what);
    }
    rule_sets.push_back(read_rule_set(entry.key(), folder, ConfigMap(named)));
  }
  return rule_sets;
}

std::optional<WafChoice> read_waf_choice(const ConfigField& field, std::span<const WafConfig> known) {
  if (!field.present()) {
    return std::nullopt;
  }
  ConfigMap map(field);
  WafChoice choice;
  const ConfigField name = map.required("rules");
  assign(choice.name, name.parsed(&parse_plain_name));
  if (!choice.name.empty() &&
      std::none_of(known.begin(), known.end(), [&](const WafConfig& rules) { return rules.name == choice.name; })) {
    name.refuse(fmt::format("\"{}\" is not among inspection.waf", choice.name));
  }
  assign(choice.mode, map.optional("mode").one_of(kWafModeWords));
  map.refuse_unknown_keys();
  return choice;
}

}  // namespace gabion::config
