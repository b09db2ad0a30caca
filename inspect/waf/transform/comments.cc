// Comments of SQL, C and HTML: replaced by a space, removed, or only their marks removed.
#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

bool stands_at(std::string_view in, std::size_t at, std::string_view wanted) noexcept {
  return in.substr(at, wanted.size()) == wanted;
}

/// The length of a mark that removeCommentsChar drops, or 0.
std::size_t mark_at(std::string_view in, std::size_t at) noexcept {
  switch (in[at]) {
    case '#':
      return 1;
    case '/':
      return stands_at(in, at, "/*") ? 2 : 0;
    case '*':
      return stands_at(in, at, "*/") ? 2 : 0;
    case '<':
      return stands_at(in, at, "<!--") ? 4 : 0;
    case '-':
      return stands_at(in, at, "-->") ? 3 : stands_at(in, at, "--") ? 2 : 0;
    default:
      return 0;
  }
}

/// Where the comment that encloses `at` ends: behind "*/" or "-->", whichever began it; the end if it does not.
std::size_t behind_comment(std::string_view in, std::size_t at) noexcept {
  for (; at < in.size(); ++at) {
    if (stands_at(in, at, "*/")) {
      return at + 2;
    }
    if (stands_at(in, at, "-->")) {
      return at + 3;
    }
  }
  return std::string_view::npos;
}

}  // namespace

char* replace_comments(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  for (std::size_t begin = in.find("/*"); begin != std::string_view::npos; begin = in.find("/*", at)) {
    out = copy(in, at, begin, out);
    *out++ = ' ';
    const std::size_t end = in.find("*/", begin + 2);
    if (end == std::string_view::npos) {
      return out;
    }
    at = end + 2;
  }
  return copy(in, at, in.size(), out);
}

/// "--" and '#' end the value; a comment that does not end ends it with a space. The byte behind a comment is
/// copied without a look at it.
char* remove_comments(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while (at < in.size()) {
    const std::size_t opening = stands_at(in, at, "/*") ? 2 : stands_at(in, at, "<!--") ? 4 : 0;
    if (opening == 0) {
      if (in[at] == '#' || stands_at(in, at, "--")) {
        return out;
      }
      *out++ = in[at++];
      continue;
    }
    at = behind_comment(in, at + opening);
    if (at == std::string_view::npos) {
      *out++ = ' ';
      return out;
    }
    *out++ = at < in.size() ? in[at] : '\0';
    ++at;
  }
  return out;
}

char* remove_comments_char(std::string_view in, char* out) noexcept {
  std::size_t at = 0;
  while (at < in.size()) {
    const std::size_t mark = mark_at(in, at);
    if (mark == 0) {
      *out++ = in[at++];
    } else {
      at += mark;
    }
  }
  return out;
}

}  // namespace gabion::inspect::waf::transform
