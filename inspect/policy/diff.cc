// Cuts ports where either side's rules cut them, samples requests where rules look at them, and merges equal answers.
#include "inspect/policy/diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "inspect/policy/diff_ends.h"
#include "inspect/policy/diff_ports.h"
#include "inspect/policy/request_samples.h"

namespace gabion::inspect::policy {
namespace {

using config::Error;
using config::Result;
using config::kube::HttpMatch;
using config::kube::IpProtocol;
using config::policy::End;
using config::policy::HttpRequest;
using config::policy::Traffic;
using config::policy::Way;

constexpr std::size_t kMaxNotes = 20;

/// One end whose policies can matter to a pair: the source for egress or the destination for ingress, of either
/// version.
struct Table {
  Way way = Way::kIngress;
  const config::kube::Objects* objects = nullptr;
  const config::kube::Pod* pod = nullptr;
};

std::string words(const TrafficAnswer& answer) {
  if (answer.same_end) {
    return "itself";
  }
  const Verdict& verdict = answer.decisive().verdict;
  if (!verdict.rule.empty()) {
    return std::string(verdict.allowed() ? "" : std::string(to_string(verdict.reason)) + " ") +
           std::string(verdict.rule);
  }
  return verdict.allowed() ? std::string(verdict.basis)
                           : std::string(to_string(verdict.reason)) + " " + std::string(verdict.basis);
}

std::string request_text(const HttpRequest& request) {
  std::string text = request.method + " " + request.target;
  text += request.host.empty() ? "" : " host " + request.host;
  for (const auto& [name, value] : request.headers) {
    text += " with " + name;
  }
  return text;
}

/// Changes of one pair of groups, in the order of ports.
using PairChanges = std::vector<Change>;

bool same_but_ports(const Change& a, const Change& b) {
  return std::tie(a.allowed, a.protocol, a.request, a.before, a.now) ==
         std::tie(b.allowed, b.protocol, b.request, b.before, b.now);
}

class Comparison {
 public:
  Comparison(ClusterView& before, ClusterView& after, const DiffOptions& options)
      : before_(before), after_(after), options_(options) {}

  [[nodiscard]] Result<DiffReport> run() {
    DiffEnds ends = ends_of(before_.objects(), after_.objects());
    report_.notes = std::move(ends.notes);
    const auto sources = selected(ends.groups, options_.from);
    const auto targets = selected(ends.groups, options_.to);
    if (!sources || !targets) {
      return sources ? targets.error() : sources.error();
    }
    for (const auto* target : *targets) {
      std::vector<std::pair<std::string, PairChanges>> of_target;
      for (const auto* source : *sources) {
        auto changes = pair(*source, *target);
        if (!changes) {
          return changes.error();
        }
        if (!changes->empty()) {
          of_target.emplace_back(name_of(*source), std::move(*changes));
        }
      }
      add_merged(*target, std::move(of_target));
    }
    for (const auto& regex : unsampled_) {
      note("regex " + regex + ": no text for it was found, so requests that only it meets were not compared");
    }
    return std::move(report_);
  }

 private:
  [[nodiscard]] static std::string name_of(const EndGroup& group) {
    return group.alike.empty() ? group.end.text
                               : group.end.text + " (and " + std::to_string(group.alike.size()) + " alike)";
  }

  [[nodiscard]] static Result<std::vector<const EndGroup*>> selected(const std::vector<EndGroup>& groups,
                                                                     const std::string& text) {
    std::vector<const EndGroup*> result;
    for (const auto& group : groups) {
      const bool member =
          std::any_of(group.alike.begin(), group.alike.end(), [&text](const End& end) { return end.text == text; });
      if (text.empty() || group.end.text == text || member) {
        result.push_back(&group);
      }
    }
    if (result.empty() && !text.empty()) {
      return Error{"is not among the ends that are compared", text};
    }
    return result;
  }

