// Search, then tokens where something was found.
#include "inspect/sql/taint/taint_judge.h"

#include <algorithm>
#include <optional>

#include "inspect/sql/taint/structure.h"

namespace gabion::inspect::sql::taint {

/// What a comment of the statement says of its trace, as sqlcommenter writes it: traceparent='00-…-…-01'.
struct StatementTrace {
  std::optional<Trace> id;
  std::size_t begin = 0;
  std::size_t end = 0;
};

namespace {

constexpr std::uint64_t kLookedAtPerByte = 16;  ///< tokens, of all parts together
constexpr std::uint64_t kLeastLookedAt = std::uint64_t{1} << 20U;
constexpr std::size_t kKeptBytes = std::size_t{1} << 20U;  ///< of working memory, between statements

StatementTrace find_trace(std::string_view statement) {
  constexpr std::string_view kKey = "traceparent='";
  constexpr std::size_t kTraceparentBytes = 55;
  const std::size_t at = statement.rfind(kKey);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::size_t begin = at + kKey.size();
  return {read_traceparent(statement.substr(begin)), at, begin + kTraceparentBytes};
}

/// A client could write another request's trace into the statement to have its own values overlooked: a trace that
/// touches any value says nothing, and neither does one outside of a comment.
bool is_trusted(const StatementTrace& trace, const std::vector<Hit>& hits, const std::vector<Token>& tokens) {
  if (!trace.id) {
    return false;
  }
  const bool is_in_comment = std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
    return token.kind == Token::Kind::kBlockComment && token.begin <= trace.begin && trace.end <= token.end;
  });
  return is_in_comment && std::none_of(hits.begin(), hits.end(),
                                       [&](const Hit& hit) { return hit.begin < trace.end && trace.begin < hit.end; });
}

}  // namespace

std::string describe(const Judgement& judgement) {
  std::string text(judgement.source);
  switch (judgement.taint) {
    case Taint::kClean:
      break;
    case Taint::kStructure:
      text += ", " + std::to_string(judgement.tokens) + (judgement.tokens == 1 ? " token" : " tokens");
      break;
    case Taint::kUnreadable:
      text += ", in a text that is no SQL";
      break;
    case Taint::kTooLong:
      text += "too much to compare";
      break;
  }
  return text;
}

Judgement TaintJudge::look(CandidateStore& store, std::string_view statement, CandidateStore::Clock::time_point now) {
  const StatementTrace trace = find_trace(statement);
  const auto search = store.find(statement, trace.id ? &*trace.id : nullptr, now, found_);
  Judgement judgement;
  parts_work_ = 0;
  if (search == CandidateStore::Search::kTooLong) {
    judgement.taint = Taint::kTooLong;
  } else if (!found_.hits.empty()) {
    if (statement.find('\0') == std::string_view::npos && scan_tokens(statement, tokens_)) {
      judgement = judge_hits(statement, trace);
    } else {
      const Hit& hit = found_.hits.front();
      judgement = {Taint::kUnreadable, found_.values[hit.value].source, 0, hit.begin};
    }
  }
  if (found_.hits.capacity() * sizeof(Hit) > kKeptBytes || tokens_.capacity() * sizeof(Token) > kKeptBytes) {
    found_.hits = {};
    tokens_ = {};
  }
  return judgement;
}

Judgement TaintJudge::judge_hits(std::string_view statement, const StatementTrace& trace) {
  const bool narrows = is_trusted(trace, found_.hits, tokens_);
  const std::uint64_t most = kLookedAtPerByte * statement.size() + kLeastLookedAt;
  PartJudge parts(statement, tokens_);
  for (const Hit& hit : found_.hits) {
    if (narrows && hit.of_other_trace) {
      continue;
    }
    const Covered covered = parts.judge(hit.begin, hit.end);
    parts_work_ = parts.work();
    if (parts_work_ > most) {
      return {Taint::kTooLong, {}, 0, hit.begin};
    }
    if (covered.what == Covered::What::kStructure) {
      return {Taint::kStructure, found_.values[hit.value].source, covered.tokens, hit.begin};
    }
  }
  return {};
}

}  // namespace gabion::inspect::sql::taint
