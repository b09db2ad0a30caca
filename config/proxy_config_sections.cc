// One function a section, in the order of the file.
#include "config/proxy_config_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "config/dns_name.h"
#include "config/grpc/descriptor_set.h"
#include "config/limit_rules.h"
#include "config/proxy_words.h"
#include "config/units.h"

namespace gabion::config {
namespace {

constexpr std::size_t kMaxProfiles = 256;
constexpr std::size_t kShownBytes = 64;  ///< of a bad text in an error

/// Puts a value into its place if there is one.
template <class Target, class Value>
void assign(Target& target, std::optional<Value> value) {
  if (value) {
    target = *std::move(value);
  }
}

Result<std::string> parse_namespace(std::string_view written) {
  const auto text_found = from_environment(written);
  if (text_found.has_error()) {
    return text_found.error();
  }
  const std::string_view text = *text_found;
  if (!is_dns_label(text)) {
    return Error{fmt::format("\"{}\" is not a namespace's name (a DNS label)", text.substr(0, kShownBytes)), ""};
  }
  return std::string(text);
}

Result<std::string> parse_pod_name(std::string_view written) {
  const auto text_found = from_environment(written);
  if (text_found.has_error()) {
    return text_found.error();
  }
  const std::string_view text = *text_found;
  if (!is_dns_subdomain(text)) {
    return Error{fmt::format("\"{}\" is not a pod's name (a DNS subdomain)", text.substr(0, kShownBytes)), ""};
  }
  return std::string(text);
}

Result<std::string> parse_trust_domain(std::string_view text) {
  if (!is_trust_domain(text)) {
    return Error{
        fmt::format("\"{}\" is not a trust domain (1 to 255 of a-z, 0-9, '.', '-', '_')", text.substr(0, kShownBytes)),
        ""};
  }
  return std::string(text);
}

template <class Section>
void read_durations(ConfigMap& map, std::span<const DurationRule<Section>> rules, Section& section) {
  for (const DurationRule<Section>& rule : rules) {
    if (const auto value = map.optional(rule.key).quantity(Quantity::kDuration, rule.range)) {
      section.*rule.member = Duration(static_cast<Duration::rep>(*value));
    }
  }
}

void read_paths(ConfigMap map, PathReading& paths) {
  for (const DoubtfulPathKey& known : kDoubtfulPathKeys) {
    assign(paths.*known.member, map.optional(known.key).one_of(kDoubtfulPathWords));
  }
  assign(paths.letters, map.optional("case").one_of(kPathCaseWords));
  map.refuse_unknown_keys();
}

/// Whether the profile of sensitive values looks for card numbers by itself.
bool looks_for_cards(std::string_view name, const DlpConfig& dlp) {
  constexpr std::string_view kWithCards[] = {"default", "pci", "gdpr", "all", "CREDIT_CARD"};
  const auto has_cards = [&](std::string_view type) {
    return std::find(std::begin(kWithCards), std::end(kWithCards), type) != std::end(kWithCards);
  };
  const auto own = std::find_if(dlp.profiles.begin(), dlp.profiles.end(),
                                [&](const DlpProfile& profile) { return profile.name == name; });
  if (own == dlp.profiles.end()) {
    return has_cards(name);
  }
  bool looks = false;
  for (const PlacedText& type : own->types) {
    const bool has_sign = type.text.starts_with('+') || type.text.starts_with('-');
    if (has_cards(std::string_view(type.text).substr(has_sign ? 1 : 0))) {
      looks = !type.text.starts_with('-');
    }
  }
  return looks;
}

void read_grpc(ConfigMap map, const ConfigFolder& folder, GrpcConfig& grpc) {
  const ConfigField descriptors = map.optional("descriptors");
  assign(grpc.descriptors, read_file_path(descriptors, folder));
  map.refuse_unknown_keys();
  std::error_code error;
  if (grpc.descriptors.empty() || folder.checks == FileChecks::kSkip ||
      !std::filesystem::is_regular_file(grpc.descriptors, error)) {
    return;  // a missing file is told already
  }
  if (auto schema = load_descriptor_set(grpc.descriptors)) {
    grpc.schema = *std::move(schema);
  } else {
    descriptors.refuse(fmt::format("{}: {}", grpc.descriptors.string(), schema.error().what));
  }
}

Result<std::string> parse_field_name(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
      return Error{fmt::format("\"{}\" is not a field's name", text.substr(0, kShownBytes)), ""};
    }
  }
  return name;
}

