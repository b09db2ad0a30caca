// Sources: certificate identities and address blocks.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "config/dns_name.h"
#include "config/policy/istio_rule.h"
#include "config/spiffe_id.h"

namespace gabion::config::policy::istio {
namespace {

using kube::ServiceAccountPeer;

bool has_star(std::string_view text) noexcept {
  return text.find('*') != std::string_view::npos;
}

/// "td/ns/N/sa/S".
std::vector<ServiceAccountPeer> read_principals(const std::vector<std::string>& texts, const std::string& path,
                                                ImportLog& log) {
  std::vector<ServiceAccountPeer> result;
  for (const auto& text : texts) {
    const auto id = SpiffeId::parse("spiffe://" + text);
    if (has_star(text) || !id) {
      log.add("E_PRINCIPAL", path, "\"" + text + "\" is not trust-domain/ns/namespace/sa/account without *");
      continue;
    }
    result.push_back({id->name_space, id->service_account, id->trust_domain});
  }
  if (!result.empty()) {
    log.add("W_TRUSTDOMAIN", path, "trust domain aliases of the mesh are not expanded");
  }
  return result;
}

std::vector<ServiceAccountPeer> read_namespaces(const std::vector<std::string>& texts, const std::string& path,
                                                ImportLog& log) {
  std::vector<ServiceAccountPeer> result;
  for (const auto& text : texts) {
    if (!is_dns_label(text)) {
      log.add("E_NAMESPACE", path, "\"" + text + "\" is no single namespace");
      continue;
    }
    result.push_back({text, "*", ""});
  }
  return result;
}

/// "account" or "namespace/account".
std::vector<ServiceAccountPeer> read_accounts(const std::vector<std::string>& texts, const std::string& path,
                                              const std::string& name_space, ImportLog& log) {
  std::vector<ServiceAccountPeer> result;
  for (const auto& text : texts) {
    const std::size_t slash = text.find('/');
    const bool own = slash == std::string::npos;
    const ServiceAccountPeer made{own ? name_space : text.substr(0, slash), own ? text : text.substr(slash + 1), ""};
    if (!is_dns_label(made.name_space) || !is_dns_subdomain(made.name)) {
      log.add("E_PRINCIPAL", path, "\"" + text + "\" is no namespace/account without *");
      continue;
    }
    result.push_back(made);
  }
  return result;
}

/// A block, or an address as the block of itself.
std::optional<Cidr> read_block(const std::string& text, const std::string& path, ImportLog& log) {
  if (const auto cidr = Cidr::parse(text)) {
    return *cidr;
  }
  const auto address = IpAddress::parse(text);
  if (!address) {
    log.add("E_FIELD", path, "\"" + text + "\" is no address or block");
    return std::nullopt;
  }
  return Cidr{*address, static_cast<std::uint8_t>(address->is_v4() ? 32 : 128)};
}

std::vector<kube::IpBlock> read_blocks(const std::vector<std::string>& texts, const std::string& path, ImportLog& log) {
  std::vector<kube::IpBlock> blocks;
  for (const auto& text : texts) {
    if (const auto cidr = read_block(text, path, log)) {
      blocks.push_back({*cidr, {}});
    }
  }
  return blocks;
}

/// notIpBlocks: holes, if each lies strictly inside some block and covers none.
void add_holes(const std::vector<std::string>& texts, const std::string& path, Source& source, ImportLog& log) {
  for (const auto& text : texts) {
    const auto hole = read_block(text, path, log);
    bool inside = false;
    bool covers = false;
    for (std::size_t i = 0; hole && source.blocks && i < source.blocks->size(); ++i) {
      auto& block = (*source.blocks)[i];
      if (!overlap(*hole, block.cidr)) {
        continue;
      }
      covers = covers || hole->prefix_bits <= block.cidr.prefix_bits;
      block.except.push_back(*hole);
      inside = true;
    }
    if (!inside || covers) {
      log.add("E_NEGATIVE", path, "\"" + text + "\" is not inside a block of ipBlocks");
    }
  }
}

std::string_view refusal_of(std::string_view key) noexcept {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kCodes{{{"remoteIpBlocks", "E_XFF"},
                                                                                 {"notRemoteIpBlocks", "E_XFF"},
                                                                                 {"requestPrincipals", "E_JWT"},
                                                                                 {"notRequestPrincipals", "E_JWT"},
                                                                                 {"trustDomains", "E_TRUSTDOMAIN"},
                                                                                 {"notTrustDomains", "E_TRUSTDOMAIN"},
                                                                                 {"notPrincipals", "E_NEGATIVE"},
                                                                                 {"notNamespaces", "E_NEGATIVE"},
                                                                                 {"notServiceAccounts", "E_NEGATIVE"}}};
  const auto found = std::find_if(kCodes.begin(), kCodes.end(), [key](const auto& one) { return one.first == key; });
  return found == kCodes.end() ? std::string_view{} : found->second;
}

/// The identity that is both, if there is one.
std::optional<ServiceAccountPeer> both(const ServiceAccountPeer& a, const ServiceAccountPeer& b) {
  const bool domains = a.trust_domain.empty() || b.trust_domain.empty() || a.trust_domain == b.trust_domain;
  const bool names = a.name == "*" || b.name == "*" || a.name == b.name;
  if (!domains || !names || a.name_space != b.name_space) {
    return std::nullopt;
  }
  return ServiceAccountPeer{a.name_space, a.name == "*" ? b.name : a.name,
                            a.trust_domain.empty() ? b.trust_domain : a.trust_domain};
}

}  // namespace

std::vector<std::string> values_of(kube::Fields& fields, std::string_view key, ImportLog& log) {
  auto values = fields.texts(key);
  if (fields.find(key) != nullptr && values.empty()) {
    log.add("E_EMPTY", fields.path_of(key), "has no value");
  }
  if (std::find(values.begin(), values.end(), "") != values.end()) {
    log.add("E_EMPTY", fields.path_of(key), "has an empty value");
  }
  return values;
}

std::vector<kube::PortSpec> read_ports(const std::vector<std::string>& texts, const std::string& path, ImportLog& log) {
  std::vector<kube::PortSpec> ports;
  for (const auto& text : texts) {
    std::uint16_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || number == 0) {
      log.add("E_PORT", path, "\"" + text + "\" is no port number");
      continue;
    }
    ports.push_back(tcp_ports(number, number));
  }
  return ports;
}

