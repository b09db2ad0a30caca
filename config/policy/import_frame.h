// What every importer shares: documents and lists, findings with codes, splitting, and the check of what is written.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/fields.h"
#include "config/kube/objects.h"
#include "config/policy/import.h"

namespace gabion::config::policy {

/// The findings of one source object. `report()` takes what the strict reading of fields refuses: E_FIELD.
class ImportLog {
 public:
  explicit ImportLog(const std::string& place) : place_(place), report_(place) {}

  void add(std::string_view code, std::string_view path, std::string text);
  [[nodiscard]] kube::Report& report() noexcept { return report_; }

  /// All findings, those of report() first.
  [[nodiscard]] std::vector<ImportFinding> findings() const;
  [[nodiscard]] bool failed() const;

 private:
  std::string place_;
  kube::Report report_;
  std::vector<ImportFinding> findings_;
};

/// What one source object becomes. Policies may be larger than the schema takes: they are split when written.
struct Imported {
  std::vector<kube::NetworkPolicy> network_policies;
  std::vector<kube::L7Policy> l7_policies;
};

/// A source object with its name; `path` is "" or "items[0].", to be put before paths.
struct ImportSource {
  const YamlValue& object;
  kube::ObjectName name;
  std::string path;
};

/// Which objects an importer takes.
struct ImportKind {
  std::string_view api_group;  ///< "security.istio.io"
  std::string_view kind;
  /// Kinds that are not read but must not be left out silently: they would have restricted something.
  std::vector<std::string_view> refused_kinds;
  std::function<Imported(const ImportSource&, ImportLog&)> convert;
};

[[nodiscard]] ImportResult run_import(const std::vector<ImportText>& texts, const ImportKind& kind);

/// Cuts lists and policies to the schema's sizes; the policies together mean what `policy` means, rules being a union.
[[nodiscard]] std::vector<kube::L7Policy> split_to_schema(const kube::L7Policy& policy);

/// Ports `first` to `last`, TCP.
[[nodiscard]] kube::PortSpec tcp_ports(std::uint16_t first, std::uint16_t last);

/// The TCP ports from 1 on that none of `ports` (numbers, no names) lists.
[[nodiscard]] std::vector<kube::PortSpec> other_ports(const std::vector<kube::PortSpec>& ports);

/// A peer that nobody is: every namespace has this label (policy R12).
[[nodiscard]] kube::PeerSpec nobody_peer();

/// Whether an address may be in both.
[[nodiscard]] bool overlap(const Cidr& a, const Cidr& b) noexcept;

/// RE2 text that matches exactly `literal`.
[[nodiscard]] std::string quote_regex(std::string_view literal);

/// Only bytes that a normalised path has in one spelling: [A-Za-z0-9/_.~-]. Others may also come escaped, which a
/// source that compares the raw path tells apart and our decoded one does not.
[[nodiscard]] bool is_unambiguous_path(std::string_view text) noexcept;

}  // namespace gabion::config::policy
