// Operands and operators must alternate: prose breaks that within a word or two, an injection never does.
#include "inspect/sqli/grammar.h"

#include <array>
#include <cstddef>
#include <limits>

namespace gabion::inspect::sqli {
namespace {

void count(std::uint8_t& counter) noexcept {
  if (counter < std::numeric_limits<std::uint8_t>::max()) {
    ++counter;
  }
}

bool is_constant(const Token& token) noexcept {
  return token.kind == Kind::kNumber || token.kind == Kind::kString || token.kind == Kind::kOpenString ||
         token.kind == Kind::kConstant;
}

bool is_word(const Token& token) noexcept {
  const char first = token.text.empty() ? '\0' : static_cast<char>(token.text.front() | 0x20);
  return first >= 'a' && first <= 'z';
}

/// The text of an operand without the quotes, so that '1'='1 has equal sides.
std::string_view bare_text(const Token& token) noexcept {
  std::string_view text = token.text;
  if (token.kind == Kind::kOpenString && !text.empty()) {
    text.remove_prefix(1);
  } else if (token.kind == Kind::kString && text.size() >= 2) {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

Grammar::Grammar(const Slot& slot) noexcept : slot_(slot), lead_(slot.lead) {
  if (slot.quote != '\0' && slot.quote != '/') {
    place_ = Place::kOperator;
  }
}

void Grammar::take(const Token& token) noexcept {
  if (pending_ != Pending::kNothing) {
    settle(token);
  }
  if (reason_.empty() && !clause(token) && reason_.empty()) {
    walk(token);
  }
  prev_ = token;
  count(tokens_);
  only_closes_ = only_closes_ && token.kind == Kind::kClose;
}

void Grammar::walk(const Token& token) noexcept {
  using Step = void (Grammar::*)(const Token&) noexcept;
  static constexpr auto step_of = [] {
    std::array<Step, kKinds> steps{};
    const auto on = [&](Kind kind, Step step) { steps[static_cast<std::size_t>(kind)] = step; };
    for (const Kind kind :
         {Kind::kNumber, Kind::kString, Kind::kName, Kind::kVariable, Kind::kConstant, Kind::kKeyword}) {
      on(kind, &Grammar::operand);
    }
    for (const Kind kind : {Kind::kArithmetic, Kind::kConcat, Kind::kCompare, Kind::kLogical}) {
      on(kind, &Grammar::binary);
    }
    on(Kind::kOpenString, &Grammar::open_string);
    on(Kind::kNot, &Grammar::negate);
    on(Kind::kOpen, &Grammar::open);
    on(Kind::kClose, &Grammar::close);
    on(Kind::kComma, &Grammar::comma);
    on(Kind::kSemicolon, &Grammar::semicolon);
    on(Kind::kComment, &Grammar::judge_comment);
    on(Kind::kJunk, &Grammar::break_chain);
    return steps;
  }();
  const Step step = step_of[static_cast<std::size_t>(token.kind)];
  if (step != nullptr) {  // kEnd has none
    (this->*step)(token);
  }
}

void Grammar::set_lead(const Token& token) noexcept {
  if (lead_ == Lead::kNone) {
    lead_ = token.kind == Kind::kNumber || token.kind == Kind::kString ? Lead::kLiteral : Lead::kName;
  }
}

/// Behind a closed quote a call without an operator is an attempt all the same: " sleep(10) ".
void Grammar::direct_call(const Token& token) noexcept {
  if (token.word == Word::kMode && prev_.word == Word::kMode) {
    return;  // in boolean mode
  }
  if (lead_ != Lead::kLeft || (token.word != Word::kDelayCall && token.word != Word::kAttackCall)) {
    break_chain(token);
  }
}

/// A condition without a comparison: or true, or not 0, and without blanks or-id.
bool Grammar::is_truth(const Token& token, Constant constant) const noexcept {
  const bool negated = prev_.kind == Kind::kNot && logical_ && constant == Constant::kYes;
  const bool named = prev_.kind == Kind::kLogical && token.kind == Kind::kConstant;
  const bool glued = logical_ && operators_ == 1 && place_ == Place::kOperand && prev_.kind == Kind::kArithmetic &&
                     !prev_.blank_before && !token.blank_before;
  return negated || named || glued;
}

void Grammar::operand(const Token& token) noexcept {
  if (place_ == Place::kOperator) {
    direct_call(token);
  }
  set_lead(token);
  const bool constant = is_constant(token);
  if (comparing_) {
    pending_ = Pending::kComparison;
    both_constant_ = constant && left_constant_;
    same_sides_ = bare_text(token) == left_side_;
    compared_ = true;
    comparing_ = false;
  } else if (strong() && is_truth(token, constant ? Constant::kYes : Constant::kNo)) {
    pending_ = Pending::kTruth;
  }
  left_constant_ = constant;
  left_side_ = bare_text(token);
  place_ = Place::kOperator;
}

void Grammar::open_string(const Token& token) noexcept {
  if (place_ == Place::kOperator) {
    if (slot_.quote == token.text.front() && operator_first_ && prev_.kind == Kind::kArithmetic) {
      judge_sandwich(token);
    }
    break_chain(token);
    return;
  }
  if (place_ == Place::kOperand && slot_.quote == token.text.front() && (lead_ == Lead::kLeft || operator_first_)) {
    judge_sandwich(token);
  }
  operand(token);
}

void Grammar::binary(const Token& token) noexcept {
  if (only_closes_ && lead_ == Lead::kLeft) {
    operator_first_ = true;
  }
  if (place_ == Place::kOperand) {
    if ((token.text == "*" && select_ == Select::kItems) || (token.kind == Kind::kCompare && is_word(token))) {
      operand(token);  // count(*), like(x, y)
    } else if (token.text != "-" && token.text != "+" && token.text != "*") {
      break_chain(token);
    }
    return;
  }
  if (place_ == Place::kStart && token.kind == Kind::kArithmetic && (token.text == "-" || token.text == "+")) {
    return;  // a sign
  }
  place_ = Place::kOperand;
  count(operators_);
  if (token.kind == Kind::kLogical || token.kind == Kind::kConcat) {
    logical_ = true;
    comparing_ = false;
  } else if (token.kind == Kind::kCompare) {
    comparing_ = true;
    equals_ = token.text.front() == '=';
  }
}

void Grammar::negate(const Token& token) noexcept {
  if (place_ == Place::kOperator && token.text.size() == 1) {
    place_ = Place::kOperand;  // a ~ b
    comparing_ = true;
    count(operators_);
  }
}

void Grammar::open(const Token& token) noexcept {
  if (place_ == Place::kOperator) {
    if (lead_ == Lead::kLeft && only_closes_ && slot_.quote != '\0') {
      count(operators_);  // ')(select 1): no SQL, but no prose either
    } else if (prev_.kind != Kind::kName && prev_.kind != Kind::kKeyword && !is_word(prev_)) {
      break_chain(token);
    } else {
      judge_call(token);
    }
  }
  ++depth_;
  place_ = Place::kOperand;
}

void Grammar::close(const Token& token) noexcept {
  if (place_ == Place::kOperand && prev_.kind != Kind::kOpen) {
    break_chain(token);
    return;
  }
  if (depth_ > 0) {
    --depth_;
  } else if (token.text == "}") {
    break_chain(token);
    return;
  } else if (lead_ != Lead::kBroken && (lead_ != Lead::kName || operators_ == 0)) {
    lead_ = Lead::kLeft;
    unmatched_close_ = true;
  }
  left_constant_ = left_constant_ && !called_;
  place_ = Place::kOperator;
}

void Grammar::comma(const Token& token) noexcept {
  if (place_ == Place::kOperand) {
    break_chain(token);
    return;
  }
  place_ = Place::kOperand;
  comparing_ = false;
  count(operators_);
}

void Grammar::semicolon(const Token& token) noexcept {
  if (place_ == Place::kOperand) {
    break_chain(token);
  }
  const Lead lead = lead_;
  restart();
  lead_ = lead;
}

void Grammar::restart() noexcept {
  place_ = Place::kStart;
  pending_ = Pending::kNothing;
  operators_ = 0;
  case_ = 0;
  depth_ = 0;
  logical_ = compared_ = comparing_ = left_constant_ = false;
}

void Grammar::break_chain(const Token& token) noexcept {
  restart();
  lead_ = Lead::kBroken;
  union_ = 0;
  clause_ = Clause::kNone;
  select_ = select_ == Select::kAfterTable && token.kind == Kind::kName ? select_ : Select::kNone;
  statement_ = Word::kNone;
}

}  // namespace gabion::inspect::sqli
