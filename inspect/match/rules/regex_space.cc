// Sizes of what one PCRE2 match may use.
#include "inspect/match/rules/regex_space.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <new>

#include "inspect/match/rules/rule_regex.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::match {

namespace {

constexpr std::size_t kFirstStackBytes = 32 * 1024;
constexpr std::size_t kMostStackBytes = 1024 * 1024;     // address space; committed only as far as a match needs it
constexpr std::uint32_t kMostHeapKibibytes = 16 * 1024;  // of the interpreter, where compiled code is not allowed

}  // namespace

RegexSpace::~RegexSpace() {
  pcre2_match_data_free(results_);
  pcre2_match_context_free(limits_);
  pcre2_jit_stack_free(stack_);
}

RegexSpace* RegexSpace::of(Scratch& scratch) noexcept {
  std::unique_ptr<RegexSpace>& space = scratch.impl().regex;
  if (space == nullptr) {
    std::unique_ptr<RegexSpace> made(new (std::nothrow) RegexSpace());
    if (made == nullptr || !made->allocate()) {
      return nullptr;
    }
    space = std::move(made);
  }
  return space.get();
}

bool RegexSpace::allocate() noexcept {
  results_ = pcre2_match_data_create(Captures::kGroups, nullptr);
  limits_ = pcre2_match_context_create(nullptr);
  if (results_ == nullptr || limits_ == nullptr) {
    return false;
  }
  pcre2_set_heap_limit(limits_, kMostHeapKibibytes);
  stack_ = pcre2_jit_stack_create(kFirstStackBytes, kMostStackBytes, nullptr);
  if (stack_ != nullptr) {  // null: no compiled code on this machine, or the machine's own 32 KiB must do
    pcre2_jit_stack_assign(limits_, nullptr, stack_);
  }
  return true;
}

}  // namespace gabion::inspect::match
