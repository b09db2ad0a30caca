// The cache in front, the parser behind it; only what a text of this subject can be told by is asked twice.
#include "inspect/sql/rules/judge.h"

#include <utility>

namespace gabion::inspect::sql {
namespace {

SqlVerdict verdict_of(const Judged& judged, const Facts& facts, const SqlSubject& subject) noexcept {
  const SqlRuling& ruling = judged.enforced;
  SqlVerdict verdict;
  verdict.allow = ruling.allowed();
  verdict.reason = ruling.reason;
  verdict.object = ruling.object;
  verdict.rule = subject.rules().name_of(ruling.rule);
  verdict.rows = ruling.rows;
  verdict.bytes = ruling.bytes;
  verdict.looks_injected = ruling.looks_injected;
  verdict.unlearnt = ruling.unlearnt;
  verdict.unlearnt_rule = subject.rules().name_of(ruling.unlearnt_rule);
  verdict.taint = ruling.taint;
  verdict.taint_rule = subject.rules().name_of(ruling.taint_rule);
  verdict.masks = ruling.masks;
  verdict.facts = &facts;
  if (judged.with_dry_run) {
    const SqlRuling& other = *judged.with_dry_run;
    verdict.dry_run_differs = other.allowed() != ruling.allowed();
    verdict.dry_run_reason = other.reason;
    verdict.dry_run_object = other.object;
    verdict.dry_run_rule = subject.rules().name_of(other.rule);
    verdict.dry_run_taint = other.allowed() ? other.taint : config::kube::SqlTaint::kOff;
    verdict.dry_run_taint_rule = subject.rules().name_of(other.taint_rule);
  }
  return verdict;
}

/// One statement of those whose numbers are nothing but values.
bool carries_values(const Facts& facts) noexcept {
  const auto statements = facts.statements();
  if (statements.size() != 1 || !statements.front().inner_kind.empty()) {
    return false;
  }
  const std::string_view kind = statements.front().kind;
  return kind == "SELECT" || kind == "INSERT" || kind == "UPDATE" || kind == "DELETE";
}

}  // namespace

SqlJudge::SqlJudge(Parser parser, std::size_t cache_bytes)
    : parser_(std::move(parser)),
      shape_digest_(KeyedDigest::random()),
      digest_(KeyedDigest::random()),
      cache_(cache_bytes) {}

config::Result<SqlJudge> SqlJudge::make(std::size_t cache_bytes) {
  auto parser = Parser::make();
  if (!parser) {
    return parser.error();
  }
  return SqlJudge(std::move(*parser), cache_bytes);
}

Judged SqlJudge::rule(const Facts& facts, std::string_view text, const SqlSubject& subject) {
  Judged made;
  made.subject = subject.digest();
  evaluator_.begin_text();
  made.enforced = evaluator_.judge(facts, text, subject, subject.enforced());
  if (subject.rules().has_dry_run()) {
    made.with_dry_run = evaluator_.judge(facts, text, subject, subject.with_dry_run());
  }
  return made;
}

/// Null: neither the text nor its shape is known; `names` are what it can be kept by, and empty where it is known.
VerdictCache::Entry* SqlJudge::find(std::string_view text, Names& names) {
  const auto kind = shape_.read(text);
  if (kind != TextShape::Kind::kNone) {
    if (auto* known = cache_.recall(shape_.bytes())) {
      return known;
    }
  }
  VerdictCache::Entry* known = nullptr;
  if (kind == TextShape::Kind::kStandsFor) {
    names.of_shape = shape_digest_(shape_.bytes());
    known = cache_.find(*names.of_shape);
    if (known != nullptr) {
      cache_.remember(shape_.bytes());
      return known;
    }
  }
  names.of_text = digest_(text);
  known = cache_.find(names.of_text);
  if (known != nullptr && kind == TextShape::Kind::kText) {
    cache_.remember(shape_.bytes());
  }
  return known;
}

SqlVerdict SqlJudge::judge_known(VerdictCache::Entry& known, std::string_view text, const SqlSubject& subject) {
  const Judged* judged = known.find(subject.digest());
  if (judged != nullptr) {
    cache_.count_hit();
    return verdict_of(*judged, known.facts, subject);
  }
  cache_.count_fact_hit();
  const std::uint64_t prints = evaluator_.fingerprints_made();
  judged_ = rule(known.facts, text, subject);
  const bool is_of_text_alone = known.is_shape && evaluator_.fingerprints_made() != prints;
  return verdict_of(is_of_text_alone ? judged_ : cache_.add(known, judged_), known.facts, subject);
}

SqlVerdict SqlJudge::judge(std::string_view text, const SqlSubject& subject, ReadText* read) {
  const bool too_long = text.size() > subject.most_bytes();
  Names names;
  if (auto* known = too_long ? nullptr : find(text, names)) {
    return judge_known(*known, text, subject);
  }
  cache_.count_miss();
  if (read != nullptr && !too_long && read->name == names.of_text) {
    facts_ = std::move(read->facts);
    read->name = {};
  } else {
    ++parses_;
    ParseOptions options;
    options.max_bytes = subject.most_bytes();
    parser_.parse(text, options, facts_);
  }
  const std::uint64_t prints = evaluator_.fingerprints_made();
  judged_ = rule(facts_, text, subject);
  if (too_long) {
    return verdict_of(judged_, facts_, subject);
  }
  const bool is_of_shape = names.of_shape && carries_values(facts_) && evaluator_.fingerprints_made() == prints;
  const Digest& name = is_of_shape ? *names.of_shape : names.of_text;
  if (cache_.admit(name)) {
    cache_.keep(name, facts_, judged_, is_of_shape ? VerdictCache::Of::kShape : VerdictCache::Of::kText);
  }
  return verdict_of(judged_, facts_, subject);
}

std::string describe(SqlReason reason, std::string_view object) {
  std::string text(to_string(reason));
  if (!object.empty()) {
    text += ": ";
    text += object;
  }
  return text;
}

}  // namespace gabion::inspect::sql
