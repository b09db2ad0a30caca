// AuthorizationPolicy -> L7Policy: rules by port set, and for ALLOW one rule of nobody that closes every other port.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "config/policy/import.h"
#include "config/policy/import_frame.h"
#include "config/policy/istio_rule.h"

namespace gabion::config::policy {
namespace {

using istio::Effect;
using istio::Operation;
using istio::Source;
using istio::When;
using kube::AppProtocol;
using kube::L7Rule;
using kube::PortSpec;
using kube::RuleAction;
using Peers = std::optional<std::vector<kube::PeerSpec>>;

constexpr std::size_t kMaxItems = 1024;

/// Whether a rule or a condition is the only one: an exception can then become a Deny.
enum class Company : std::uint8_t { kAlone, kOthers };

bool same_ports(const std::vector<PortSpec>& a, const std::vector<PortSpec>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const PortSpec& one, const PortSpec& other) {
    return one.first == other.first && one.last == other.last;
  });
}

/// Those of `ports` within `others`. REQUIRES: every one of `ports` is a single number.
std::vector<PortSpec> within(const std::vector<PortSpec>& ports, const std::vector<PortSpec>& others) {
  std::vector<PortSpec> result;
  for (const auto& port : ports) {
    if (std::any_of(others.begin(), others.end(),
                    [&port](const PortSpec& other) { return other.first <= port.first && port.first <= other.last; })) {
      result.push_back(port);
    }
  }
  return result;
}

class RuleConverter {
 public:
  RuleConverter(RuleAction action, const std::string& name_space, const ImportOptions& options, ImportLog& log)
      : action_(action), name_space_(name_space), options_(options), log_(log) {}

  /// `company`: of the rule in its policy.
  void add(const YamlValue& value, const std::string& path, Company company) {
    first_ = rules_.size();
    kube::Fields fields(value, path, log_.report(), kube::Nulls::kAbsent);
    const auto sources = read_sources(fields);
    const auto operations = read_operations(fields);
    const auto* list = list_of(fields, "when");
    const When when = list != nullptr ? istio::read_when(*list, fields.path_of("when"), name_space_, log_) : When{};
    fields.refuse_others();
    Peers peers;
    for (const auto& source : sources.empty() ? std::vector<Source>{{}} : sources) {
      auto some = istio::peers_of(istio::meet(source, when.source, path, log_));
      if (!some) {
        peers.reset();
        break;
      }
      peers = peers.value_or(std::vector<kube::PeerSpec>{});
      peers->insert(peers->end(), some->begin(), some->end());
    }
    const bool bare = sources.empty() && list == nullptr && operations.size() == 1;
    for (const auto& operation : operations.empty() ? std::vector<Operation>{{}} : operations) {
      add_operation(operation, when, peers, path, bare ? company : Company::kOthers);
    }
  }

  [[nodiscard]] std::vector<L7Rule> take() && { return std::move(rules_); }

 private:
  [[nodiscard]] Effect effect() const noexcept {
    return action_ == RuleAction::kAllow ? Effect::kAllow : Effect::kDeny;
  }

  [[nodiscard]] const YamlValue* list_of(kube::Fields& fields, std::string_view key) {
    const auto* list = fields.list(key);
    if (list != nullptr && list->items().empty()) {
      log_.add("E_EMPTY", fields.path_of(key), "has no item");
    }
    return list;
  }

  /// Calls `read(member, path)` for the member `inner` of every item.
  template <class Read>
  void each_inner(kube::Fields& fields, std::string_view key, std::string_view inner, Read read) {
    const auto* list = list_of(fields, key);
    for (std::size_t i = 0; list != nullptr && i < list->items().size(); ++i) {
      kube::Fields item(list->items()[i], kube::item_path(fields.path_of(key), i), log_.report(), kube::Nulls::kAbsent);
      const auto* value = item.map(inner);
      item.refuse_others();
      if (value == nullptr) {
        log_.add("E_EMPTY", item.path(), "has no " + std::string(inner));
        continue;
      }
      read(*value, item.path_of(inner));
    }
  }

  [[nodiscard]] std::vector<Source> read_sources(kube::Fields& fields) {
    std::vector<Source> result;
    each_inner(fields, "from", "source", [&](const YamlValue& value, const std::string& path) {
      result.push_back(istio::read_source(value, path, name_space_, log_));
    });
    return result;
  }

  [[nodiscard]] std::vector<Operation> read_operations(kube::Fields& fields) {
    std::vector<Operation> result;
    each_inner(fields, "to", "operation", [&](const YamlValue& value, const std::string& path) {
      result.push_back(istio::read_operation(value, path, effect(), log_));
    });
    return result;
  }

