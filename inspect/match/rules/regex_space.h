// A worker's memory for PCRE2: results, limits and the stack of compiled code.
#pragma once

#include <memory>

#include "inspect/scratch.h"

struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;
struct pcre2_real_jit_stack_8;

namespace gabion::inspect::match {

/// Private to inspect/match.
class RegexSpace {
 public:
  RegexSpace() = default;
  ~RegexSpace();
  RegexSpace(const RegexSpace&) = delete;
  RegexSpace& operator=(const RegexSpace&) = delete;

  /// Allocates at the first call with `scratch`; null: no memory.
  [[nodiscard]] static RegexSpace* of(Scratch& scratch) noexcept;

  [[nodiscard]] pcre2_real_match_data_8* results() const noexcept { return results_; }
  [[nodiscard]] pcre2_real_match_context_8* limits() const noexcept { return limits_; }

 private:
  [[nodiscard]] bool allocate() noexcept;

  pcre2_real_match_data_8* results_ = nullptr;
  pcre2_real_match_context_8* limits_ = nullptr;
  pcre2_real_jit_stack_8* stack_ = nullptr;
};

}  // namespace gabion::inspect::match
