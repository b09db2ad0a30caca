// A rule is added to every field one of its targets may draw from.
#include "inspect/waf/plan/scan_field.h"

#include <algorithm>

#include "inspect/waf/transform/transform.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::Selection;
using seclang::Transformation;
using seclang::Variable;

bool is_headers(Variable variable) {
  return variable == Variable::kRequestHeaders || variable == Variable::kResponseHeaders;
}

/// Collections whose members stand still during a phase.
bool is_list(Variable variable) {
  constexpr std::array kLists{Variable::kArgs,
                              Variable::kArgsNames,
                              Variable::kArgsGet,
                              Variable::kArgsGetNames,
                              Variable::kArgsPost,
                              Variable::kArgsPostNames,
                              Variable::kRequestCookies,
                              Variable::kRequestCookiesNames,
                              Variable::kRequestHeadersNames,
                              Variable::kResponseHeadersNames,
                              Variable::kFiles,
                              Variable::kFilesNames,
                              Variable::kFilesSizes,
                              Variable::kFilesTmpNames,
                              Variable::kMultipartFilename,
                              Variable::kMultipartName,
                              Variable::kMultipartPartHeaders};
  return std::find(kLists.begin(), kLists.end(), variable) != kLists.end();
}

/// Texts that come with the message; no rule changes them.
bool is_single(Variable variable) {
  constexpr std::array kSingles{Variable::kRequestFilename, Variable::kRequestBasename, Variable::kRequestUri,
                                Variable::kRequestUriRaw,   Variable::kRequestLine,     Variable::kRequestMethod,
                                Variable::kRequestProtocol, Variable::kQueryString,     Variable::kRequestBody,
                                Variable::kResponseBody,    Variable::kPathInfo,        Variable::kServerName};
  return std::find(kSingles.begin(), kSingles.end(), variable) != kSingles.end();
}

bool changes_everything(Transformation transformation) {
  return transform::may_change(transformation, 0);
}

/// What is left to do before a scan: a pattern without case meets a text as it meets the same in lower case.
std::span<const Transformation> chain_of(const Link& link, CaseRule letters) {
  std::span<const Transformation> chain = link.transformations;
  while (letters == CaseRule::kWithoutCase && !link.multi_match && !chain.empty() &&
         (chain.back() == Transformation::kLowercase || chain.back() == Transformation::kUppercase)) {
    chain = chain.first(chain.size() - 1);
  }
  return chain;
}

/// 0: most chains; 1: with cmdLine; 2: with a transformation that leaves no value alone.
std::uint8_t lane_of(std::span<const Transformation> chain) {
  if (std::any_of(chain.begin(), chain.end(), changes_everything)) {
    return 2;
  }
  return std::find(chain.begin(), chain.end(), Transformation::kCmdLine) == chain.end() ? 0 : 1;
}

/// Not worth doing ahead: a digest costs more than trying the rule, and its pattern meets nearly every digest.
bool is_digest(Transformation transformation) {
  return transformation == Transformation::kSha1 || transformation == Transformation::kMd5;
}

/// Would a look at the members by name be all it takes?
bool is_picked(const Target& target) {
  return is_list(target.variable) && target.selection != Selection::kAll;
}

}  // namespace

FieldBuilder::FieldBuilder(Variable variable, std::string name, std::uint8_t lane) {
  field_.lane = lane;
  field_.variable = variable;
  field_.name = std::move(name);
  field_.steps.emplace_back();
}

std::uint64_t FieldBuilder::nodes_of(const Link& link, std::span<const Transformation> chain) {
  std::uint64_t nodes = link.multi_match || chain.empty() ? 1 : 0;
  std::uint8_t at = 0;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const auto found = std::find_if(field_.steps.begin() + 1, field_.steps.end(), [&](const ScanStep& step) {
      return step.parent == at && step.transformation == chain[i];
    });
    if (found == field_.steps.end()) {
      if (field_.steps.size() == ScanField::kMostNodes) {
        return 0;
      }
      field_.steps.push_back({at, chain[i]});
      at = static_cast<std::uint8_t>(field_.steps.size() - 1);
    } else {
      at = static_cast<std::uint8_t>(found - field_.steps.begin());
    }
    if (link.multi_match || i + 1 == chain.size()) {
      nodes |= std::uint64_t{1} << at;
    }
  }
  return nodes;
}