  /// Every choice of one value for each header condition.
  [[nodiscard]] std::vector<kube::HttpMatch> items_of(const Operation& operation, const When& when,
                                                      const std::string& path) {
    std::vector<kube::HttpMatch> items{operation.http};
    for (const auto& choices : when.headers) {
      std::vector<kube::HttpMatch> next;
      for (const auto& item : items) {
        for (const auto& choice : choices) {
          next.push_back(item);
          next.back().headers.push_back(choice);
        }
      }
      items = std::move(next);
      if (items.size() > kMaxItems) {
        log_.add("E_SIZE", path, "has more than " + std::to_string(kMaxItems) + " combinations of header values");
        return {};
      }
    }
    const bool any = operation.http.methods.empty() && operation.http.paths.empty() && operation.http.hosts.empty() &&
                     when.headers.empty();
    return any ? std::vector<kube::HttpMatch>{} : items;
  }

  void add_operation(const Operation& operation, const When& when, const Peers& peers, const std::string& path,
                     Company company) {
    std::optional<std::vector<PortSpec>> ports = operation.ports;
    if (when.ports) {
      ports = ports ? within(*when.ports, *ports) : *when.ports;
      if (ports->empty()) {
        log_.add("E_COMBINATION", path, "no port meets both conditions");
        return;
      }
    }
    if (operation.has_unless()) {
      add_exception(operation, path, operation.has_http || operation.ports ? Company::kOthers : company);
      return;
    }
    if (!operation.has_http && when.headers.empty()) {
      put(peers, ports.value_or(std::vector{tcp_ports(1, 65535)}), AppProtocol::kTcp, {});
      return;
    }
    add_http(ports, items_of(operation, when, path), peers, path);
  }

  /// HTTP is spoken on --http-ports; without them, on the ports that a rule with HTTP fields names.
  void add_http(const std::optional<std::vector<PortSpec>>& ports, const std::vector<kube::HttpMatch>& items,
                const Peers& peers, const std::string& path) {
    const auto known = http_ports();
    const bool ranges = ports && std::any_of(ports->begin(), ports->end(),
                                             [](const PortSpec& port) { return port.first != port.last; });
    if ((!ports || ranges) && known.empty()) {
      log_.add("E_PORTS", path, "has HTTP fields and no ports: say where HTTP is spoken with --http-ports");
      return;
    }
    const auto spoken = !ports ? known : known.empty() ? *ports : within(known, *ports);
    if (!spoken.empty()) {
      put(peers, spoken, AppProtocol::kHttp, items);
    }
    if (action_ == RuleAction::kAllow || known.empty()) {
      return;
    }
    // Where no HTTP is spoken Istio drops an ALLOW, and keeps of a DENY what is no HTTP field.
    auto not_there = ports ? other_ports(*ports) : std::vector<PortSpec>{};
    not_there.insert(not_there.end(), known.begin(), known.end());
    if (const auto rest = other_ports(not_there); !rest.empty()) {
      put(peers, rest, AppProtocol::kTcp, {});
    }
  }

  /// notPaths and the like, alone in their policy: everything, and a Deny for the exception.
  void add_exception(const Operation& operation, const std::string& path, Company company) {
    if (company == Company::kOthers || action_ != RuleAction::kAllow) {
      log_.add("E_NEGATIVE", path, "notPaths, notMethods and notHosts are imported only alone in an ALLOW policy");
      return;
    }
    const auto ports = http_ports();
    if (ports.empty()) {
      log_.add("E_PORTS", path, "has HTTP fields and no ports: say where HTTP is spoken with --http-ports");
      return;
    }
    put(std::nullopt, ports, AppProtocol::kHttp, {});
    std::vector<kube::HttpMatch> items;
    const auto& unless = operation.unless;
    for (const auto& item : {kube::HttpMatch{unless.methods, {}, {}, {}}, kube::HttpMatch{{}, unless.paths, {}, {}},
                             kube::HttpMatch{{}, {}, unless.hosts, {}}}) {
      if (!item.methods.empty() || !item.paths.empty() || !item.hosts.empty()) {
        items.push_back(item);
      }
    }
    put(std::nullopt, ports, AppProtocol::kHttp, items);
    rules_.back().action = RuleAction::kDeny;
    log_.add("W_SPLIT", path, "becomes a Deny rule, which also narrows other ALLOW policies of the same pods");
  }

  [[nodiscard]] std::vector<PortSpec> http_ports() const {
    std::vector<PortSpec> ports;
    for (const auto port : options_.http_ports) {
      ports.push_back(tcp_ports(port, port));
    }
    return ports;
  }

  /// A rule, or more items of one that this source rule made for the same ports.
  void put(const Peers& peers, const std::vector<PortSpec>& ports, AppProtocol protocol,
           const std::vector<kube::HttpMatch>& items) {
    for (std::size_t i = first_; i < rules_.size() && protocol == AppProtocol::kHttp; ++i) {
      auto& before = rules_[i];
      if (before.protocol == protocol && !before.http.empty() && !items.empty() && same_ports(before.ports, ports)) {
        before.http.insert(before.http.end(), items.begin(), items.end());
        return;
      }
    }
    L7Rule rule;
    rule.action = action_;
    rule.peers = peers;
    rule.ports = ports;
    rule.protocol = protocol;
    rule.http = items;
    rules_.push_back(std::move(rule));
  }

