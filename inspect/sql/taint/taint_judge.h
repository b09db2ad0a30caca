// Whether a statement has structure in it that came with a request: the question of an SQL session.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/sql/taint/candidate_store.h"
#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql::taint {

struct StatementTrace;

enum class Taint : std::uint8_t {
  kClean,
  kStructure,   ///< a value covers more than one token
  kUnreadable,  ///< a value is in a text that cannot be cut into tokens
  kTooLong,     ///< values and statement repeat each other so often that looking was given up
};

struct Judgement {
  Taint taint = Taint::kClean;
  std::string_view source;   ///< "query:q", sanitised, never a value; of the judge, until the next check
  std::uint32_t tokens = 0;  ///< kStructure: how many the value covers
  std::uint32_t offset = 0;  ///< in the statement, of the value

  [[nodiscard]] bool is_tainted() const noexcept { return taint != Taint::kClean; }
};

/// "query:q, 6 tokens": for logs and answers.
[[nodiscard]] std::string describe(const Judgement& judgement);

/// One a worker thread, which has a Parser. Texts are read as by that: standard_conforming_strings on, UTF-8.
class TaintJudge {
 public:
  /// `statement` is a whole Query or Parse text, bound parameters not among it. Costs one load while no request has a
  /// value worth looking for.
  [[nodiscard]] Judgement check(CandidateStore& store, std::string_view statement,
                                CandidateStore::Clock::time_point now) {
    return store.empty() ? Judgement{} : look(store, statement, now);
  }
  /// Of the last check that found something to look at: bytes compared and tokens looked at, as they are bounded.
  [[nodiscard]] std::uint64_t work() const noexcept { return found_.work + parts_work_; }

 private:
  [[nodiscard]] Judgement look(CandidateStore& store, std::string_view statement,
                               CandidateStore::Clock::time_point now);
  [[nodiscard]] Judgement judge_hits(std::string_view statement, const StatementTrace& trace);

  Found found_;
  std::vector<Token> tokens_;
  std::uint64_t parts_work_ = 0;
};

}  // namespace gabion::inspect::sql::taint
