// A value that no transformation can change is scanned once; else once for each distinct text that comes out.
#include "inspect/waf/engine/scanner.h"

#include <algorithm>
#include <array>
#include <bit>

#include "inspect/message.h"
#include "inspect/waf/transform/transform.h"

namespace gabion::inspect::waf::engine {
namespace {

bool is_headers(Variable variable) {
  return variable == Variable::kRequestHeaders || variable == Variable::kResponseHeaders;
}

}  // namespace

const plan::RuleBits& Scanner::scan(State& state, const plan::ScanPlan& scans, unsigned phase) {
  const auto& phase_plan = scans.phases[phase - 1];
  scans_ = &scans;
  scratch_ = &state.scratch;
  hits_.fit(scans.patterns);
  rules_ = phase_plan.always;  // same size from phase to phase: no allocation
  bool request_headers = false;
  bool response_headers = false;
  for (const auto& field : phase_plan.fields) {
    if (is_headers(field.variable)) {
      request_headers = request_headers || field.variable == Variable::kRequestHeaders;
      response_headers = response_headers || field.variable == Variable::kResponseHeaders;
    } else {
      scan_field(state, field);
    }
  }
  for (std::size_t lane = 0; lane < plan::kLanes; ++lane) {
    if (request_headers) {
      scan_headers(state, phase_plan, Variable::kRequestHeaders, lane);
    }
    if (response_headers) {
      scan_headers(state, phase_plan, Variable::kResponseHeaders, lane);
    }
  }
  return rules_;
}

void Scanner::scan_field(const State& state, const plan::ScanField& field) {
  const auto shape = shape_of(field.variable);
  if (shape.form == Shape::Form::kSingle) {
    scan_value(field, state.single(field.variable));
    return;
  }
  if (shape.form == Shape::Form::kXml) {
    for (const auto& item : state.list(field.name == "/*" ? List::kXmlText : List::kXmlAttributes)) {
      scan_value(field, item.value);
    }
    return;
  }
  const auto& list = state.list(shape.list);
  const auto begin = shape.part == Shape::Part::kBody ? state.query_args : 0;
  const auto end = shape.part == Shape::Part::kQuery ? state.query_args : list.size();
  for (auto i = begin; i < end; ++i) {
    scan_value(field, shape.form == Shape::Form::kNames ? list[i].name : list[i].value);
  }
}

void Scanner::scan_headers(const State& state, const plan::ScanPhase& phase, Variable variable, std::size_t lane) {
  for (const auto& header : state.list(shape_of(variable).list)) {
    const plan::ScanField* chosen = nullptr;
    for (const auto& field : phase.fields) {
      if (field.variable != variable || field.lane != lane) {
        continue;
      }
      if (field.name.size() == header.name.size() && equals_without_case(field.name, header.name)) {
        chosen = &field;
        break;
      }
      if (field.name.empty()) {
        chosen = &field;
      }
    }
    if (chosen != nullptr) {
      scan_value(*chosen, header.value);
    }
  }
}

void Scanner::scan_value(const plan::ScanField& field, std::string_view value) {
  if (value.empty()) {
    for (const auto rule : field.on_empty) {
      rules_.set(rule);
    }
    return;
  }
  if (field.steps.size() == 1) {
    scan_text(field, value, 1);
    return;
  }
  begin_strings(value);
  const auto classes = texts_.front().classes;
  const bool changes = std::any_of(field.sometimes.begin(), field.sometimes.end(),
                                   [&](auto transformation) { return transform::may_change(transformation, classes); });
  if (changes) {
    walk(field, value);
  } else {
    texts_.front().nodes = field.plain_nodes;
    if (!field.always.empty()) {
      walk_always(field, value);
    }
  }
  for (const auto& text : texts_) {
    if (text.nodes != 0) {
      scan_text(field, text.bytes, text.nodes);
    }
  }
}

void Scanner::begin_strings(std::string_view value) {
  texts_.clear();
  used_buffers_ = 0;
  texts_.push_back({value, transform::classes_of(value), 1});
}

std::string& Scanner::next_buffer() {
  if (used_buffers_ == buffers_.size()) {
    buffers_.resize(plan::ScanField::kMostNodes);  // at once: texts_ view the strings
  }
  return buffers_[used_buffers_];
}

/// The text that `transformation` makes of texts_[from]: its index.
std::uint8_t Scanner::transform(std::uint8_t from, seclang::Transformation transformation) {
  const auto before = texts_[from];
  if (!transform::may_change(transformation, before.classes)) {
    return from;
  }
  auto& buffer = next_buffer();
  if (!transform::apply(transformation, before.bytes, buffer)) {
    return from;
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (texts_[i].bytes == buffer) {
      return static_cast<std::uint8_t>(i);
    }
  }
  ++used_buffers_;
  texts_.push_back({buffer, transform::classes_of(buffer), 0});
  return static_cast<std::uint8_t>(texts_.size() - 1);
}

void Scanner::walk(const plan::ScanField& field, std::string_view value) {
  static_cast<void>(value);
  std::array<std::uint8_t, plan::ScanField::kMostNodes> text_of{};
  for (std::size_t node = 1; node < field.steps.size(); ++node) {
    const auto& step = field.steps[node];
    text_of[node] = transform(text_of[step.parent], step.transformation);
    texts_[text_of[node]].nodes |= std::uint64_t{1} << node;
  }
}

void Scanner::walk_always(const plan::ScanField& field, std::string_view value) {
  static_cast<void>(value);
  std::array<std::uint8_t, plan::ScanField::kMostNodes> text_of{};  // nodes of `sometimes` are the value: 0
  for (const auto node : field.always) {
    const auto& step = field.steps[node];
    text_of[node] = transform(text_of[step.parent], step.transformation);
    texts_[text_of[node]].nodes |= std::uint64_t{1} << node;
  }
}

void Scanner::scan_text(const plan::ScanField& field, std::string_view text, std::uint64_t nodes) {
  hits_.clear();
  scans_->groups[field.group].scan(text, *scratch_, hits_);
  if (!hits_.any() && !hits_.any_undecided()) {
    return;
  }
  const auto hit_words = hits_.words();
  const auto undecided = hits_.undecided_words();
  for (std::size_t word = 0; word < hit_words.size(); ++word) {
    for (auto bits = hit_words[word] | undecided[word]; bits != 0; bits &= bits - 1) {
      const auto id = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (id + 1 >= field.first_entry.size()) {
        continue;  // a pattern that only other fields of the group ask for
      }
      for (auto i = field.first_entry[id]; i < field.first_entry[id + 1]; ++i) {
        if ((field.entries[i].nodes & nodes) != 0) {
          rules_.set(field.entries[i].rule);
        }
      }
    }
  }
}

}  // namespace gabion::inspect::waf::engine