  void note(std::string text) {
    if (report_.notes.size() < kMaxNotes) {
      report_.notes.push_back(std::move(text));
    }
  }

  [[nodiscard]] std::vector<Table> tables(const End& from, const End& to) const {
    std::vector<Table> result;
    for (const auto* view : {&before_, &after_}) {
      for (const auto* end : {&from, &to}) {
        if (const auto* pod = end->kind == End::Kind::kPod ? view->find_pod(end->pod) : nullptr) {
          result.push_back({end == &from ? Way::kEgress : Way::kIngress, &view->objects(), pod});
        }
      }
    }
    return result;
  }

  /// The requests that rules of these tables on `port` tell apart; none if no L7 rule is there.
  [[nodiscard]] std::vector<HttpRequest> requests_for(const std::vector<Table>& tables, std::uint16_t port) {
    std::set<const HttpMatch*> items;
    bool any = false;
    for (const auto& table : tables) {
      for (const auto* rule : l7_rules_on(*table.objects, *table.pod, table.way, port)) {
        any = true;
        has_sql_ = has_sql_ || !rule->sql.empty();
        for (const auto& item : rule->http) {
          items.insert(&item);
        }
      }
    }
    if (!any) {
      return {};
    }
    const std::vector<const HttpMatch*> key(items.begin(), items.end());
    auto& samples = samples_[key];
    if (samples.requests.empty()) {
      samples = key.empty() ? RequestSamples{{HttpRequest{}}, {}, false} : sample_requests(key);
      unsampled_.insert(samples.unsampled.begin(), samples.unsampled.end());
      if (samples.truncated) {
        note("port " + std::to_string(port) + ": too many combinations of conditions, each was asked about alone");
      }
    }
    return samples.requests;
  }

  [[nodiscard]] const PortCuts& cuts_of(const Table& table) {
    auto& known = cuts_[{table.pod, table.way}];
    if (!known) {
      known = port_cuts(*table.objects, *table.pod, table.way);
    }
    return *known;
  }

  [[nodiscard]] Result<PairChanges> pair(const EndGroup& source, const EndGroup& target) {
    const bool same = source.end.text == target.end.text;
    if ((same && source.alike.empty()) || (!is_pod(source) && !is_pod(target))) {
      return PairChanges{};
    }
    const End& from = same ? source.alike.front() : source.end;
    const auto found = tables(from, target.end);
    PairChanges changes;
    for (const auto protocol : {IpProtocol::kTcp, IpProtocol::kUdp, IpProtocol::kSctp}) {
      std::set<std::uint16_t> firsts{0};
      for (const auto& table : found) {
        const auto& cuts = cuts_of(table);
        const auto& own = cuts[static_cast<std::size_t>(protocol)];
        firsts.insert(own.begin(), own.end());
      }
      for (auto at = firsts.begin(); at != firsts.end(); ++at) {
        const auto next = std::next(at);
        const auto last = next == firsts.end() ? 65535 : *next - 1;
        if (last == 0) {
          continue;  // port 0 is no port
        }
        Change shape;
        shape.protocol = protocol;
        shape.first_port = std::max<std::uint16_t>(*at, 1);
        shape.last_port = static_cast<std::uint16_t>(last);
        if (auto asked = ask_ports(from, target.end, found, shape, changes); !asked) {
          return asked.error();
        }
      }
    }
    return changes;
  }

  [[nodiscard]] static bool is_pod(const EndGroup& group) { return group.end.kind == End::Kind::kPod; }