  RuleAction action_;
  const std::string& name_space_;
  const ImportOptions& options_;
  ImportLog& log_;
  std::size_t first_ = 0;  ///< of the rules made from the present source rule; they have the same peers
  std::vector<L7Rule> rules_;
};

/// What a policy says besides its rules.
struct Head {
  kube::LabelSelector selector;
  RuleAction action = RuleAction::kAllow;
  kube::PolicyMode mode = kube::PolicyMode::kEnforce;
};

bool is_dry_run(const ImportSource& source) {
  const auto* metadata = source.object.find("metadata");
  const auto* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
  const auto* value = annotations == nullptr ? nullptr : annotations->find("istio.io/dry-run");
  return value != nullptr && value->text() == "true";
}

void read_selector(kube::Fields& spec, Head& head, ImportLog& log) {
  if (const auto* value = spec.map("selector")) {
    kube::Fields selector(*value, spec.path_of("selector"), log.report(), kube::Nulls::kAbsent);
    if (const auto* labels = selector.map("matchLabels")) {
      for (const auto& label : labels->entries()) {
        head.selector.match_labels.emplace(label.key(), std::string(label.as_string()));
        if (!label.is_string() || label.as_string().find('*') != std::string_view::npos) {
          log.add("E_FIELD", selector.path_of("matchLabels"), "values must be strings without *");
        }
      }
    }
    selector.refuse_others();
  }
  for (const std::string_view key : {"targetRef", "targetRefs"}) {
    if (spec.find(key) != nullptr) {
      log.add("E_TARGETREF", spec.path_of(key), "policies of gateways and services are not imported");
    }
  }
}

void read_action(kube::Fields& spec, bool has_rules, Head& head, ImportLog& log) {
  const auto action = spec.word("action", {"ALLOW", "DENY", "AUDIT", "CUSTOM"}).value_or(0);
  if (action == 3) {
    static_cast<void>(spec.find("provider"));
    log.add("E_EXTAUTHZ", spec.path_of("action"), "external authorization is not imported");
  }
  head.action = action == 0 ? RuleAction::kAllow : RuleAction::kDeny;
  if (action == 2) {
    head.mode = kube::PolicyMode::kDryRun;
    log.add("W_AUDIT", spec.path_of("action"), "becomes Deny rules in DryRun: what they match is logged");
  }
  if (action != 0 && !has_rules) {
    log.add("E_RULES", spec.path(), "needs rules");
  }
}

L7Rule closing_rule() {
  L7Rule rule;
  rule.name = "nobody-else";
  rule.peers = std::vector{nobody_peer()};
  rule.ports = {tcp_ports(1, 65535)};
  rule.protocol = AppProtocol::kTcp;
  return rule;
}

std::vector<std::string> namespaces_of(const ImportSource& source, const ImportOptions& options, ImportLog& log) {
  if (source.name.name_space != options.root_namespace) {
    return {source.name.name_space};
  }
  if (options.expand_namespaces.empty()) {
    log.add("E_SCOPE", source.path + "metadata.namespace",
            "is the root namespace, so the policy is the whole mesh's: list its namespaces with --expand-namespaces");
  } else {
    log.add("W_SCOPE", source.path + "metadata.namespace", "is written for the listed namespaces and no others");
  }
  return options.expand_namespaces;
}

Imported convert(const ImportSource& source, const ImportOptions& options, ImportLog& log) {
  const YamlValue nothing;
  const auto* value = source.object.find("spec");
  kube::Fields spec(value != nullptr ? *value : nothing, source.path + "spec", log.report(), kube::Nulls::kAbsent);
  const auto* list = spec.list("rules");
  const bool has_rules = list != nullptr && !list->items().empty();
  Head head;
  read_selector(spec, head, log);
  read_action(spec, has_rules, head, log);
  if (is_dry_run(source)) {
    head.mode = kube::PolicyMode::kDryRun;
  }
  RuleConverter rules(head.action, source.name.name_space, options, log);
  for (std::size_t i = 0; has_rules && i < list->items().size(); ++i) {
    rules.add(list->items()[i], kube::item_path(spec.path_of("rules"), i),
              list->items().size() == 1 ? Company::kAlone : Company::kOthers);
  }
  spec.refuse_others();
  kube::L7Policy policy;
  policy.pod_selector = head.selector;
  policy.mode = head.mode;
  policy.ingress = std::move(rules).take();
  if (head.action == RuleAction::kAllow) {
    policy.ingress.push_back(closing_rule());
  }
  Imported made;
  for (const auto& name_space : namespaces_of(source, options, log)) {
    policy.name = {name_space, source.name.name};
    made.l7_policies.push_back(policy);
  }
  return made;
}

}  // namespace

ImportResult import_istio(const std::vector<ImportText>& texts, const ImportOptions& options) {
  return run_import(texts, {"security.istio.io", "AuthorizationPolicy", {}, [&](const auto& source, ImportLog& log) {
                              return convert(source, options, log);
                            }});
}

}  // namespace gabion::config::policy
