// Known values are looked up; texts of the others are joined by group, and scanned apart only where all have a hit.
#include "inspect/waf/engine/scanner.h"

#include <algorithm>
#include <bit>

#include "inspect/match/scratch_impl.h"
#include "inspect/message.h"
#include "inspect/waf/engine/memorable.h"
#include "inspect/waf/plan/probe.h"

namespace gabion::inspect::waf::engine {
namespace {

bool is_headers(Variable variable) {
  return variable == Variable::kRequestHeaders || variable == Variable::kResponseHeaders;
}

/// Calls `visit` with every pattern that was found or could not be decided.
template <typename Visit>
void each_hit(const match::HitSet& hits, Visit&& visit) {
  if (!hits.any() && !hits.any_undecided()) {
    return;
  }
  const auto found = hits.words();
  const auto undecided = hits.undecided_words();
  for (std::size_t word = 0; word < found.size(); ++word) {
    for (auto bits = found[word] | undecided[word]; bits != 0; bits &= bits - 1) {
      visit(static_cast<std::uint32_t>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    }
  }
}

/// Calls `visit` with every rule that looks for pattern `id` at one of `nodes`; none where only other fields of the
/// group ask for it.
template <typename Visit>
void each_rule(const plan::ScanField& field, std::uint64_t nodes, std::uint32_t id, Visit&& visit) {
  if (std::size_t{id} + 1 >= field.first_entry.size()) {
    return;
  }
  for (auto i = field.first_entry[id]; i < field.first_entry[id + 1]; ++i) {
    if ((field.entries[i].nodes & nodes) != 0) {
      visit(field.entries[i].rule);
    }
  }
}

}  // namespace

const plan::RuleBits& Scanner::scan(State& state, const plan::ScanPlan& scans, unsigned phase) {
  phase_ = &scans.phases[phase - 1];
  scans_ = &scans;
  state_ = &state;
  memo_ = &state.scratch.impl().memos->of(state.plan);
  hits_.fit(scans.patterns);
  rules_ = phase_->always;  // same size from phase to phase: no allocation
  if (batches_.size() < scans.groups.size()) {
    batches_.resize(scans.groups.size());
  }
  bool request_headers = false;
  bool response_headers = false;
  for (const auto& source : phase_->sources) {
    if (is_headers(source.variable)) {
      request_headers = request_headers || source.variable == Variable::kRequestHeaders;
      response_headers = response_headers || source.variable == Variable::kResponseHeaders;
    } else {
      scan_source(source);
    }
  }
  if (request_headers) {
    scan_headers(Variable::kRequestHeaders);
  }
  if (response_headers) {
    scan_headers(Variable::kResponseHeaders);
  }
  while (!filled_.empty()) {
    flush(filled_.back());
  }
  texts_.trim();
  return rules_;
}

void Scanner::scan_source(const plan::ScanSource& source) {
  const State& state = *state_;
  const auto shape = shape_of(source.variable);
  if (shape.form == Shape::Form::kSingle) {
    const auto kind = is_memorable_single(source.variable) ? Kind::kRepeated : Kind::kPassing;
    scan_value(source, state.single(source.variable), kind);
    return;
  }
  if (shape.form == Shape::Form::kXml) {
    for (const auto& item : state.list(source.name == "/*" ? List::kXmlText : List::kXmlAttributes)) {
      scan_value(source, item.value, Kind::kPassing);
    }
    return;
  }
  scan_list(source, shape);
}

void Scanner::scan_list(const plan::ScanSource& source, Shape shape) {
  const State& state = *state_;
  const auto& list = state.list(shape.list);
  const auto begin = shape.part == Shape::Part::kBody ? state.query_args : 0;
  const auto end = shape.part == Shape::Part::kQuery ? state.query_args : list.size();
  for (auto i = begin; i < end; ++i) {
    const auto& item = list[i];
    if (shape.form == Shape::Form::kNames) {
      scan_value(source, item.name, is_memorable_name(item.name, item.value) ? Kind::kRepeated : Kind::kPassing);
    } else {
      scan_value(source, item.value, Kind::kPassing);
    }
  }
}

void Scanner::scan_headers(Variable variable) {
  for (const auto& header : state_->list(shape_of(variable).list)) {
    const plan::ScanSource* chosen = nullptr;
    for (const auto& source : phase_->sources) {
      if (source.variable != variable) {
        continue;
      }
      if (source.name.size() == header.name.size() && equals_without_case(source.name, header.name)) {
        chosen = &source;
        break;
      }
      if (source.name.empty()) {
        chosen = &source;
      }
    }
    if (chosen != nullptr) {
      const bool repeats = is_memorable_header(header.name) && is_public(header.value);
      scan_value(*chosen, header.value, repeats ? Kind::kRepeated : Kind::kPassing);
    }
  }
}

/// Asks the probes of `value` and of all it becomes, then hands each text that a group looks at to `scan`.
template <class Scan>
void Scanner::each_scanned_text(const plan::ScanSource& source, std::string_view value, Scan&& scan) {
  texts_.begin(*state_, value);
  for (const auto index : source.fields) {
    const auto& field = phase_->fields[index];
    for (const auto& text : texts_.of(field)) {
      if (text.nodes == 0) {
        continue;
      }
      run_probes(field, text);
      if (is_scanned(field, text)) {
        scan(field, text);
      }
    }
  }
}

void Scanner::scan_value(const plan::ScanSource& source, std::string_view value, Kind kind) {
  if (is_exhausted(*state_)) {
    return;
  }
  if (value.empty()) {
    if (charge(*state_, 0)) {
      note_empty(source);
    }
    return;
  }
  if (kind == Kind::kRepeated && ScanMemo::fits(value)) {
    learn(source, value);
    return;
  }
  each_scanned_text(source, value,
                    [this](const auto& field, const auto& text) { gather(field, text.bytes, text.nodes); });
}

void Scanner::note_empty(const plan::ScanSource& source) {
  for (const auto index : source.fields) {
    for (const auto rule : phase_->fields[index].on_empty) {
      rules_.set(rule);
    }
  }
}

/// What `value` means by itself, from the memo or for it. A hit is charged what the look was: whether a transaction may
/// look at all of its values is not for others to change.
void Scanner::learn(const plan::ScanSource& source, std::string_view value) {
  if (const auto known = memo_->find(source.number, value)) {
    state_->scanned += known->charged;
    for (const auto rule : known->rules) {
      rules_.set(rule);
    }
    return;
  }
  const auto charged_before = state_->scanned;
  learned_.clear();
  is_learning_ = is_certain_ = true;
  each_scanned_text(source, value,
                    [this](const auto& field, const auto& text) { look(field, text.bytes, text.nodes); });
  is_learning_ = false;
  std::sort(learned_.begin(), learned_.end());
  learned_.erase(std::unique(learned_.begin(), learned_.end()), learned_.end());
  for (const auto rule : learned_) {
    rules_.set(rule);
  }
  if (is_certain_ && !is_exhausted(*state_)) {
    memo_->keep(source.number, value, {learned_, state_->scanned - charged_before});
  }
}

void Scanner::run_probes(const plan::ScanField& field, const ValueTexts::Text& text) {
  for (const auto& each : field.probes) {
    const bool asked = (each.nodes & text.nodes) != 0 && (is_learning_ || !rules_.test(each.rule));
    if (asked && charge(*state_, text.bytes.size()) &&
        plan::probe(*state_->plan, state_->plan->rules[each.rule].links.front().operation, text.bytes)) {
      note(each.rule);
    }
  }
}

void Scanner::note(plan::Index rule) {
  if (is_learning_) {
    learned_.push_back(rule);
  } else {
    rules_.set(rule);
  }
}

/// Whether the field's group looks at a text, which is charged for here: once, however its group goes about it (in a
/// batch, by itself, or in a batch and then by itself), so that the sum is that of the transaction alone.
bool Scanner::is_scanned(const plan::ScanField& field, const ValueTexts::Text& text) {
  return field.group != plan::kNone && charge(*state_, text.bytes.size());
}

/// Puts a text to those its group will look at.
void Scanner::gather(const plan::ScanField& field, std::string_view text, std::uint64_t nodes) {
  if (text.empty() || text.size() > LineBatch::kMostTextBytes || !scans_->groups[field.group].can_scan_lines()) {
    look(field, text, nodes);
    return;
  }
  auto& batch = batches_[field.group];
  if (!batch.has_room(text.size())) {
    flush(field.group);
  }
  if (batch.items().empty()) {
    filled_.push_back(field.group);
  }
  batch.add(field, nodes, text);
}

void Scanner::flush(plan::Index group) {
  auto& batch = batches_[group];
  if (is_exhausted(*state_)) {
    // Nothing more is looked at.
  } else if (batch.items().size() == 1) {
    const auto& only = batch.items().front();
    look(*only.field, batch.text_of(only), only.nodes);
  } else {
    flush_apart(group, batch);
  }
  batch.clear();
  std::erase(filled_, group);
}

/// All texts at once, then those by themselves that ask for what was met.
void Scanner::flush_apart(plan::Index group, const LineBatch& batch) {
  const auto& patterns = scans_->groups[group];
  hits_.clear();
  patterns.scan_lines(batch.lines(), state_->scratch, hits_);
  candidates_.clear();
  each_hit(hits_, [this](std::uint32_t id) { candidates_.push_back(id); });
  for (const auto& item : batch.items()) {
    if (asks_for_hit(item)) {
      look(*item.field, batch.text_of(item), item.nodes);
    } else if (patterns.has_rest()) {
      hits_.clear();
      patterns.scan_rest(batch.text_of(item), state_->scratch, hits_);
      take_hits(*item.field, item.nodes);
    }
  }
}

/// Might the scan of this text alone add a rule?
bool Scanner::asks_for_hit(const LineBatch::Item& item) const {
  return std::any_of(candidates_.begin(), candidates_.end(), [&](std::uint32_t id) {
    bool adds = false;
    each_rule(*item.field, item.nodes, id, [&](plan::Index rule) { adds = adds || !rules_.test(rule); });
    return adds;
  });
}

void Scanner::look(const plan::ScanField& field, std::string_view text, std::uint64_t nodes) {
  hits_.clear();
  scans_->groups[field.group].scan(text, state_->scratch, hits_);
  take_hits(field, nodes);
}

void Scanner::take_hits(const plan::ScanField& field, std::uint64_t nodes) {
  is_certain_ = is_certain_ && !hits_.any_undecided();
  each_hit(hits_, [&](std::uint32_t id) { each_rule(field, nodes, id, [this](plan::Index rule) { note(rule); }); });
}

}  // namespace gabion::inspect::waf::engine
