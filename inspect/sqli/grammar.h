// Judges tokens behind a slot: do they go on as SQL, or are they just words?
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/sqli/token.h"

namespace gabion::inspect::sqli {

/// How much the beginning of a chain of tokens weighs. A chain is a run in which operands and operators alternate as
/// SQL wants it; the first token out of place ends it and begins another one, kBroken.
enum class Lead : std::uint8_t {
  kBroken,   ///< something before it was no SQL
  kNone,     ///< nothing yet
  kName,     ///< the value begins with a word: could be prose
  kLiteral,  ///< the value begins with a number or a closed string
  kLeft,     ///< the slot was left: a quote, parenthesis or comment was closed that the value did not open
};

/// Where the value stands before the first token.
struct Slot {
  char quote = '\0';        ///< what it closed, or NUL
  std::string_view inside;  ///< what stood in the slot before that
  Lead lead = Lead::kNone;
};

/// Belongs to one value in one slot. Takes tokens one by one, remembers a constant amount.
class Grammar {
 public:
  explicit Grammar(const Slot& slot) noexcept;

  /// REQUIRES: reason().empty(). kEnd is taken like any other token.
  void take(const Token& token) noexcept;

  /// Why this is SQL; empty as long as it is not.
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }

  /// What follows the slot is no SQL from its beginning on.
  [[nodiscard]] bool is_broken() const noexcept { return lead_ == Lead::kBroken; }

  /// Broken behind a closed quote, where nothing can mend it: the value read as bare covers the rest.
  [[nodiscard]] bool is_hopeless() const noexcept { return is_broken() && slot_.quote != '\0' && !operator_first_; }

 private:
  enum class Place : std::uint8_t { kStart, kOperand, kOperator };
  enum class Pending : std::uint8_t { kNothing, kComparison, kTruth, kClause, kAttackCall };
  enum class Clause : std::uint8_t { kNone, kBy, kByOperand, kLimit, kInto, kOutfile, kWaitfor, kDelay, kProcedure };
  enum class Select : std::uint8_t { kNone, kFirstItem, kItems, kTable, kAfterTable };
  enum class Constant : bool { kNo, kYes };
  enum class Later : std::uint8_t { kNo, kGoOn, kYes };
  enum class Intro : std::uint8_t { kStart, kUnion, kSub, kStatement };

  void find(std::string_view reason) noexcept { reason_ = reason; }
  [[nodiscard]] bool strong() const noexcept { return lead_ >= Lead::kLiteral; }

  // grammar.cc: operands and operators.
  void walk(const Token& token) noexcept;
  [[nodiscard]] bool is_truth(const Token& token, Constant constant) const noexcept;
  void operand(const Token& token) noexcept;
  void direct_call(const Token& token) noexcept;
  void set_lead(const Token& token) noexcept;
  void binary(const Token& token) noexcept;
  void negate(const Token& token) noexcept;
  void open(const Token& token) noexcept;
  void close(const Token& token) noexcept;
  void comma(const Token& token) noexcept;
  void semicolon(const Token& token) noexcept;
  void open_string(const Token& token) noexcept;
  void break_chain(const Token& token) noexcept;
  void restart() noexcept;

  // evidence.cc: what a chain amounts to.
  void settle(const Token& token) noexcept;
  void settle_comparison(const Token& token) noexcept;
  void judge_call(const Token& token) noexcept;
  void judge_comment(const Token& token) noexcept;
  void judge_sandwich(const Token& token) noexcept;
  [[nodiscard]] bool opens_quotation() const noexcept;
  [[nodiscard]] bool quotes_comment(std::string_view comment) const noexcept;
  [[nodiscard]] bool goes_on(const Token& token) const noexcept;

  // clauses.cc: words that begin a clause.
  [[nodiscard]] bool clause(const Token& token) noexcept;
  [[nodiscard]] bool keyword(const Token& token) noexcept;
  [[nodiscard]] bool condition(const Token& token) noexcept;
  [[nodiscard]] bool case_word(const Token& token) noexcept;
  [[nodiscard]] bool begin_select(const Token& token) noexcept;
  [[nodiscard]] bool take_union(const Token& token) noexcept;
  [[nodiscard]] bool take_all(const Token& token) noexcept;
  [[nodiscard]] bool take_from(const Token& token) noexcept;
  [[nodiscard]] bool take_tail(const Token& token) noexcept;
  [[nodiscard]] bool take_by(const Token& token) noexcept;
  [[nodiscard]] bool take_into(const Token& token) noexcept;
  [[nodiscard]] bool take_outfile(const Token& token) noexcept;
  [[nodiscard]] bool take_waitfor(const Token& token) noexcept;
  [[nodiscard]] bool take_delay(const Token& token) noexcept;
  [[nodiscard]] bool take_procedure(const Token& token) noexcept;
  [[nodiscard]] bool take_as(const Token& token) noexcept;
  [[nodiscard]] bool take_statement(const Token& token) noexcept;
  void follow_clause(const Token& token) noexcept;
  void follow_by(const Token& token) noexcept;
  void follow_into(const Token& token) noexcept;
  void follow_select(const Token& token) noexcept;
  void first_item(const Token& token) noexcept;
  void after_table(const Token& token) noexcept;
  void follow_union(const Token& token) noexcept;

  // statements.cc: words that begin a statement.
  void follow_statement(const Token& token) noexcept;
  void second_word(const Token& token) noexcept;
  [[nodiscard]] Later by_pattern(const Token& token) noexcept;
  [[nodiscard]] Later by_end(const Token& token) const noexcept;
  [[nodiscard]] Later by_object(const Token& token) const noexcept;
  void later_words(const Token& token) noexcept;

  Slot slot_;
  std::string_view reason_;
  Token prev_;
  std::string_view left_side_;
  Lead lead_;
  Place place_ = Place::kStart;
  Pending pending_ = Pending::kNothing;
  Clause clause_ = Clause::kNone;
  Select select_ = Select::kNone;
  Intro intro_ = Intro::kStart;
  Word statement_ = Word::kNone;
  std::uint8_t statement_words_ = 0;
  std::uint8_t operators_ = 0;  ///< in this chain; saturates
  std::uint8_t tokens_ = 0;     ///< since the slot; saturates
  std::uint8_t union_ = 0;      ///< 1 behind UNION
  std::uint8_t case_ = 0;       ///< 1 behind CASE, 2 behind WHEN
  std::int32_t depth_ = 0;
  bool logical_ = false;    ///< AND, OR, WHERE came before in this chain
  bool compared_ = false;   ///< a comparison came before in this chain
  bool comparing_ = false;  ///< the last operator was a comparison
  bool left_constant_ = false;
  bool both_constant_ = false;
  bool equals_ = false;  ///< the last comparison was =
  bool same_sides_ = false;
  bool only_closes_ = true;      ///< nothing but ) since the slot
  bool operator_first_ = false;  ///< the token behind the slot was an operator
  bool rich_items_ = false;      ///< the SELECT list holds what prose does not
  bool unmatched_close_ = false;
  bool called_ = false;
};

}  // namespace gabion::inspect::sqli
