// Cuts ports where either side's rules cut them, samples requests where rules look at them, and merges equal answers.
#include "inspect/policy/diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "inspect/policy/ask_statement.h"
#include "inspect/policy/diff_ends.h"
#include "inspect/policy/diff_ports.h"
#include "inspect/policy/diff_questions.h"

namespace gabion::inspect::policy {
namespace {

using config::Error;
using config::Result;
using config::kube::IpProtocol;
using config::policy::End;
using config::policy::Traffic;
using config::policy::Way;

constexpr std::size_t kMaxNotes = 20;

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

std::string words(const StatementAnswer& answer) {
  const SqlLine* line = answer.decisive();
  if (line == nullptr) {
    return "nobody judges it";
  }
  if (line->allowed) {
    return line->rule.empty() ? line->reason : line->rule;
  }
  return line->reason + (line->rule.empty() ? "" : " by " + line->rule);
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
    for (auto& one : questions_.take_notes()) {
      note(std::move(one));
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

  [[nodiscard]] std::vector<DiffTable> tables(const End& from, const End& to) const {
    std::vector<DiffTable> result;
    for (const auto* view : {&before_, &after_}) {
      for (const auto* end : {&from, &to}) {
        if (const auto* pod = end->kind == End::Kind::kPod ? view->find_pod(end->pod) : nullptr) {
          result.push_back({end == &from ? Way::kEgress : Way::kIngress, &view->objects(), pod});
        }
      }
    }
    return result;
  }

  [[nodiscard]] const PortCuts& cuts_of(const DiffTable& table) {
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

  [[nodiscard]] Result<void> ask_ports(const End& from, const End& to, const std::vector<DiffTable>& tables,
                                       const Change& shape, PairChanges& out) {
    Traffic traffic{from, to, shape.first_port, shape.protocol, std::nullopt, std::nullopt};
    std::vector<DiffQuestion> questions;
    if (shape.protocol == IpProtocol::kTcp) {
      questions = questions_.on(tables, shape.first_port);
    }
    if (questions.empty()) {
      return ask(traffic, shape, out);
    }
    PairChanges some;
    for (auto& question : questions) {
      Change one = shape;
      one.request = question.to_string();
      traffic.request = std::move(question.request);
      traffic.sql = std::move(question.sql);
      if (auto asked = ask(traffic, one, some); !asked) {
        return asked;
      }
    }
    // Every request the same way: the requests do not matter.
    const bool every = some.size() == questions.size() && std::all_of(some.begin(), some.end(), [&](const Change& one) {
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
    const auto then = answer_of(before_, traffic);
    const auto now = answer_of(after_, traffic);
    if (!then || !now) {
      return then ? now.error() : then.error();
    }
    if (then->allowed == now->allowed) {
      return {};
    }
    Change change = shape;
    change.allowed = now->allowed;
    change.before = then->words;
    change.now = now->words;
    add(std::move(change), out);
    return {};
  }

  struct Answer {
    bool allowed = false;
    std::string words;
  };
  [[nodiscard]] Result<Answer> answer_of(ClusterView& view, Traffic& traffic) {
    traffic.identity = options_.mtls ? view.identity_of(traffic.from.pod) : std::nullopt;
    if (traffic.sql) {
      const auto said = statements_.ask(view, traffic);
      return said ? Result<Answer>(Answer{said->allowed(), words(*said)}) : said.error();
    }
    const auto said = view.ask(traffic);
    return said ? Result<Answer>(Answer{said->allowed, words(*said)}) : said.error();
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
  DiffQuestions questions_;
  StatementDesk statements_;
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
