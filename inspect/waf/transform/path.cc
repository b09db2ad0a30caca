// A path without empty segments, "." and "..".
#include <algorithm>

#include "inspect/waf/transform/bytes.h"
#include "inspect/waf/transform/steps.h"

namespace gabion::inspect::waf::transform {
namespace {

enum class Separators { kSlash, kSlashAndBackslash };

/// Walks over a path byte by byte. A segment is judged at its last byte, by that byte and what was written before it:
/// so any name that ends in ".." counts as a step back, as it does in ModSecurity.
class PathWalk {
 public:
  PathWalk(std::string_view in, char* out, Separators separators) noexcept
      : in_(in), begin_(out), out_(out), separators_(separators), relative_(!separates(0)) {}

  char* run() noexcept {
    while (at_ < in_.size() && !ended_) {
      seen_ = std::min(at_ + 1, in_.size() - 1);
      if (is_last() || separates(at_ + 1)) {
        end_segment();
      }
      if (!ended_) {
        write();
      }
    }
    if (out_ > begin_ && !separates(in_.size() - 1) && out_[-1] == '/') {
      --out_;
    }
    return out_;
  }

 private:
  [[nodiscard]] bool separates(std::size_t at) const noexcept {
    return in_[at] == '/' || (separators_ == Separators::kSlashAndBackslash && in_[at] == '\\');
  }
  [[nodiscard]] bool is_last() const noexcept { return at_ + 1 == in_.size(); }
  [[nodiscard]] bool at_root() const noexcept { return out_ == begin_; }

  void end_segment() noexcept {
    if (in_[at_] == '.') {
      if (!at_root() && out_[-1] == '.') {
        step_back();
      } else if (at_root()) {
        skip_dot();
      } else if (out_[-1] == '/') {
        out_ -= is_last() ? 0 : 1;  // the separator behind the dot is written in its place
        skip_dot();
      }
    } else if (!at_root() && (is_last() || !separates(at_))) {
      hit_root_ = false;
    }
  }

  void skip_dot() noexcept {
    ended_ = is_last();
    ++at_;
  }

  /// Out of the segment before; a relative path that has none keeps its "..".
  void step_back() noexcept {
    if (relative_ && (hit_root_ || out_ - begin_ <= 2)) {
      hit_root_ = true;
      return;
    }
    auto size = out_ - begin_ - 3;
    while (size > 0 && begin_[size] != '/') {
      --size;
    }
    if (size <= 0) {
      hit_root_ = true;
      size = !relative_ && is_last() ? 1 : 0;
    }
    out_ = begin_ + size;
    skip_dot();
  }

  void write() noexcept {
    if (!separates(at_)) {
      *out_++ = in_[at_++];
      return;
    }
    while (!is_last() && separates(at_ + 1)) {
      ++at_;
    }
    const char separator = at_ <= seen_ ? '/' : in_[at_];  // ModSecurity turns only so many backslashes
    ++at_;
    if (!relative_ || !at_root()) {
      *out_++ = separator;
    }
  }

  std::string_view in_;
  char* begin_;
  char* out_;
  Separators separators_;
  bool relative_;
  bool hit_root_ = false;
  bool ended_ = false;
  std::size_t at_ = 0;
  std::size_t seen_ = 0;
};

}  // namespace

char* normalize_path(std::string_view in, char* out) noexcept {
  return in.empty() ? out : PathWalk(in, out, Separators::kSlash).run();
}

char* normalize_path_win(std::string_view in, char* out) noexcept {
  return in.empty() ? out : PathWalk(in, out, Separators::kSlashAndBackslash).run();
}

}  // namespace gabion::inspect::waf::transform
