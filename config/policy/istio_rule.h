// One rule of an Istio AuthorizationPolicy: who, what, under which conditions (policy §5.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/kube/objects.h"
#include "config/policy/import.h"
#include "config/policy/import_frame.h"

namespace gabion::config::policy::istio {

/// In which direction a translation may err: an ALLOW must not match more than the source, a DENY not less.
enum class Effect : std::uint8_t { kAllow, kDeny };

/// Who: each member is a condition, together they AND. Neither: anybody.
struct Source {
  std::optional<std::vector<kube::ServiceAccountPeer>> accounts;  ///< verified identities
  std::optional<std::vector<kube::IpBlock>> blocks;
};

/// What. Lists are ORed within, ANDed among each other; an empty list is no condition.
struct Operation {
  std::optional<std::vector<kube::PortSpec>> ports;  ///< TCP; nothing: every port
  kube::HttpMatch http;                              ///< without headers
  kube::HttpMatch unless;                            ///< notMethods, notPaths, notHosts
  bool has_http = false;                             ///< an HTTP field was there, even if it means anything

  [[nodiscard]] bool has_unless() const noexcept;
};

/// `when`: everything ANDs.
struct When {
  Source source;
  std::optional<std::vector<kube::PortSpec>> ports;
  std::vector<std::vector<kube::HeaderMatch>> headers;  ///< the outer list ANDs, each inner one ORs
};

[[nodiscard]] Source read_source(const YamlValue& value, const std::string& path, const std::string& name_space,
                                 ImportLog& log);
/// A source with one list; `field` is principals, serviceAccounts, namespaces or ipBlocks.
[[nodiscard]] Source source_by(std::string_view field, const std::vector<std::string>& texts, const std::string& path,
                               const std::string& name_space, ImportLog& log);
[[nodiscard]] Operation read_operation(const YamlValue& value, const std::string& path, Effect effect, ImportLog& log);
[[nodiscard]] When read_when(const YamlValue& list, const std::string& path, const std::string& name_space,
                             ImportLog& log);

/// Both. E_COMBINATION: not expressible, or nobody is both.
[[nodiscard]] Source meet(const Source& a, const Source& b, const std::string& path, ImportLog& log);

/// Nothing: anybody.
[[nodiscard]] std::optional<std::vector<kube::PeerSpec>> peers_of(const Source& source);

/// The strings of a list field; an empty list or text is refused, as Istio refuses it.
[[nodiscard]] std::vector<std::string> values_of(kube::Fields& fields, std::string_view key, ImportLog& log);

/// "8080" and so on.
[[nodiscard]] std::vector<kube::PortSpec> read_ports(const std::vector<std::string>& texts, const std::string& path,
                                                     ImportLog& log);

}  // namespace gabion::config::policy::istio
