// One function a section; the tables of words and limits are the reader's own.
#include "config/proxy_config_json.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "config/dlp_config_json.h"
#include "config/gateway_config_json.h"
#include "config/limit_rules.h"
#include "config/proxy_words.h"
#include "config/units.h"

namespace gabion::config {
namespace {

namespace json = boost::json;

constexpr std::string_view kDefaultProfile = "default";

json::string text(std::string_view value) {
  return json::string(json::string_view(value.data(), value.size()));
}

std::string_view profile_name(const std::string& name) {
  return name.empty() ? kDefaultProfile : std::string_view(name);
}

json::object identity_json(const IdentityConfig& identity) {
  return {{"certificate", text(identity.certificate.string())},
          {"key", text(identity.key.string())},
          {"trustBundle", text(identity.trust_bundle.string())},
          {"trustDomain", text(identity.trust_domain)}};
}

/// Where the secrets are, never what they are.
json::array logins_json(const std::vector<DatabaseLogin>& logins) {
  json::array result;
  for (const DatabaseLogin& login : logins) {
    json::array methods;
    for (const DatabaseLoginMethod method : login.methods) {
      methods.push_back(text(word_for(kDatabaseLoginMethodWords, method)));
    }
    json::object one{
        {"role", text(login.role)}, {"secretFile", text(login.secret_file.string())}, {"methods", std::move(methods)}};
    if (login.identity) {
      one["identity"] = text(login.identity->to_string());
    }
    result.push_back(std::move(one));
  }
  return result;
}

json::object database_tls_json(const DatabaseTls& tls) {
  json::object result{{"mode", text(word_for(kDatabaseTlsModeWords, tls.mode))},
                      {"start", text(word_for(kDatabaseTlsStartWords, tls.start))}};
  if (!tls.trust_bundle.empty()) {
    result["trustBundle"] = text(tls.trust_bundle.string());
  }
  if (!tls.server_name.empty()) {
    result["serverName"] = text(tls.server_name);
  }
  if (!tls.certificate.empty()) {
    result["certificate"] = text(tls.certificate.string());
    result["key"] = text(tls.key.string());
  }
  return result;
}

json::object application_tls_json(const ApplicationTls& tls) {
  return {{"mode", text(word_for(kApplicationTlsModeWords, tls.mode))},
          {"certificate", text(tls.certificate.string())},
          {"key", text(tls.key.string())}};
}

json::object inbound_json(const InboundConfig& listener) {
  json::object result{{"name", text(listener.name)},
                      {"port", listener.port},
                      {"protocol", text(word_for(kProtocolWords, listener.protocol))},
                      {"targetProtocol", text(word_for(kUpstreamProtocolWords, listener.target_protocol))},
                      {"tls", text(word_for(kTlsModeWords, listener.tls))},
                      {"websocket", text(word_for(kWebSocketWords, listener.websocket))},
                      {"inspect", text(profile_name(listener.inspect))}};
  if (listener.arrival == Arrival::kDialled) {
    result["listen"] = text(listener.listen.to_string());
    result["target"] = text(listener.target.to_string());
  }
  if (!listener.logins.empty()) {
    result["logins"] = logins_json(listener.logins);
  }
  if (listener.target_tls) {
    result["targetTls"] = database_tls_json(*listener.target_tls);
  }
  if (listener.application_tls) {
    result["clientTls"] = application_tls_json(*listener.application_tls);
  }
  return result;
}

json::object route_json(const RouteConfig& route, Arrival arrival) {
  json::array hosts;
  for (const std::string& host : route.hosts) {
    hosts.push_back(text(host));
  }
  json::object tls = route.database_tls ? database_tls_json(*route.database_tls)
                                        : json::object{{"mode", text(word_for(kUpstreamTlsWords, route.tls))}};
  if (route.tls == UpstreamTls::kMutual) {
    json::array ids;
    for (const SpiffeId& id : route.server_ids) {
      ids.push_back(text(id.to_string()));
    }
    tls["serverIds"] = std::move(ids);
  }
  json::object result{{"name", text(route.name)}};
  if (arrival == Arrival::kDialled) {
    result["hosts"] = std::move(hosts);
  }
  if (route.service) {
    json::object service{{"namespace", text(route.service->service.name_space)},
                         {"name", text(route.service->service.name)}};
    if (route.service->name.empty()) {
      service["port"] = route.service->number;
    } else {
      service["port"] = text(route.service->name);
    }
    result["service"] = std::move(service);
  } else {
    result["destination"] = text(route.destination.to_string());
    result["port"] = route.port;
    result["pod"] = text(route.pod.value_or(route.destination.address).to_string());
  }
  result["protocol"] = text(word_for(kUpstreamProtocolWords, route.protocol));
  result["tls"] = std::move(tls);
  return result;
}

json::object outbound_json(const OutboundConfig& listener) {
  json::object result{{"name", text(listener.name)},
                      {"protocol", text(word_for(kProtocolWords, listener.protocol))},
                      {"websocket", text(word_for(kWebSocketWords, listener.websocket))},
                      {"inspect", text(profile_name(listener.inspect))}};
  if (listener.arrival == Arrival::kDialled) {
    result["listen"] = text(listener.listen.to_string());
  }
  if (!listener.logins.empty()) {
    result["logins"] = logins_json(listener.logins);
  }
  if (listener.application_tls) {
    result["clientTls"] = application_tls_json(*listener.application_tls);
  }
  if (listener.source_address) {
    result["sourceAddress"] = text(listener.source_address->to_string());
  }
  json::array routes;
  for (const RouteConfig& route : listener.routes) {
    routes.push_back(route_json(route, listener.arrival));
  }
  result["routes"] = std::move(routes);
  return result;
}

json::array endpoints_json(const std::vector<Endpoint>& endpoints) {
  json::array list;
  for (const Endpoint& endpoint : endpoints) {
    list.push_back(text(endpoint.to_string()));
  }
  return list;
}

json::object capture_json(const CaptureConfig& capture) {
  json::object result;
  if (!capture.inbound.empty()) {
    json::object inbound{{"listen", endpoints_json(capture.inbound)},
                         {"mode", text(word_for(kCaptureModeWords, capture.inbound_mode))},
                         {"undeclared", text(word_for(kUndeclaredPortWords, capture.undeclared))}};
    if (capture.undeclared == UndeclaredPort::kAuto) {
      inbound["tls"] = text(word_for(kTlsModeWords, capture.inbound_tls));
    }
    result["inbound"] = std::move(inbound);
  }
  if (!capture.outbound.empty()) {
    result["outbound"] = json::object{{"listen", endpoints_json(capture.outbound)},
                                      {"mode", text(word_for(kCaptureModeWords, capture.outbound_mode))},
                                      {"unknown", text(word_for(kUnknownDestinationWords, capture.unknown))},
                                      {"tls", text(word_for(kUpstreamTlsWords, capture.tls))},
                                      {"websocket", text(word_for(kWebSocketWords, capture.websocket))},
                                      {"inspect", text(profile_name(capture.inspect))}};
  }
  if (capture.inbound_mode == CaptureMode::kTproxy || capture.outbound_mode == CaptureMode::kTproxy) {
    result["mark"] = capture.mark;
  }
  return result;
}

json::object paths_json(const PathReading& paths) {
  json::object result;
  for (const DoubtfulPathKey& known : kDoubtfulPathKeys) {
    result[text(known.key)] = text(word_for(kDoubtfulPathWords, paths.*known.member));
  }
  result["case"] = text(word_for(kPathCaseWords, paths.letters));
  return result;
}

json::object profiles_json(const std::vector<InspectionProfile>& profiles) {
  json::object result;
  for (const InspectionProfile& profile : profiles) {
    result[text(profile.name)] = {{"attacks", text(word_for(kAttackWords, profile.attacks))},
                                  {"paymentCards", text(word_for(kPaymentCardWords, profile.payment_cards))},
                                  {"onLimit", text(word_for(kOnLimitWords, profile.on_limit))},
                                  {"contentCoding", text(word_for(kContentCodingWords, profile.content_coding))},
                                  {"pathLevel", text(word_for(kPathLevelWords, profile.path_level))},
                                  {"paths", paths_json(profile.paths)}};
    if (profile.waf) {
      result[text(profile.name)].as_object()["waf"] = {{"rules", profile.waf->name},
                                                       {"mode", text(word_for(kWafModeWords, profile.waf->mode))}};
    }
    if (!profile.dlp.empty()) {
      result[text(profile.name)].as_object()["dlp"] = text(profile.dlp);
    }
  }
  return result;
}

json::object sql_taint_json(const SqlTaintConfig& taint) {
  json::array headers;
  for (const std::string& name : taint.headers) {
    headers.push_back(text(name));
  }
  return {{"minLength", taint.min_length},
          {"values", taint.values},
          {"requestBytes", text(format_bytes(taint.request_bytes))},
          {"memoryBytes", text(format_bytes(taint.memory_bytes))},
          {"grace", text(format_duration(taint.grace))},
          {"headers", std::move(headers)}};
}

json::object exclusion_json(const WafExclusion& exclusion) {
  json::object result;
  if (exclusion.tag.empty()) {
    result["rule"] = exclusion.first_id == exclusion.last_id
                         ? std::to_string(exclusion.first_id)
                         : std::to_string(exclusion.first_id) + "-" + std::to_string(exclusion.last_id);
  } else {
    result["tag"] = exclusion.tag;
  }
  if (!exclusion.path.empty()) {
    result["path"] = exclusion.path;
  }
  if (!exclusion.target.empty()) {
    result["target"] = exclusion.target;
  }
  return result;
}

json::object waf_json(const std::vector<WafConfig>& rule_sets) {
  json::object result;
  for (const WafConfig& rules : rule_sets) {
    json::object one{{"entry", rules.entry.string()},
                     {"paranoia", rules.paranoia},
                     {"requestBody", text(word_for(kRequestBodyRuleWords, rules.request_body))}};
    if (rules.inbound_threshold) {
      one["inboundThreshold"] = *rules.inbound_threshold;
    }
    if (rules.outbound_threshold) {
      one["outboundThreshold"] = *rules.outbound_threshold;
    }
    json::array exclusions;
    for (const WafExclusion& exclusion : rules.exclusions) {
      exclusions.push_back(exclusion_json(exclusion));
    }
    if (!exclusions.empty()) {
      one["exclusions"] = std::move(exclusions);
    }
    result[text(rules.name)] = std::move(one);
  }
  return result;
}

json::object limits_json(const Limits& limits) {
  json::object result;
  for (const LimitRule& rule : kLimitRules) {
    const auto read = [&limits](auto member) { return std::uint64_t{limits.*member}; };
    const std::uint64_t value = std::visit(read, rule.member);
    json::value& place = result[text(rule.key)];
    if (rule.spelling == Quantity::kBytes) {
      place = text(format_bytes(value));
    } else {
      place = value;
    }
  }
  return result;
}

json::object overload_json(const OverloadConfig& overload) {
  json::object result;
  for (const OverloadRule& rule : kOverloadRules) {
    result[text(rule.key)] = overload.*rule.member;
  }
  result[text(kRetryAfterKey)] = text(format_duration(overload.retry_after));
  return result;
}

template <class Section, std::size_t Size>
json::object durations_json(const DurationRule<Section> (&rules)[Size], const Section& section) {
  json::object result;
  for (const DurationRule<Section>& rule : rules) {
    result[text(rule.key)] = text(format_duration(section.*rule.member));
  }
  return result;
}

json::object endpoints_json(const EndpointsConfig& endpoints) {
  json::object result = durations_json(kEndpointsTimeRules, endpoints);
  for (const EndpointsRule& rule : kEndpointsRules) {
    result[text(rule.key)] = endpoints.*rule.member;
  }
  return result;
}

json::object config_json(const ProxyConfig& config) {
  json::object result{{"file", text(config.file.string())}};
  if (config.gateway) {
    result["mode"] = "gateway";
    result["gateway"] = gateway_json(*config.gateway);
  } else {
    result["workload"] = {{"namespace", text(config.workload.name_space)}, {"pod", text(config.workload.pod)}};
  }
  if (config.identity) {
    result["identity"] = identity_json(*config.identity);
  }
  json::array inbound;
  for (const InboundConfig& listener : config.inbound) {
    inbound.push_back(inbound_json(listener));
  }
  json::array outbound;
  for (const OutboundConfig& listener : config.outbound) {
    outbound.push_back(outbound_json(listener));
  }
  result["inbound"] = std::move(inbound);
  result["outbound"] = std::move(outbound);
  if (!config.capture.inbound.empty() || !config.capture.outbound.empty()) {
    result["capture"] = capture_json(config.capture);
  }
  result["policy"] = {{"directory", text(config.policy_directory.string())}};
  result["deny"] = {{"explainToClient", config.explain_to_client}};
  result["inspection"] = {{"profiles", profiles_json(config.profiles)}};
  if (!config.waf.empty()) {
    result["inspection"].as_object()["waf"] = waf_json(config.waf);
  }
  if (!config.dlp.profiles.empty() || !config.dlp.key_file.empty()) {
    result["inspection"].as_object()["dlp"] = dlp_json(config.dlp);
  }
  if (!config.grpc.descriptors.empty()) {
    result["inspection"].as_object()["grpc"] = {{"descriptors", text(config.grpc.descriptors.string())}};
  }
  if (speaks_sql(config)) {
    result["inspection"].as_object()["sqlTaint"] = sql_taint_json(config.sql_taint);
  }
  if (!config.waf_cache.empty()) {
    result["inspection"].as_object()["wafCache"] = config.waf_cache.string();
  }
  result["limits"] = limits_json(config.limits);
  result["timeouts"] = durations_json(kTimeoutRules, config.timeouts);
  if (speaks_sql(config)) {
    result["postgres"] = {{kResultPauseKey, text(format_short_duration(config.postgres.result_pause))}};
  }
  result["overload"] = overload_json(config.overload);
  result["endpoints"] = endpoints_json(config.endpoints);
  result["drain"] = durations_json(kDrainRules, config.drain);
  result["admin"] = {{"listen", text(config.admin.listen.to_string())}};
  result["log"] = {{"level", text(word_for(kLogLevelWords, config.log.level))},
                   {"access", text(config.log.access)},
                   {"audit", text(config.log.audit)},
                   {"statementSample", config.log.statement_sample}};
  result["workers"] = config.workers;
  return result;
}

/// Objects and lists over several lines; depth is that of config_json.
void write_indented(const json::value& value, std::size_t indent, std::string& out) {
  const std::string margin(indent + 2, ' ');
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  const bool is_leaf = (object == nullptr && array == nullptr) || (object != nullptr && object->empty()) ||
                       (array != nullptr && array->empty());
  if (is_leaf) {
    out += json::serialize(value);
    return;
  }
  std::string_view separator = "\n";
  out += object != nullptr ? '{' : '[';
  const auto next = [&](std::string_view prefix, const json::value& child) {
    out += fmt::format("{}{}{}", separator, margin, prefix);
    separator = ",\n";
    write_indented(child, indent + 2, out);
  };
  if (object != nullptr) {
    for (const auto& member : *object) {
      next(json::serialize(json::value(member.key())) + ": ", member.value());
    }
  } else {
    for (const json::value& item : *array) {
      next("", item);
    }
  }
  out += fmt::format("\n{}{}", std::string(indent, ' '), object != nullptr ? '}' : ']');
}

}  // namespace

std::string to_json(const ProxyConfig& config) {
  std::string out;
  write_indented(config_json(config), 0, out);
  out += '\n';
  return out;
}

}  // namespace gabion::config
