// Whether a statement is one that was learnt: see learnt.h.
#include "inspect/sql/rules/learnt.h"

#include <algorithm>
#include <array>
#include <utility>

#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql {
namespace {

using Mode = config::kube::SqlFingerprints::Mode;

/// Settings and uses of names: what they may be is said by other rules, and what a name stands for was judged when it
/// was made.
bool is_beside(const Statement& statement) noexcept {
  constexpr std::array<std::string_view, 8> kKinds{"SET",   "RESET", "EXECUTE", "DEALLOCATE",
                                                   "FETCH", "MOVE",  "CLOSE",   "DISCARD"};
  return std::find(kKinds.begin(), kKinds.end(), statement.kind) != kKinds.end() && statement.relations.empty() &&
         statement.columns.empty() && statement.functions.empty() && statement.defined.empty();
}

/// How many levels of the library's tree a token may open at most.
unsigned levels_of(const Token& token, std::string_view text) noexcept {
  constexpr unsigned kClause = 4;
  switch (token.kind) {
    case Token::Kind::kIdentifier:
    case Token::Kind::kConstant:
    case Token::Kind::kParameter:
    case Token::Kind::kLineComment:
    case Token::Kind::kBlockComment:
      return 0;
    case Token::Kind::kKeyword:
    case Token::Kind::kReserved: {
      constexpr std::array<std::string_view, 10> kOpening{"select", "case", "with",  "union", "intersect",
                                                          "except", "not",  "array", "join",  "values"};
      const auto is_word = [text](std::string_view word) {
        return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                          [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
      };
      return std::any_of(kOpening.begin(), kOpening.end(), is_word) ? kClause : 0;
    }
    case Token::Kind::kOther:
      return text == "," || text == "." || text == ")" || text == "]" || text == ";" ? 0
             : text == "(" || text == "["                                            ? kClause
                                                                                     : 1;
  }
  return kClause;
}

/// The library hashes nothing below its hundredth level. What tokens could open at most stays above that.
bool is_hashed_whole(std::string_view text) {
  constexpr unsigned kMostLevels = 90;
  std::vector<Token> tokens;
  if (!scan_tokens(text, tokens)) {
    return false;
  }
  unsigned levels = 0;
  for (const Token& token : tokens) {
    levels += levels_of(token, text.substr(token.begin, token.end - token.begin));
  }
  return levels <= kMostLevels;
}

}  // namespace

std::optional<Fingerprint> learnable_fingerprint(std::string_view text, const Statement& facts) {
  if (text.size() > kMostLearntBytes || !may_be_learnt(facts) || !is_hashed_whole(text)) {
    return std::nullopt;
  }
  return fingerprint(text, facts);
}

std::optional<Fingerprint> LearntPrints::of(std::string_view text, const Statement& facts) {
  const auto [known, is_new] = of_.try_emplace(&facts);
  if (is_new) {
    ++made_;
    known->second = learnable_fingerprint(text, facts);
  }
  return known->second;
}

std::optional<Unlearnt> find_unlearnt(const Statement& statement, std::string_view text,
                                      const std::vector<SqlSubject::Applied>& allows,
                                      const std::vector<unsigned char>& concerned, LearntPrints& prints) {
  Unlearnt made;
  bool is_asked = false;
  for (std::size_t i = 0; i < allows.size(); ++i) {
    const Mode mode = allows[i].item->fingerprints;
    const bool counts = concerned[i] != 0;
    is_asked = is_asked || mode == Mode::kEnforce || (counts && mode == Mode::kLearn);
    if ((mode == Mode::kEnforce && !made.is_refused) ||
        (counts && mode == Mode::kLearn && made.rule == SqlRules::kNoRule)) {
      made.rule = allows[i].rule;
    }
    made.is_refused = made.is_refused || (counts && mode == Mode::kEnforce);
    made.is_told = made.is_told || (counts && mode == Mode::kLearn);
  }
  if (!is_asked || is_beside(statement)) {
    return std::nullopt;
  }
  made.object = std::string(statement.kind);
  const auto own = prints.of(text, statement);
  if (!own) {
    return made;
  }
  made.object = to_string(*own);
  const bool is_learnt = std::any_of(allows.begin(), allows.end(), [&own](const SqlSubject::Applied& one) {
    return std::binary_search(one.item->learnt.begin(), one.item->learnt.end(), *own);
  });
  return is_learnt ? std::nullopt : std::optional(std::move(made));
}

}  // namespace gabion::inspect::sql
