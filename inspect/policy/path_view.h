// The path as rules see it: the escapes normalising left are decoded once (policy §3.3).
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "config/proxy_config.h"

namespace gabion::inspect::policy {

/// Lives for one decision. Allocates only for a path with escapes that is longer than kInlineBytes.
class PathView {
 public:
  static constexpr std::size_t kInlineBytes = 4096;

  /// `path` is normalised (normalize_target) and outlives the view, or is no path ("*", authority-form, empty).
  explicit PathView(std::string_view path, const config::PathReading& reading = {});
  PathView(const PathView&) = delete;
  PathView& operator=(const PathView&) = delete;

  /// False for what has no path, such as "OPTIONS *": a condition on the path is then not met.
  [[nodiscard]] bool is_path() const noexcept { return is_path_; }
  /// Two servers may read it differently, and the reading does not say to keep it: %2F, %5C, an escape of an escape,
  /// empty segments, ';' (plain or encoded). Whatever the reading says: not UTF-8, an encoded control byte, what only
  /// PathLevel::kNone leaves (dot segments and '\'), and bytes beyond ASCII where letters are folded.
  [[nodiscard]] bool is_ambiguous() const noexcept { return ambiguous_; }
  /// The decoded view; UTF-8 unless ambiguous. Slashes that are kept encoded are %2F and %5C in it, in capitals.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// How to compare it.
  [[nodiscard]] config::PathCase letters() const noexcept { return letters_; }

 private:
  void decode(std::string_view path, const config::PathReading& reading, char* out);
  [[nodiscard]] bool has_doubtful_shape(const config::PathReading& reading) const noexcept;

  std::string_view text_;
  std::size_t kept_slashes_ = 0;  ///< escapes of text_ that stand for a slash and are no double encoding
  bool is_path_ = false;
  bool ambiguous_ = false;
  config::PathCase letters_ = config::PathCase::kExact;
  std::array<char, kInlineBytes> inline_;  // written before it is read
  std::string spill_;
};

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

}  // namespace gabion::inspect::policy