/// Lengths are what one compares: below 3 bytes everything repeats everything, above 8 short attacks are not seen.
void read_sql_taint(ConfigMap map, SqlTaintConfig& taint) {
  using limit_rules::kKiB;
  using limit_rules::kMiB;
  constexpr std::size_t kMaxHeaders = 32;
  const auto number = [&map](std::string_view key, Quantity spelling, Range range, std::uint32_t& target) {
    if (const auto value = map.optional(key).quantity(spelling, range)) {
      target = static_cast<std::uint32_t>(*value);
    }
  };
  number("minLength", Quantity::kCount, {3, 8}, taint.min_length);
  number("values", Quantity::kCount, {8, 256}, taint.values);
  number("requestBytes", Quantity::kBytes, {kKiB, kMiB}, taint.request_bytes);
  number("memoryBytes", Quantity::kBytes, {kMiB, kKiB * kMiB}, taint.memory_bytes);
  if (const auto grace = map.optional("grace").quantity(Quantity::kDuration, {0, 60'000})) {
    taint.grace = std::chrono::milliseconds(*grace);
  }
  if (const ConfigField headers = map.optional("headers"); headers.present()) {
    taint.headers.clear();
    for (const ConfigField& item : headers.items(kMaxHeaders)) {
      if (auto name = item.parsed(&parse_field_name)) {
        taint.headers.push_back(*std::move(name));
      }
    }
  }
  map.refuse_unknown_keys();
}

/// REQUIRES: the rest of `inspection` was read into `config`.
InspectionProfile read_profile(std::string_view name, const ProxyConfig& config, ConfigMap map) {
  InspectionProfile profile;
  profile.name = name;
  assign(profile.attacks, map.optional("attacks").one_of(kAttackWords));
  const ConfigField cards = map.optional("paymentCards");
  assign(profile.payment_cards, cards.one_of(kPaymentCardWords));
  profile.waf = read_waf_choice(map.optional("waf"), config.waf);
  profile.dlp = read_dlp_choice(map.optional("dlp"), config.dlp);
  if (!cards.present() && looks_for_cards(profile.dlp, config.dlp)) {
    profile.payment_cards = FindingAction::kOff;  // one that says how a card is covered, not two
  }
  assign(profile.on_limit, map.optional("onLimit").one_of(kOnLimitWords));
  assign(profile.content_coding, map.optional("contentCoding").one_of(kContentCodingWords));
  assign(profile.path_level, map.optional("pathLevel").one_of(kPathLevelWords));
  read_paths(ConfigMap(map.optional("paths")), profile.paths);
  map.refuse_unknown_keys();
  return profile;
}

/// REQUIRES: the rest of `inspection` was read.
void read_profiles(const ConfigMap& profiles, ProxyConfig& config) {
  const auto entries = profiles.present() ? profiles.field().value()->entries() : std::span<const YamlValue>();
  if (entries.size() > kMaxProfiles) {
    profiles.field().refuse(fmt::format("has more than {} profiles", kMaxProfiles));
    return;
  }
  for (const YamlValue& entry : entries) {
    const ConfigField field(&entry, fmt::format("{}.{}", profiles.field().path(), entry.key().substr(0, kShownBytes)),
                            profiles.field().errors());
    if (const auto name = parse_plain_name(entry.key()); !name) {
      field.refuse(name.error().what);
    }
    config.profiles.push_back(read_profile(entry.key(), config, ConfigMap(field)));
  }
}

}  // namespace

Result<std::string> parse_plain_name(std::string_view text) {
  constexpr std::size_t kMaxName = 63;
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool fits = std::all_of(text.begin(), text.end(), [&is_alphanumeric](char c) {
    return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
  });
  if (!fits || text.empty() || text.size() > kMaxName || !is_alphanumeric(text.front())) {
    return Error{
        fmt::format("\"{}\" is not a name: 1 to 63 of A-Z, a-z, 0-9, '.', '_', '-', the first a letter or digit",
                    text.substr(0, kShownBytes)),
        ""};
  }
  return std::string(text);
}

Result<std::string> from_environment(std::string_view text) {
  if (text.size() < 4 || text.substr(0, 2) != "$(" || text.back() != ')') {
    return std::string(text);
  }
  const std::string name(text.substr(2, text.size() - 3));
  const char* const found = std::getenv(name.c_str());
  if (found == nullptr) {
    return Error{fmt::format("the environment has no {}", name.substr(0, kShownBytes)), ""};
  }
  return std::string(found);
}

void read_workload(ConfigField field, ProxyConfig& config) {
  ConfigMap map(std::move(field));
  assign(config.workload.name_space, map.required("namespace").parsed(&parse_namespace));
  assign(config.workload.pod, map.required("pod").parsed(&parse_pod_name));
  map.refuse_unknown_keys();
}

void read_identity(ConfigField field, const ConfigFolder& folder, ProxyConfig& config) {
  if (!field.present()) {
    return;
  }
  ConfigMap map(std::move(field));
  IdentityConfig& identity = config.identity.emplace();
  assign(identity.certificate, read_file_path(map.required("certificate"), folder));
  assign(identity.key, read_file_path(map.required("key"), folder));
  assign(identity.trust_bundle, read_file_path(map.required("trustBundle"), folder));
  assign(identity.trust_domain, map.required("trustDomain").parsed(&parse_trust_domain));
  map.refuse_unknown_keys();
}

void read_policy(ConfigField field, const ConfigFolder& folder, ProxyConfig& config) {
  ConfigMap map(std::move(field));
  assign(config.policy_directory, read_directory_path(map.required("directory"), folder));
  map.refuse_unknown_keys();
}

void read_deny(ConfigField field, ProxyConfig& config) {
  ConfigMap map(std::move(field));
  assign(config.explain_to_client, map.optional("explainToClient").boolean());
  map.refuse_unknown_keys();
}

void read_inspection(ConfigField field, const ConfigFolder& folder, ProxyConfig& config) {
  ConfigMap map(std::move(field));
  config.waf = read_waf(map.optional("waf"), folder);
  config.dlp = read_dlp(map.optional("dlp"), folder);
  read_grpc(ConfigMap(map.optional("grpc")), folder, config.grpc);
  read_sql_taint(ConfigMap(map.optional("sqlTaint")), config.sql_taint);
  assign(config.waf_cache, read_directory_path(map.optional("wafCache"), folder));
  read_profiles(ConfigMap(map.optional("profiles")), config);
  map.refuse_unknown_keys();
  const auto is_default = [](const InspectionProfile& profile) { return profile.name == "default"; };
  if (std::none_of(config.profiles.begin(), config.profiles.end(), is_default)) {
    InspectionProfile profile;
    profile.name = "default";
    config.profiles.insert(config.profiles.begin(), std::move(profile));
  }
}

void read_limits(ConfigField field, Limits& limits) {
  ConfigMap map(std::move(field));
  for (const LimitRule& rule : kLimitRules) {
    if (const auto value = map.optional(rule.key).quantity(rule.spelling, rule.range)) {
      const auto store = [&limits, &value](auto member) {
        limits.*member = static_cast<std::remove_reference_t<decltype(limits.*member)>>(*value);
      };
      std::visit(store, rule.member);
    }
  }
  map.refuse_unknown_keys();
  if (map.present() && limits.header_bytes < limits.request_line_bytes) {
    map.field().refuse(fmt::format("headerBytes ({}) must not be below requestLineBytes ({}), which it includes",
                                   format_bytes(limits.header_bytes), format_bytes(limits.request_line_bytes)));
  }
}

void read_timeouts(ConfigField field, Timeouts& timeouts) {
  ConfigMap map(std::move(field));
  read_durations<Timeouts>(map, kTimeoutRules, timeouts);
  map.refuse_unknown_keys();
}

void read_postgres(ConfigField field, PostgresConfig& postgres) {
  ConfigMap map(std::move(field));
  if (const auto value = map.optional(kResultPauseKey).quantity(Quantity::kShortDuration, kResultPauseRange)) {
    postgres.result_pause = std::chrono::microseconds(*value);
  }
  map.refuse_unknown_keys();
}

void read_overload(ConfigField field, OverloadConfig& overload) {
  ConfigMap map(std::move(field));
  for (const OverloadRule& rule : kOverloadRules) {
    if (const auto value = map.optional(rule.key).quantity(Quantity::kCount, rule.range)) {
      overload.*rule.member = static_cast<std::uint32_t>(*value);
    }
  }
  if (const auto value = map.optional(kRetryAfterKey).quantity(Quantity::kDuration, kRetryAfterRange)) {
    overload.retry_after = Duration(static_cast<Duration::rep>(*value));
  }
  map.refuse_unknown_keys();
  if (!map.present()) {
    return;
  }
  for (const auto& [before, after] :
       {std::pair(kOverloadRules[0], kOverloadRules[1]), std::pair(kOverloadRules[1], kOverloadRules[2])}) {
    if (overload.*after.member < overload.*before.member) {
      map.field().refuse(fmt::format("{} ({}) must not be below {} ({}): load is shed in this order", after.key,
                                     overload.*after.member, before.key, overload.*before.member));
    }
  }
  if (overload.recover >= overload.refuse_connections) {
    map.field().refuse(fmt::format("recover ({}) must be below refuseConnections ({}), or no step would ever be over",
                                   overload.recover, overload.refuse_connections));
  }
}

void read_endpoints(ConfigField field, EndpointsConfig& endpoints) {
  ConfigMap map(std::move(field));
  for (const EndpointsRule& rule : kEndpointsRules) {
    if (const auto value = map.optional(rule.key).quantity(Quantity::kCount, rule.range)) {
      endpoints.*rule.member = static_cast<std::uint32_t>(*value);
    }
  }
  read_durations<EndpointsConfig>(map, kEndpointsTimeRules, endpoints);
  map.refuse_unknown_keys();
  if (map.present() && endpoints.max_ejection_time < endpoints.ejection_time) {
    map.field().refuse(fmt::format("maxEjectionTime ({}) must not be below ejectionTime ({})",
                                   format_duration(endpoints.max_ejection_time),
                                   format_duration(endpoints.ejection_time)));
  }
}

void read_drain(ConfigField field, DrainConfig& drain) {
  ConfigMap map(std::move(field));
  read_durations<DrainConfig>(map, kDrainRules, drain);
  map.refuse_unknown_keys();
}

void read_admin(ConfigField field, AdminConfig& admin) {
  constexpr std::uint32_t kLoopback = 0x7F000001;
  constexpr std::uint16_t kDefaultPort = 15'000;
  admin.listen = {IpAddress::v4(kLoopback), kDefaultPort};
  ConfigMap map(std::move(field));
  assign(admin.listen, map.optional("listen").parsed(&Endpoint::parse));
  map.refuse_unknown_keys();
}

constexpr std::uint64_t kMostStatementSample = 1'000'000;

void read_log(ConfigField field, const ConfigFolder& folder, LogConfig& log) {
  ConfigMap map(std::move(field));
  assign(log.level, map.optional("level").one_of(kLogLevelWords));
  assign(log.access, read_sink(map.optional("access"), folder));
  assign(log.audit, read_sink(map.optional("audit"), folder));
  if (const auto every = map.optional("statementSample").quantity(Quantity::kCount, {0, kMostStatementSample})) {
    log.statement_sample = static_cast<std::uint32_t>(*every);
  }
  map.refuse_unknown_keys();
}

}  // namespace gabion::config
