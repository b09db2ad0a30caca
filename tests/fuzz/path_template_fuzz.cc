// A pattern and a path on two lines: the matcher must agree with a literal, segment by segment reading of policy §3.3.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/kube/l7_text.h"
#include "inspect/policy/http_match.h"
#include "inspect/policy/request_samples.h"

using gabion::config::PathCase;
using gabion::config::kube::PathMatch;
using gabion::inspect::policy::PathCondition;
using gabion::inspect::policy::Reading;

namespace {

/// "/a//b" -> "a", "", "b".
std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> list;
  while (!path.empty()) {
    const std::size_t end = path.find('/', 1);
    list.push_back(path.substr(1, end == std::string_view::npos ? end : end - 1));
    path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  }
  return list;
}

/// {*}: one segment that is not empty; {**}: the rest, at least an empty segment, up to the literal ones behind it.
bool literally_matches(const std::vector<std::string_view>& wanted, const std::vector<std::string_view>& given) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == "{**}") {
      const std::size_t behind = wanted.size() - i - 1;
      if (given.size() < i + 1 + behind) {
        return false;
      }
      for (std::size_t n = 0; n < behind; ++n) {
        if (wanted[i + 1 + n] != given[given.size() - behind + n]) {
          return false;
        }
      }
      return true;
    }
    if (i >= given.size() || (wanted[i] == "{*}" ? given[i].empty() : wanted[i] != given[i])) {
      return false;
    }
  }
  return wanted.size() == given.size();
}

bool literally_has_prefix(std::string_view prefix, std::string_view path) {
  return path.substr(0, prefix.size()) == prefix &&
         (prefix.back() == '/' || path.size() == prefix.size() || path[prefix.size()] == '/');
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return small;
}

/// REQUIRES: `path` begins with '/'.
void check(std::string_view pattern, std::string_view path, PathCase letters) {
  const bool folds = letters == PathCase::kFold;
  const std::string wanted = folds ? in_small_letters(pattern) : std::string(pattern);
  const std::string given = folds ? in_small_letters(path) : std::string(path);
  if (gabion::config::kube::is_path_template(pattern)) {
    require(gabion::inspect::policy::matches_template(pattern, path, letters) ==
            literally_matches(segments(wanted), segments(given)));
  }
  if (gabion::config::kube::is_plain_path(pattern)) {
    const auto prefix = PathCondition::compile({PathMatch::Kind::kPrefix, std::string(pattern)});
    const auto exact = PathCondition::compile({PathMatch::Kind::kExact, std::string(pattern)});
    require(prefix && prefix->matches(path, letters, Reading::kCertain) == literally_has_prefix(wanted, given));
    require(exact && exact->matches(path, letters, Reading::kCertain) == (wanted == given));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view pattern = input.substr(0, line);
  const std::string_view path = line == std::string_view::npos ? "" : input.substr(line + 1);
  static_cast<void>(gabion::inspect::policy::sample_of_regex(pattern));
  if (!path.starts_with('/')) {
    return 0;
  }
  check(pattern, path, PathCase::kExact);
  check(pattern, path, PathCase::kFold);
  return 0;
}
