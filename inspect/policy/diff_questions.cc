// Questions by port: see diff_questions.h.
#include "inspect/policy/diff_questions.h"

#include <algorithm>
#include <utility>

#include "inspect/policy/diff_ports.h"

namespace gabion::inspect::policy {
namespace {

using config::kube::AppProtocol;
using config::kube::HttpMatch;
using config::kube::L7Rule;
using config::kube::SqlFingerprints;
using config::kube::SqlMatch;
using config::policy::HttpRequest;

std::string text_of(const HttpRequest& request) {
  std::string text = request.method + " " + request.target;
  text += request.host.empty() ? "" : " host " + request.host;
  for (const auto& [name, value] : request.headers) {
    text += " with " + name;
  }
  return text;
}

/// Looks at more than whether a statement may be sent.
bool demands_more(const SqlMatch& item) {
  return item.limits.rows || item.limits.bytes || item.limits.statement_bytes || !item.mask.empty() ||
         item.fingerprints.mode != SqlFingerprints::Mode::kOff || item.taint == config::kube::SqlTaint::kDeny;
}

/// What of it was not even asked.
std::string text_of(const StatementSamples& samples) {
  return samples.cut_items == 0 ? ""
                                : "; of " + std::to_string(samples.cut_items) + " only a part, " +
                                      std::to_string(samples.left_out) + " statements were left out";
}

}  // namespace

std::string DiffQuestion::to_string() const {
  if (request) {
    return text_of(*request);
  }
  return sql ? "SQL as " + sql->user + " in " + sql->database + ": " + sql->text : "";
}

std::vector<DiffQuestion> DiffQuestions::on(const std::vector<DiffTable>& tables, std::uint16_t port) {
  std::vector<const L7Rule*> rules;
  for (const auto& table : tables) {
    const auto own = l7_rules_on(*table.objects, *table.pod, table.way, port);
    rules.insert(rules.end(), own.begin(), own.end());
  }
  if (rules.empty()) {
    return {};
  }
  const bool is_sql = std::any_of(rules.begin(), rules.end(),
                                  [](const L7Rule* rule) { return rule->protocol == AppProtocol::kPostgresql; });
  return is_sql ? statements(rules, port) : requests(rules, port);
}

std::vector<DiffQuestion> DiffQuestions::requests(const std::vector<const L7Rule*>& rules, std::uint16_t port) {
  std::set<const HttpMatch*> items;
  for (const L7Rule* rule : rules) {
    for (const auto& item : rule->http) {
      items.insert(&item);
    }
  }
  const std::vector<const HttpMatch*> key(items.begin(), items.end());
  auto& samples = requests_[key];
  if (samples.requests.empty()) {
    samples = key.empty() ? RequestSamples{{HttpRequest{}}, {}, false} : sample_requests(key);
    for (const auto& regex : samples.unsampled) {
      if (told_.insert(regex).second) {
        notes_.push_back("regex " + regex +
                         ": no text for it was found, so requests that only it meets were not compared");
      }
    }
    if (samples.truncated) {
      notes_.push_back("port " + std::to_string(port) +
                       ": too many combinations of conditions, each was asked about alone");
    }
  }
  std::vector<DiffQuestion> made;
  made.reserve(samples.requests.size());
  for (const auto& request : samples.requests) {
    made.push_back({request, std::nullopt});
  }
  return made;
}

std::vector<DiffQuestion> DiffQuestions::statements(const std::vector<const L7Rule*>& rules, std::uint16_t port) {
  std::set<const SqlMatch*> items;
  for (const L7Rule* rule : rules) {
    for (const auto& item : rule->sql) {
      items.insert(&item);
    }
  }
  const std::vector<const SqlMatch*> key(items.begin(), items.end());
  auto& samples = statements_[key];
  if (samples.statements.empty()) {
    samples = sample_statements(key);
    const std::string at = "port " + std::to_string(port);
    if (std::any_of(key.begin(), key.end(), [](const SqlMatch* item) { return demands_more(*item); })) {
      notes_.push_back(at + ": what limits, mask, taint and fingerprints do to what passes was not compared");
    }
    if (samples.truncated) {
      notes_.push_back(at + ": too many statements, each item of sql was asked about with its own names" +
                       text_of(samples));
    }
  }
  std::vector<DiffQuestion> made;
  made.reserve(samples.statements.size());
  for (const auto& statement : samples.statements) {
    made.push_back({std::nullopt, statement});
  }
  return made;
}

std::vector<std::string> DiffQuestions::take_notes() {
  return std::exchange(notes_, {});
}

}  // namespace gabion::inspect::policy
