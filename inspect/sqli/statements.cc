// A new statement: which words must follow DROP, SET, SHOW, EXEC for them to be commands and not prose.
#include <algorithm>
#include <array>
#include <initializer_list>

#include "inspect/sqli/grammar.h"

namespace gabion::inspect::sqli {
namespace {

bool is_name(const Token& token) noexcept {
  return token.kind == Kind::kName || token.kind == Kind::kKeyword;
}

/// What ends a statement or opens its list; the word before it was its object.
bool ends_object(const Token& token) noexcept {
  return token.kind == Kind::kComment || token.kind == Kind::kSemicolon || token.kind == Kind::kOpen ||
         token.kind == Kind::kEnd || token.word == Word::kSet || token.word == Word::kValues ||
         token.word == Word::kWhere || token.word == Word::kAs || token.word == Word::kFrom;
}

bool ends(const Token& token) noexcept {
  return token.kind == Kind::kComment || token.kind == Kind::kSemicolon || token.kind == Kind::kEnd;
}

enum class Fit : std::uint8_t {
  kNo,
  kMaybe,
  kYes
};  ///< kMaybe: enough when the slot was left, else later words decide

Fit yes_if(bool fits) noexcept {
  return fits ? Fit::kYes : Fit::kNo;
}
Fit maybe_if(bool fits) noexcept {
  return fits ? Fit::kMaybe : Fit::kNo;
}

bool is_object(const Token& token) noexcept {
  return token.word == Word::kObject || token.word == Word::kProcedure;
}

using SecondWord = Fit (*)(const Token&) noexcept;

Fit object(const Token& token) noexcept {
  return maybe_if(is_object(token));
}
Fit into(const Token& token) noexcept {
  return maybe_if(token.word == Word::kInto);
}
Fit from(const Token& token) noexcept {
  return maybe_if(token.word == Word::kFrom);
}
Fit variable(const Token& token) noexcept {
  return token.kind == Kind::kVariable ? Fit::kYes : maybe_if(is_name(token));
}
Fit showable(const Token& token) noexcept {
  return yes_if(token.word == Word::kShowable);
}
Fit shutdown(const Token& token) noexcept {
  return maybe_if(ends(token) || token.word == Word::kWith);
}
Fit attached(const Token& token) noexcept {
  return maybe_if(is_object(token) || token.kind == Kind::kString);
}
Fit number(const Token& token) noexcept {
  return maybe_if(token.kind == Kind::kNumber);
}
Fit name(const Token& token) noexcept {
  return maybe_if(is_name(token));
}
Fit executed(const Token& token) noexcept {
  return token.word == Word::kAttackCall
             ? Fit::kYes
             : maybe_if(is_name(token) || token.kind == Kind::kOpen || token.kind == Kind::kVariable);
}
Fit asked(const Token& token) noexcept {
  return maybe_if(token.kind == Kind::kOpen || token.word == Word::kOrdinaryCall);
}
Fit done(const Token& token) noexcept {
  return maybe_if(token.kind == Kind::kString || token.word == Word::kDelayCall);
}

/// What may be the second word of a statement, by its first.
constexpr auto kSecondWords = [] {
  std::array<SecondWord, kWords> words{};
  words.fill(&name);
  const auto on = [&](std::initializer_list<Word> firsts, SecondWord second) {
    for (const Word first : firsts) {
      words[static_cast<std::size_t>(first)] = second;
    }
  };
  on({Word::kDrop, Word::kCreate, Word::kAlter, Word::kBackup, Word::kRename, Word::kTruncate}, &object);
  on({Word::kInsert, Word::kMerge, Word::kReplace}, &into);
  on({Word::kDelete}, &from);
  on({Word::kDeclare, Word::kSet}, &variable);
  on({Word::kShow}, &showable);
  on({Word::kShutdown}, &shutdown);
  on({Word::kAttach}, &attached);
  on({Word::kKill}, &number);
  on({Word::kExec}, &executed);
  on({Word::kIf}, &asked);
  on({Word::kDo}, &done);
  return words;
}();

}  // namespace

void Grammar::second_word(const Token& token) noexcept {
  const Fit fits = kSecondWords[static_cast<std::size_t>(statement_)](token);
  if (fits == Fit::kYes || (fits == Fit::kMaybe && token.kind == Kind::kEnd && strong())) {
    find("new statement");
  } else if (fits == Fit::kNo) {
    if (statement_ != Word::kCreate || (token.text.size() != 2 && token.word != Word::kReplace)) {  // create or replace
      statement_ = Word::kNone;
    }
    return;
  }
  statement_words_ = 1;
}

/// UPDATE x SET y =, WITH x AS (: each token at its place.
Grammar::Later Grammar::by_pattern(const Token& token) noexcept {
  if (statement_ == Word::kWith) {
    if (statement_words_ == 1) {
      return token.word == Word::kAs ? Later::kGoOn : Later::kNo;
    }
    return token.kind == Kind::kOpen ? Later::kYes : Later::kNo;
  }
  if (statement_words_ == 1) {
    return token.word != Word::kSet ? Later::kNo : strong() ? Later::kYes : Later::kGoOn;
  }
  if (statement_words_ == 2) {
    return is_name(token) ? Later::kGoOn : Later::kNo;
  }
  return token.kind == Kind::kCompare ? Later::kYes : Later::kNo;
}

/// Words that prose uses the same way: enough only where the slot was left.
Grammar::Later Grammar::by_end(const Token& token) const noexcept {
  if (!strong()) {
    return Later::kNo;
  }
  if (statement_ == Word::kPrepare || statement_ == Word::kCopy) {
    return token.word == Word::kFrom || token.kind == Kind::kOpen ? Later::kYes : Later::kNo;
  }
  const bool fits = ends(token) || token.kind == Kind::kOpen || statement_ == Word::kDeclare ||
                    (token.kind == Kind::kCompare && statement_ == Word::kSet) ||
                    (token.kind == Kind::kString && statement_ == Word::kExec);
  return fits ? Later::kYes : Later::kNo;
}

/// DROP TABLE x and what else names its object: no more to ask where the slot was left, else the object must end.
Grammar::Later Grammar::by_object(const Token& token) const noexcept {
  if (strong()) {
    return Later::kYes;
  }
  constexpr auto plain = std::to_array<Word>(
      {Word::kDrop, Word::kCreate, Word::kAlter, Word::kTruncate, Word::kInsert, Word::kReplace, Word::kMerge});
  if (std::find(plain.begin(), plain.end(), statement_) == plain.end()) {
    return Later::kNo;
  }
  if (statement_words_ == 1) {
    return is_name(token) ? Later::kGoOn : Later::kNo;
  }
  return ends_object(token) ? Later::kYes : Later::kNo;
}

/// Statements whose second word alone proves nothing: the third and fourth must fit too.
void Grammar::later_words(const Token& token) noexcept {
  constexpr auto ended_firsts = std::to_array<Word>({Word::kSet, Word::kDeclare, Word::kShow, Word::kUse, Word::kBegin,
                                                     Word::kExec, Word::kCall, Word::kPrepare, Word::kCopy});
  Later later = Later::kNo;
  if (statement_ == Word::kWith || statement_ == Word::kUpdate) {
    later = by_pattern(token);
  } else if (std::find(ended_firsts.begin(), ended_firsts.end(), statement_) != ended_firsts.end()) {
    later = by_end(token);
  } else {
    later = by_object(token);
  }
  if (later == Later::kGoOn) {
    ++statement_words_;
    return;
  }
  statement_ = Word::kNone;
  if (later == Later::kYes) {
    find("new statement");
  }
}

void Grammar::follow_statement(const Token& token) noexcept {
  if (statement_words_ == 0) {
    second_word(token);
  } else {
    later_words(token);
  }
}

}  // namespace gabion::inspect::sqli
