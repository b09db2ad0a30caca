// The thin wrapper around PCRE2: its options, and its errors as ours.
#include "inspect/match/rules/rule_regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <exception>
#include <utility>

#include "inspect/match/rules/regex_space.h"

namespace gabion::inspect::match {

namespace {

PCRE2_SPTR bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

config::Error compile_error(int code, std::size_t offset) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return {std::string("not a regular expression PCRE2 takes: ") + reinterpret_cast<const char*>(text.data()) +
              " at offset " + std::to_string(offset),
          ""};
}

RegexVerdict to_verdict(int result) noexcept {
  if (result >= 0) {
    return RegexVerdict::kMatch;
  }
  return result == PCRE2_ERROR_NOMATCH ? RegexVerdict::kNoMatch : RegexVerdict::kUndecided;
}

}  // namespace

void RuleRegex::Deleter::operator()(pcre2_real_code_8* code) const noexcept {
  pcre2_code_free(code);
}

RuleRegex::RuleRegex(RuleRegex&&) noexcept = default;
RuleRegex& RuleRegex::operator=(RuleRegex&&) noexcept = default;
RuleRegex::~RuleRegex() = default;

config::Result<RuleRegex> RuleRegex::compile(std::string_view pattern, RegexOptions options) {
  std::uint32_t flags = PCRE2_DOTALL | PCRE2_MULTILINE;
  if (options.letters == CaseRule::kWithoutCase) {
    flags |= PCRE2_CASELESS;
  }
  int error = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* code = pcre2_compile(bytes_of(pattern), pattern.size(), flags, &error, &offset, nullptr);
  if (code == nullptr) {
    return compile_error(error, offset);
  }
  // A failure here (no executable memory) leaves the interpreter: slower, same verdicts.
  static_cast<void>(pcre2_jit_compile(code, PCRE2_JIT_COMPLETE));
  return RuleRegex(code, options.match_limit);
}

int RuleRegex::run(std::string_view value, Scratch& scratch) const noexcept {
  const RegexSpace* space = RegexSpace::of(scratch);
  if (space == nullptr) {
    return PCRE2_ERROR_NOMEMORY;
  }
  pcre2_set_match_limit(space->limits(), match_limit_);
  return pcre2_match(code_.get(), bytes_of(value), value.size(), 0, 0, space->results(), space->limits());
}

RegexVerdict RuleRegex::match(std::string_view value, Scratch& scratch) const noexcept {
  return to_verdict(run(value, scratch));
}

RegexVerdict RuleRegex::match(std::string_view value, Scratch& scratch, Captures& captures) const noexcept {
  const int result = run(value, scratch);
  if (result < 0) {
    return to_verdict(result);
  }
  // 0: more groups than kGroups, all of which are then set.
  const std::size_t groups = result == 0 ? Captures::kGroups : static_cast<std::size_t>(result);
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(RegexSpace::of(scratch)->results());
  captures.groups.fill(std::nullopt);
  for (std::size_t i = 0; i < groups; ++i) {
    const PCRE2_SIZE begin = ends[2 * i];
    const PCRE2_SIZE end = ends[2 * i + 1];
    if (begin != PCRE2_UNSET && begin <= end) {  // \K in a lookahead may put the begin behind the end
      captures.groups[i] = value.substr(begin, end - begin);
    }
  }
  return RegexVerdict::kMatch;
}

std::size_t RuleRegex::bytes() const noexcept {
  std::size_t code = 0;
  std::size_t machine_code = 0;
  pcre2_pattern_info(code_.get(), PCRE2_INFO_SIZE, &code);
  pcre2_pattern_info(code_.get(), PCRE2_INFO_JITSIZE, &machine_code);
  return code + machine_code;
}

void LazyRegex::prepare() const noexcept {
  try {
    std::call_once(once_, [this] {
      if (auto compiled = RuleRegex::compile(pattern_, options_)) {
        compiled_.emplace(std::move(*compiled));
      }
    });
  } catch (const std::exception&) {  // no memory: the next value tries again
  }
}

RegexVerdict LazyRegex::match(std::string_view value, Scratch& scratch, Captures& captures) const noexcept {
  prepare();
  return compiled_ ? compiled_->match(value, scratch, captures) : RegexVerdict::kUndecided;
}

}  // namespace gabion::inspect::match
