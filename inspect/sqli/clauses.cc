// UNION, SELECT, ORDER BY, INTO OUTFILE, WAITFOR DELAY, CASE: words that mean SQL when what follows them fits.
#include <array>

#include "inspect/sqli/grammar.h"

namespace gabion::inspect::sqli {
namespace {

bool is_value(const Token& token) noexcept {
  return token.kind == Kind::kNumber || token.kind == Kind::kString || token.kind == Kind::kOpenString ||
         token.kind == Kind::kVariable || token.kind == Kind::kConstant;
}

bool is_quoted_name(const Token& token) noexcept {
  return token.kind == Kind::kName && (token.text.front() == '`' || token.text.front() == '[');
}

}  // namespace

/// True when `token` was a word of a clause and needs no walk.
bool Grammar::clause(const Token& token) noexcept {
  if (union_ != 0) {
    follow_union(token);
  }
  if (reason_.empty() && statement_ != Word::kNone) {
    follow_statement(token);
  }
  if (reason_.empty() && select_ != Select::kNone) {
    follow_select(token);
  }
  if (reason_.empty() && clause_ != Clause::kNone) {
    follow_clause(token);
  }
  if (reason_.empty() && statement_ != Word::kNone) {
    depth_ += token.kind == Kind::kOpen ? 1 : 0;
    return true;  // still within the statement's first words
  }
  return reason_.empty() && token.kind == Kind::kKeyword && keyword(token);
}

/// Behind UNION: ALL, parentheses, then SELECT or VALUES. SELECT itself is begin_select's.
void Grammar::follow_union(const Token& token) noexcept {
  if (token.word == Word::kSelect || token.word == Word::kAll || token.kind == Kind::kOpen) {
    return;
  }
  if (token.word == Word::kValues && strong()) {
    find("union");
  }
  union_ = 0;
}

bool Grammar::begin_select(const Token& token) noexcept {
  const bool from_paren = prev_.kind == Kind::kOpen;
  if (union_ != 0) {
    intro_ = Intro::kUnion;
    if (strong()) {
      find("union select");
    }
  } else if (from_paren && strong() && operators_ > 0) {
    find("subquery");
  } else if (from_paren || (strong() && prev_.kind == Kind::kKeyword)) {
    intro_ = Intro::kSub;
  } else if (prev_.kind == Kind::kSemicolon) {
    intro_ = Intro::kStatement;
  } else if (tokens_ == 0 || only_closes_) {
    intro_ = Intro::kStart;
  } else {
    break_chain(token);
    place_ = Place::kOperand;
    return true;
  }
  union_ = 0;
  rich_items_ = false;
  select_ = Select::kFirstItem;
  place_ = Place::kOperand;
  return true;
}

void Grammar::first_item(const Token& token) noexcept {
  const bool value = is_value(token) || token.kind == Kind::kOpen || token.text == "*" || token.kind == Kind::kNot;
  if (token.word == Word::kAll) {
    return;
  }
  rich_items_ = value || token.kind == Kind::kArithmetic || is_quoted_name(token);
  const bool fits = value && (intro_ == Intro::kUnion || (intro_ == Intro::kStatement && strong()));
  if (fits) {
    find(intro_ == Intro::kUnion ? "union select" : "new statement");
  }
  select_ = token.kind == Kind::kEnd ? Select::kNone : Select::kItems;
}

void Grammar::follow_select(const Token& token) noexcept {
  const bool early = intro_ == Intro::kUnion || (intro_ == Intro::kStatement && strong());
  switch (select_) {
    case Select::kNone:
      break;
    case Select::kFirstItem:
      first_item(token);
      break;
    case Select::kItems:
      if (early && place_ == Place::kOperator && token.kind != Kind::kEnd && goes_on(token)) {
        find(intro_ == Intro::kUnion ? "union select" : "new statement");
      } else if (token.word == Word::kFrom && place_ == Place::kOperator) {
        select_ = Select::kTable;
      } else if (token.kind == Kind::kOpen || token.kind == Kind::kArithmetic || token.kind == Kind::kComma) {
        rich_items_ = rich_items_ || !token.blank_before || token.kind == Kind::kOpen;
      }
      break;
    case Select::kTable:
      if (token.word == Word::kCatalogue || (is_quoted_name(token) && prev_.word == Word::kFrom)) {
        find("select from");
      }
      select_ = token.kind == Kind::kName || token.kind == Kind::kOpen || token.kind == Kind::kString
                    ? Select::kAfterTable
                    : Select::kNone;
      break;
    case Select::kAfterTable:
      after_table(token);
      break;
  }
}

void Grammar::after_table(const Token& token) noexcept {
  if (token.kind == Kind::kName && prev_.kind == Kind::kName) {
    return;  // an alias
  }
  if (token.word == Word::kAs || (token.kind == Kind::kName && prev_.word == Word::kAs)) {
    return;
  }
  const bool closes = token.kind == Kind::kClose && intro_ == Intro::kSub;
  const bool ends = token.kind == Kind::kEnd && rich_items_ && intro_ != Intro::kSub;
  if (token.word == Word::kWhere || token.word == Word::kLimit || token.word == Word::kOrder ||
      token.word == Word::kUnion || token.word == Word::kSelect || token.kind == Kind::kSemicolon ||
      (token.kind == Kind::kComma && rich_items_) || (closes && rich_items_) || ends || token.kind == Kind::kComment) {
    find("select from");
  }
  select_ = Select::kNone;
}

void Grammar::follow_by(const Token& token) noexcept {
  if (token.kind == Kind::kNumber || token.kind == Kind::kOpen || token.kind == Kind::kConstant) {
    find("order by");
  } else if (token.kind == Kind::kName) {
    pending_ = Pending::kClause;
  }
}

void Grammar::follow_into(const Token& token) noexcept {
  if (token.kind == Kind::kVariable && strong()) {
    find("into variable");
  }
  clause_ = token.word == Word::kOutfile ? Clause::kOutfile : Clause::kNone;
}

/// Behind ORDER, BY, LIMIT, INTO, OUTFILE, WAITFOR, DELAY, PROCEDURE.
void Grammar::follow_clause(const Token& token) noexcept {
  const Clause clause = clause_;
  clause_ = Clause::kNone;
  switch (clause) {
    case Clause::kNone:
      break;
    case Clause::kBy:
      clause_ = token.word == Word::kBy ? Clause::kByOperand : Clause::kNone;
      break;
    case Clause::kByOperand:
      follow_by(token);
      break;
    case Clause::kLimit:
      pending_ = token.kind == Kind::kNumber ? Pending::kClause : Pending::kNothing;
      break;
    case Clause::kInto:
      follow_into(token);
      break;
    case Clause::kOutfile:
      if (is_value(token)) {
        find("into outfile");
      }
      break;
    case Clause::kWaitfor:
      clause_ =
          token.word == Word::kDelay || token.text == "time" || token.text == "TIME" ? Clause::kDelay : Clause::kNone;
      break;
    case Clause::kDelay:
      if (is_value(token)) {
        find("waitfor delay");
      }
      break;
    case Clause::kProcedure:
      if (token.word == Word::kAnalyse) {
        find("procedure analyse");
      }
      break;
  }
}

/// WHERE, HAVING: what follows is a condition, as behind AND.
bool Grammar::condition(const Token& token) noexcept {
  if (place_ != Place::kOperator) {
    break_chain(token);
  }
  place_ = Place::kOperand;
  logical_ = true;
  comparing_ = false;
  operators_ = operators_ == 0 ? 1 : operators_;
  return true;
}

bool Grammar::case_word(const Token& token) noexcept {
  if (token.word == Word::kCase) {
    if (place_ == Place::kOperator) {
      break_chain(token);
    }
    case_ = 1;
    compared_ = false;
  } else if (token.word == Word::kThen && case_ == 2 && (compared_ || comparing_ || strong())) {
    find("case when");
  } else if (token.word == Word::kWhen && case_ == 1) {
    case_ = 2;
  }
  place_ = token.word == Word::kEndWord ? Place::kOperator : Place::kOperand;
  comparing_ = false;
  return true;
}

bool Grammar::take_union(const Token&) noexcept {
  union_ = 1;
  place_ = Place::kOperand;
  return true;
}

bool Grammar::take_all(const Token&) noexcept {
  return union_ != 0 || select_ != Select::kNone;
}

bool Grammar::take_from(const Token&) noexcept {
  place_ = Place::kOperand;
  return select_ != Select::kNone;
}

/// ORDER, GROUP and LIMIT count behind an expression that left the slot; elsewhere they are words.
bool Grammar::take_tail(const Token& token) noexcept {
  if (place_ != Place::kOperator || !strong()) {
    return false;
  }
  clause_ = token.word == Word::kLimit ? Clause::kLimit : Clause::kBy;
  place_ = Place::kOperand;
  return true;
}

bool Grammar::take_by(const Token&) noexcept {
  return clause_ == Clause::kByOperand;
}
bool Grammar::take_outfile(const Token&) noexcept {
  return clause_ == Clause::kOutfile;
}
bool Grammar::take_delay(const Token&) noexcept {
  return clause_ == Clause::kDelay;
}

bool Grammar::take_into(const Token&) noexcept {
  clause_ = Clause::kInto;
  return true;
}

bool Grammar::take_waitfor(const Token&) noexcept {
  clause_ = Clause::kWaitfor;
  return true;
}

bool Grammar::take_procedure(const Token&) noexcept {
  clause_ = Clause::kProcedure;
  return true;
}

bool Grammar::take_as(const Token&) noexcept {
  if (place_ == Place::kOperator) {
    place_ = Place::kOperand;
    comparing_ = false;
  }
  return true;
}

/// A statement begins the value, or follows a semicolon or the slot.
bool Grammar::take_statement(const Token& token) noexcept {
  const bool first = tokens_ == 0 && lead_ == Lead::kNone;
  if (!first && prev_.kind != Kind::kSemicolon && !only_closes_) {
    return false;
  }
  set_lead(token);
  statement_ = token.word;
  statement_words_ = 0;
  place_ = Place::kStart;
  return true;
}

using TakeWord = bool (Grammar::*)(const Token&) noexcept;

/// True when `token` was taken as the word of a clause.
bool Grammar::keyword(const Token& token) noexcept {
  if (begins_statement(token.word)) {
    return take_statement(token);
  }
  static constexpr auto taker_of = [] {
    std::array<TakeWord, kWords> takers{};
    const auto on = [&](Word word, TakeWord taker) { takers[static_cast<std::size_t>(word)] = taker; };
    on(Word::kSelect, &Grammar::begin_select);
    on(Word::kUnion, &Grammar::take_union);
    on(Word::kAll, &Grammar::take_all);
    on(Word::kFrom, &Grammar::take_from);
    on(Word::kWhere, &Grammar::condition);
    on(Word::kHaving, &Grammar::condition);
    on(Word::kOrder, &Grammar::take_tail);
    on(Word::kGroup, &Grammar::take_tail);
    on(Word::kLimit, &Grammar::take_tail);
    on(Word::kBy, &Grammar::take_by);
    on(Word::kInto, &Grammar::take_into);
    on(Word::kOutfile, &Grammar::take_outfile);
    on(Word::kWaitfor, &Grammar::take_waitfor);
    on(Word::kDelay, &Grammar::take_delay);
    on(Word::kProcedure, &Grammar::take_procedure);
    on(Word::kAs, &Grammar::take_as);
    for (const Word word : {Word::kCase, Word::kWhen, Word::kThen, Word::kElse, Word::kEndWord}) {
      on(word, &Grammar::case_word);
    }
    return takers;
  }();
  const TakeWord taker = taker_of[static_cast<std::size_t>(token.word)];
  return taker != nullptr && (this->*taker)(token);
}

}  // namespace gabion::inspect::sqli