  [[nodiscard]] Result<void> ask_ports(const End& from, const End& to, const std::vector<Table>& tables,
                                       const Change& shape, PairChanges& out) {
    Traffic traffic{from, to, shape.first_port, shape.protocol, std::nullopt, std::nullopt};
    std::vector<HttpRequest> requests;
    if (shape.protocol == IpProtocol::kTcp) {
      requests = requests_for(tables, shape.first_port);
    }
    if (requests.empty()) {
      return ask(traffic, shape, out);
    }
    PairChanges some;
    for (const auto& request : requests) {
      traffic.request = request;
      Change one = shape;
      one.request = request_text(request);
      if (auto asked = ask(traffic, one, some); !asked) {
        return asked;
      }
    }
    // Every request the same way: the requests do not matter.
    const bool every = some.size() == requests.size() && std::all_of(some.begin(), some.end(), [&](const Change& one) {
                         return one.allowed == some.front().allowed && one.before == some.front().before &&
                                one.now == some.front().now;
                       });
    if (every) {
      some.resize(1);
      some.front().request.clear();
    }
    for (auto& one : some) {
      add(std::move(one), out);
    }
    return {};
  }

  [[nodiscard]] Result<void> ask(Traffic& traffic, const Change& shape, PairChanges& out) {
    if (++report_.questions > kMaxQuestions) {
      return Error{"more than " + std::to_string(kMaxQuestions) + " questions: choose ends with --from or --to", ""};
    }
    traffic.identity = options_.mtls ? before_.identity_of(traffic.from.pod) : std::nullopt;
    const auto then = before_.ask(traffic);
    traffic.identity = options_.mtls ? after_.identity_of(traffic.from.pod) : std::nullopt;
    const auto now = after_.ask(traffic);
    if (!then || !now) {
      return then ? now.error() : then.error();
    }
    if (then->allowed == now->allowed) {
      return {};
    }
    Change change = shape;
    change.allowed = now->allowed;
    change.before = words(*then);
    change.now = words(*now);
    add(std::move(change), out);
    return {};
  }

  /// Stretches of ports that touch and say the same are one.
  static void add(Change change, PairChanges& out) {
    for (auto& before : out) {
      if (same_but_ports(before, change) && before.last_port + 1 == change.first_port) {
        before.last_port = change.last_port;
        return;
      }
    }
    out.push_back(std::move(change));
  }

  /// Sources with the same changes towards `target` are told together.
  void add_merged(const EndGroup& target, std::vector<std::pair<std::string, PairChanges>> sources) {
    std::vector<bool> told(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (told[i]) {
        continue;
      }
      std::vector<std::string> names{sources[i].first};
      for (std::size_t j = i + 1; j < sources.size(); ++j) {
        if (!told[j] && same(sources[i].second, sources[j].second)) {
          told[j] = true;
          names.push_back(sources[j].first);
        }
      }
      for (auto& change : sources[i].second) {
        change.from = names;
        change.to = target.end.text;
        change.to_alike = target.alike.size();
        report_.changes.push_back(std::move(change));
      }
    }
    if (has_sql_) {
      has_sql_ = false;
      note("sql conditions were not compared");
    }
  }

  [[nodiscard]] static bool same(const PairChanges& a, const PairChanges& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Change& one, const Change& other) {
      return same_but_ports(one, other) && one.first_port == other.first_port && one.last_port == other.last_port;
    });
  }

  ClusterView& before_;
  ClusterView& after_;
  const DiffOptions& options_;
  DiffReport report_;
  bool has_sql_ = false;
  std::set<std::string> unsampled_;
  std::map<std::vector<const HttpMatch*>, RequestSamples> samples_;
  std::map<std::pair<const config::kube::Pod*, Way>, std::optional<PortCuts>> cuts_;
};

}  // namespace

Result<DiffReport> compare(ClusterView& before, ClusterView& after, const DiffOptions& options) {
  return Comparison(before, after, options).run();
}

void share_inventory(config::kube::Objects& before, config::kube::Objects& after) {
  auto& from = before.pods.empty() ? after : before;
  auto& to = before.pods.empty() ? before : after;
  if (!to.pods.empty()) {
    return;
  }
  to.pods = from.pods;
  to.namespaces = from.namespaces;
  to.nodes = from.nodes;
  to.services = from.services;
}

}  // namespace gabion::inspect::policy
