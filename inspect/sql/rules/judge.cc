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

}  // namespace

SqlJudge::SqlJudge(Parser parser, std::size_t cache_bytes)
    : parser_(std::move(parser)), digest_(KeyedDigest::random()), cache_(cache_bytes) {}

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

SqlVerdict SqlJudge::judge(std::string_view text, const SqlSubject& subject) {
  const bool too_long = text.size() > subject.most_bytes();
  const Digest name = too_long ? Digest{} : digest_(text);
  if (auto* known = too_long ? nullptr : cache_.find(name)) {
    const Judged* judged = known->find(subject.digest());
    if (judged != nullptr) {
      cache_.count_hit();
    } else {
      cache_.count_fact_hit();
      judged = &cache_.add(*known, rule(known->facts, text, subject));
    }
    return verdict_of(*judged, known->facts, subject);
  }
  cache_.count_miss();
  ++parses_;
  ParseOptions options;
  options.max_bytes = subject.most_bytes();
  parser_.parse(text, options, facts_);
  judged_ = rule(facts_, text, subject);
  if (!too_long && cache_.admit(name)) {
    cache_.keep(name, facts_, judged_);
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