Source meet(const Source& a, const Source& b, const std::string& path, ImportLog& log) {
  Source result;
  if (a.blocks && b.blocks) {
    log.add("E_COMBINATION", path, "two lists of blocks that must both hold");
    return result;
  }
  result.blocks = a.blocks ? a.blocks : b.blocks;
  result.accounts = a.accounts ? a.accounts : b.accounts;
  if (a.accounts && b.accounts) {
    result.accounts->clear();
    for (const auto& one : *a.accounts) {
      for (const auto& other : *b.accounts) {
        if (auto same = both(one, other)) {
          result.accounts->push_back(std::move(*same));
        }
      }
    }
  }
  if (result.accounts && result.blocks) {
    log.add("E_COMBINATION", path, "an identity and an address block that must both hold");
  } else if (a.accounts && b.accounts && result.accounts->empty()) {
    log.add("E_COMBINATION", path, "no identity meets both conditions");
  }
  return result;
}

Source source_by(std::string_view field, const std::vector<std::string>& texts, const std::string& path,
                 const std::string& name_space, ImportLog& log) {
  if (field == "principals") {
    return {read_principals(texts, path, log), std::nullopt};
  }
  if (field == "serviceAccounts") {
    return {read_accounts(texts, path, name_space, log), std::nullopt};
  }
  if (field == "namespaces") {
    return {read_namespaces(texts, path, log), std::nullopt};
  }
  return {std::nullopt, read_blocks(texts, path, log)};
}

Source read_source(const YamlValue& value, const std::string& path, const std::string& name_space, ImportLog& log) {
  kube::Fields fields(value, path, log.report(), kube::Nulls::kAbsent);
  Source source;
  for (const std::string_view field : {"principals", "serviceAccounts", "namespaces", "ipBlocks"}) {
    const auto texts = values_of(fields, field, log);
    if (!texts.empty()) {
      source = meet(source, source_by(field, texts, fields.path_of(field), name_space, log), path, log);
    }
  }
  if (const auto texts = values_of(fields, "notIpBlocks", log); !texts.empty()) {
    add_holes(texts, fields.path_of("notIpBlocks"), source, log);
  }
  for (const auto& entry : value.entries()) {
    if (const auto code = refusal_of(entry.key()); !code.empty()) {
      static_cast<void>(fields.find(entry.key()));
      log.add(code, fields.path_of(entry.key()), "is not imported");
    }
  }
  fields.refuse_others();
  if (fields.size() == 0) {
    log.add("E_EMPTY", path, "names nobody");
  }
  return source;
}

std::optional<std::vector<kube::PeerSpec>> peers_of(const Source& source) {
  if (!source.accounts && !source.blocks) {
    return std::nullopt;
  }
  std::vector<kube::PeerSpec> peers;
  for (const auto& account : source.accounts ? *source.accounts : std::vector<ServiceAccountPeer>{}) {
    kube::PeerSpec peer;
    peer.service_account = account;
    peers.push_back(std::move(peer));
  }
  for (const auto& block : source.blocks ? *source.blocks : std::vector<kube::IpBlock>{}) {
    kube::PeerSpec peer;
    peer.ip_block = block;
    peers.push_back(std::move(peer));
  }
  return peers;
}

}  // namespace gabion::config::policy::istio
