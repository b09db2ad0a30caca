// The thin wrapper around RE2: its options, and its errors as ours.
#include "inspect/match/regex.h"

#include <re2/re2.h>

#include <utility>

namespace gabion::inspect::match {

Regex::Regex(std::unique_ptr<re2::RE2> compiled) noexcept : compiled_(std::move(compiled)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

config::Result<Regex> Regex::compile(std::string_view pattern, Letters letters) {
  constexpr std::int64_t kFoldedShare = 4;
  const bool folds = letters == Letters::kFold;
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_max_mem(folds ? kFoldedShare * kMaxMemoryBytes : kMaxMemoryBytes);
  options.set_case_sensitive(!folds);
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return config::Error{"not a regular expression RE2 takes: " + compiled->error(), ""};
  }
  return Regex(std::move(compiled));
}

bool Regex::matches_all_of(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace gabion::inspect::match
