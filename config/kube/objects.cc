// How labels, selectors and blocks match, and how objects are told to people.
#include "config/kube/objects.h"

#include <algorithm>

namespace gabion::config::kube {
namespace {

void append_item(std::string& list, std::string_view item, std::string_view separator) {
  if (!list.empty()) {
    list += separator;
  }
  list += item;
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    append_item(text, value, ", ");
  }
  return text;
}

std::string to_text(const LabelRequirement& requirement) {
  switch (requirement.op) {
    case LabelRequirement::Operator::kIn:
      return requirement.key + " in (" + joined(requirement.values) + ")";
    case LabelRequirement::Operator::kNotIn:
      return requirement.key + " not in (" + joined(requirement.values) + ")";
    case LabelRequirement::Operator::kExists:
      return requirement.key;
    case LabelRequirement::Operator::kDoesNotExist:
      return "no " + requirement.key;
  }
  return {};
}

std::string to_text(const Cidr& cidr) {
  return cidr.network.to_string() + "/" + std::to_string(cidr.prefix_bits);
}

}  // namespace

std::string_view to_string(IpProtocol protocol) noexcept {
  switch (protocol) {
    case IpProtocol::kTcp:
      return "TCP";
    case IpProtocol::kUdp:
      return "UDP";
    case IpProtocol::kSctp:
      return "SCTP";
  }
  return "";
}

std::string_view to_string(AppProtocol protocol) noexcept {
  switch (protocol) {
    case AppProtocol::kHttp:
      return "HTTP";
    case AppProtocol::kMysql:
      return "MySQL";
    case AppProtocol::kPostgresql:
      return "PostgreSQL";
    case AppProtocol::kTcp:
      return "TCP";
  }
  return "";
}

bool LabelRequirement::matches(const Labels& labels) const {
  const auto found = labels.find(key);
  const bool present = found != labels.end();
  const bool listed = present && std::find(values.begin(), values.end(), found->second) != values.end();
  switch (op) {
    case Operator::kIn:
      return listed;
    case Operator::kNotIn:
      return !listed;
    case Operator::kExists:
      return present;
    case Operator::kDoesNotExist:
      return !present;
  }
  return false;
}

bool LabelSelector::matches(const Labels& labels) const {
  for (const auto& [key, value] : match_labels) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) {
      return false;
    }
  }
  return std::all_of(match_expressions.begin(), match_expressions.end(),
                     [&labels](const LabelRequirement& requirement) { return requirement.matches(labels); });
}

std::string LabelSelector::to_string() const {
  std::string text;
  for (const auto& [key, value] : match_labels) {
    append_item(text, key + "=" + value, ", ");
  }
  for (const auto& requirement : match_expressions) {
    append_item(text, to_text(requirement), ", ");
  }
  return "{" + text + "}";
}

bool IpBlock::contains(const IpAddress& address) const noexcept {
  return cidr.contains(address) &&
         std::none_of(except.begin(), except.end(), [&address](const Cidr& hole) { return hole.contains(address); });
}

std::string PeerSpec::to_string() const {
  std::string text;
  if (pod_selector) {
    append_item(text, "podSelector " + pod_selector->to_string(), " and ");
  }
  if (namespace_selector) {
    append_item(text, "namespaceSelector " + namespace_selector->to_string(), " and ");
  }
  if (service_account) {
    append_item(text, "serviceAccount " + service_account->name_space + "/" + service_account->name, " and ");
  }
  if (ip_block) {
    append_item(text, "ipBlock " + to_text(ip_block->cidr), " and ");
    text += ip_block->except.empty() ? "" : " with exceptions";
  }
  return text;
}

std::string PortSpec::to_string() const {
  const std::string suffix = "/" + std::string(kube::to_string(protocol));
  if (!name.empty()) {
    return name + suffix;
  }
  if (first == 0 && last == 65535) {
    return "any" + suffix;
  }
  return std::to_string(first) + (first == last ? "" : "-" + std::to_string(last)) + suffix;
}

}  // namespace gabion::config::kube
