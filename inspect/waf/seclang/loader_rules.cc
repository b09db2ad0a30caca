// Rules, chains, markers, default actions and revisions as they are read.
#include <fmt/format.h>

#include <algorithm>

#include "inspect/waf/seclang/loader.h"
#include "inspect/waf/seclang/operator_text.h"
#include "inspect/waf/seclang/targets.h"

namespace gabion::inspect::waf::seclang {
namespace {

void check_starter(const ActionList& said, Remarks& remarks) {
  if (!said.id) {
    remarks.errors.emplace_back("the rule has no id");
  }
}

/// Only a chain's first rule says what it is and what is done.
void check_later_link(const ActionList& said, std::uint8_t phase, Remarks& remarks) {
  if (said.id) {
    remarks.errors.emplace_back("id belongs on the first rule of a chain");
  }
  if (said.disruptive) {
    remarks.errors.emplace_back("a disruptive action belongs on the first rule of a chain");
  }
  if (said.skip || said.skip_after) {
    remarks.errors.emplace_back("skip and skipAfter belong on the first rule of a chain");
  }
  if (said.phase && *said.phase != phase) {
    remarks.errors.emplace_back("a chain has one phase, that of its first rule");
  }
}

void check_targets(const std::vector<Target>& targets, Remarks& remarks) {
  const bool only_exclusions =
      !targets.empty() && std::all_of(targets.begin(), targets.end(), [](const Target& t) { return t.exclude; });
  if (only_exclusions) {
    remarks.errors.emplace_back("it only excludes targets and looks at none");
  }
}

void check_default(const ActionList& said, Remarks& remarks) {
  if (!said.phase) {
    remarks.errors.emplace_back("it needs a phase");
  }
  if (!said.disruptive || said.disruptive == Disruptive::kBlock) {
    remarks.errors.emplace_back("it needs pass, deny, drop, redirect or allow");
  }
  const bool says_more = said.id || said.skip_after || said.skip || said.message_text || said.log_data ||
                         !said.tags.empty() || said.severity || said.version || said.revision || said.maturity ||
                         said.accuracy || said.chain || said.capture || said.multi_match ||
                         said.forgets_transformations || !said.set_variables.empty() ||
                         !said.expire_variables.empty() || !said.init_collections.empty() || !said.controls.empty();
  if (says_more) {
    remarks.errors.emplace_back("only phase, log words, a disruptive action, status and t: (but t:none) belong here");
  }
}

bool words_between(const std::vector<std::string>& words, std::size_t least, std::size_t most, Remarks& remarks) {
  if (words.size() >= least && words.size() <= most) {
    return true;
  }
  remarks.errors.push_back(
      least == most ? fmt::format("it takes {} quoted or bare words, not {}", least, words.size())
                    : fmt::format("it takes {} to {} quoted or bare words, not {}", least, most, words.size()));
  return false;
}

}  // namespace

void Loader::add_rule(Reading& reading, const std::string& path) {
  if (!words_between(reading.words, 2, 3, reading.remarks)) {
    reading.remarks.errors.back().insert(0, "SecRule: ");
    return;
  }
  DraftLink link;
  link.targets = parse_targets(reading.words[0], reading.remarks);
  check_targets(link.targets, reading.remarks);
  link.op = parse_operator(reading.words[1], reading.remarks);
  read_phrases(link.op, path, reading.remarks);
  if (reading.words.size() == 3) {
    link.said = parse_actions(reading.words[2], reading.remarks);
  }
  add_link(reading, std::move(link));
}

void Loader::add_action(Reading& reading) {
  if (!words_between(reading.words, 1, 1, reading.remarks)) {
    reading.remarks.errors.back().insert(0, "SecAction: ");
    return;
  }
  DraftLink link;
  link.said = parse_actions(reading.words[0], reading.remarks);
  add_link(reading, std::move(link));
}

/// Counts one more rule, link or revision.
bool Loader::is_too_many(Reading& reading) {
  stopped_ = ++rules_ > limits_.rules;
  if (stopped_) {
    reading.remarks.errors.push_back(fmt::format("more than {} rules are read", limits_.rules));
  }
  return stopped_;
}

void Loader::add_link(Reading& reading, DraftLink link) {
  if (is_too_many(reading)) {
    return;
  }
  link.place = reading.place;
  const bool goes_on = chain_is_open_;
  chain_is_open_ = link.said.chain;
  if (!goes_on) {
    check_starter(link.said, reading.remarks);
    items_.emplace_back(DraftRule{{}, in_base_});
  }
  auto& rule = std::get<DraftRule>(items_.back());
  if (goes_on) {
    check_later_link(link.said, rule.links.front().said.phase.value_or(Rule{}.phase), reading.remarks);
  }
  rule.links.push_back(std::move(link));
  report(reading, rule.id());
}

/// Phrases of the files that the operator names, beside the file of the rule.
void Loader::read_phrases(Operator& op, const std::string& path, Remarks& remarks) {
  if (!reads_files(op.name)) {
    return;
  }
  const std::string names = literal_of(op.argument);
  for (const std::string_view name : parts_of(names, kBlanks)) {
    const std::string file = resolve(name, path);
    const auto text = sources_.read(file);
    if (!text) {
      remarks.errors.push_back(fmt::format("@{}: {}", to_string(op.name), text.error().what));
      continue;
    }
    (void)sources_.number_of_file(file);
    const auto phrases = phrases_of_file(op.name, *text, remarks);
    op.phrases.insert(op.phrases.end(), phrases.begin(), phrases.end());
    if (phrases.empty()) {
      remarks.errors.push_back(fmt::format("@{}: {} has no entry", to_string(op.name), file));
    }
  }
}

void Loader::add_marker(Reading& reading) {
  if (!words_between(reading.words, 1, 1, reading.remarks)) {
    return;
  }
  items_.emplace_back(Marker{reading.words.front(), reading.place});
}

void Loader::add_default(Reading& reading) {
  if (!words_between(reading.words, 1, 1, reading.remarks)) {
    return;
  }
  ActionList said = parse_actions(reading.words.front(), reading.remarks);
  check_default(said, reading.remarks);
  if (!said.phase) {
    return;
  }
  auto& place = defaults_[*said.phase];
  if (place) {
    reading.remarks.errors.push_back(fmt::format("phase {} has its default actions already, from {}", *said.phase,
                                                 place_text(place->place, sources_.names())));
    return;
  }
  place = DefaultActions{reading.place, std::move(said)};
}

void Loader::add_revision(Reading& reading) {
  if (is_too_many(reading)) {
    return;
  }
  Revision revision = parse_revision(reading.name, reading.words, reading.remarks);
  revision.place = reading.place;
  revisions_.push_back(std::move(revision));
}

void Loader::refuse_inside_chain(Reading& reading) {
  reading.remarks.errors.push_back(
      fmt::format("{} stands inside the chain of rule {}", reading.name, std::get<DraftRule>(items_.back()).id()));
  chain_is_open_ = false;
}

/// At the end of each file: a chain does not go on in another one.
void Loader::end_open_chain(Place place) {
  if (chain_is_open_) {
    findings_.errors.push_back(
        {place, fmt::format("rule {}: its chain has no next rule", std::get<DraftRule>(items_.back()).id())});
    chain_is_open_ = false;
  }
}

}  // namespace gabion::inspect::waf::seclang