std::set<std::uint32_t> FieldBuilder::patterns() const {
  std::set<std::uint32_t> ids;
  for (const auto& [id, entries] : entries_) {
    ids.insert(id);
  }
  return ids;
}

void FieldBuilder::sort_steps() {
  std::uint64_t below = 0;
  for (std::size_t node = 1; node < field_.steps.size(); ++node) {
    const auto& step = field_.steps[node];
    if (changes_everything(step.transformation) || (below >> step.parent & 1U) != 0) {
      below |= std::uint64_t{1} << node;
      field_.always.push_back(static_cast<std::uint8_t>(node));
      continue;
    }
    field_.plain_nodes |= std::uint64_t{1} << node;
    auto& sometimes = field_.sometimes;
    if (std::find(sometimes.begin(), sometimes.end(), step.transformation) == sometimes.end()) {
      sometimes.push_back(step.transformation);
    }
  }
}

ScanField FieldBuilder::finish() {
  sort_steps();
  std::uint32_t next = 0;
  for (const auto& [id, entries] : entries_) {
    for (; next <= id; ++next) {
      field_.first_entry.push_back(static_cast<std::uint32_t>(field_.entries.size()));
    }
    field_.entries.insert(field_.entries.end(), entries.begin(), entries.end());
  }
  field_.first_entry.push_back(static_cast<std::uint32_t>(field_.entries.size()));
  return field_;
}

void FieldSet::note_headers(const Rule& rule) {
  for (const auto& target : rule.links.front().targets) {
    if (is_headers(target.variable) && target.selection == Selection::kName && !target.count) {
      headers_[target.variable].insert(target.name);
    }
  }
}

std::vector<FieldSet::Key> FieldSet::keys_of(const Target& target, std::uint8_t lane) const {
  if (!is_headers(target.variable)) {
    return {{target.variable, target.variable == Variable::kXml ? target.name : std::string{}, lane}};
  }
  if (target.selection == Selection::kName) {
    return {{target.variable, target.name, lane}};
  }
  std::vector<Key> keys{{target.variable, "", lane}};
  if (const auto names = headers_.find(target.variable); names != headers_.end()) {
    for (const auto& name : names->second) {
      keys.emplace_back(target.variable, name, lane);
    }
  }
  return keys;
}

FieldBuilder& FieldSet::field(const Key& key) {
  const auto [found, is_new] = index_.try_emplace(key, fields_.size());
  if (is_new) {
    fields_.emplace_back(std::get<0>(key), std::get<1>(key), std::get<2>(key));
  }
  return fields_[found->second];
}

FieldSet::Places FieldSet::places_of(const Rule& rule, CaseRule letters) {
  const auto& link = rule.links.front();
  const auto chain = chain_of(link, letters);
  const auto lane = lane_of(chain);
  const auto& targets = link.targets;
  const bool known = std::all_of(targets.begin(), targets.end(), [](const Target& target) {
    return !target.count && (is_headers(target.variable) || is_list(target.variable) || is_single(target.variable) ||
                             target.variable == Variable::kXml);
  });
  if (!known || std::all_of(targets.begin(), targets.end(), is_picked) ||
      std::any_of(chain.begin(), chain.end(), is_digest)) {
    return {};
  }
  Places places;
  for (const auto& target : targets) {
    for (const auto& key : keys_of(target, lane)) {
      static_cast<void>(field(key));
    }
  }
  for (const auto& target : targets) {
    for (const auto& key : keys_of(target, lane)) {
      auto& builder = field(key);
      places.emplace_back(&builder, builder.nodes_of(link, chain));
    }
  }
  if (std::any_of(places.begin(), places.end(), [](const auto& place) { return place.second == 0; })) {
    return {};
  }
  return places;
}

bool FieldSet::add(const Rule& rule, Index index, std::uint32_t pattern, CaseRule letters) {
  const auto places = places_of(rule, letters);
  for (const auto& [builder, nodes] : places) {
    builder->add(pattern, index, nodes);
  }
  return !places.empty();
}

bool FieldSet::add_probe(const Rule& rule, Index index) {
  const auto places = places_of(rule, CaseRule::kAsWritten);
  for (const auto& [builder, nodes] : places) {
    builder->add_probe(index, nodes);
  }
  return !places.empty();
}

}  // namespace gabion::inspect::waf::plan
