// Any bytes as a request target: normalising must be idempotent at every level, and PathView must not read beyond it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "inspect/policy/normalize_path.h"
#include "inspect/policy/path_view.h"

using gabion::config::DoubtfulPath;
using gabion::config::PathCase;
using gabion::config::PathLevel;
using gabion::config::PathReading;
using gabion::inspect::policy::is_utf8;
using gabion::inspect::policy::normalize_target;
using gabion::inspect::policy::PathStatus;
using gabion::inspect::policy::PathView;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

PathReading reading_of(unsigned options) {
  const auto keep = [options](unsigned bit) {
    return (options >> bit & 1U) != 0 ? DoubtfulPath::kKeep : DoubtfulPath::kRefuse;
  };
  return {keep(0), keep(1), keep(2), keep(3), (options & 16U) != 0 ? PathCase::kFold : PathCase::kExact};
}

void check(std::string_view target, PathLevel level) {
  std::string first_buffer;
  std::string second_buffer;
  const auto once = normalize_target(target, level, first_buffer);
  if (once.status == PathStatus::kBad) {
    return;
  }
  require(once.path.starts_with('/'));
  const auto twice = normalize_target(once.path, level, second_buffer);
  require(twice.status == PathStatus::kOk && twice.path == once.path && !twice.has_query);
  const PathView strict(once.path);
  for (unsigned options = 0; options < 32; ++options) {
    const PathView view(once.path, reading_of(options));
    require(view.is_path() && view.text().size() <= once.path.size());
    require(view.is_ambiguous() || is_utf8(view.text()));
    // What is trusted without any option is the same with all of them, but for letters beyond ASCII.
    const bool folds = view.letters() == PathCase::kFold;
    require(strict.is_ambiguous() || (view.is_ambiguous() ? folds : view.text() == strict.text()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view target(reinterpret_cast<const char*>(data), size);
  for (const auto level :
       {PathLevel::kNone, PathLevel::kBase, PathLevel::kMergeSlashes, PathLevel::kDecodeAndMergeSlashes}) {
    check(target, level);
  }
  return 0;
}
