// One scan tells whether a path is normal already; only the others are rewritten, step by step in mesh.md §5's order.
#include "inspect/policy/normalize_path.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace gabion::inspect::policy {
namespace {

using config::PathLevel;

enum class Scan : std::uint8_t { kNormal, kRewrite, kBad };

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// What a byte of a path asks of the scan.
enum class ByteKind : std::uint8_t { kPlain, kBad, kSlash, kBackslash, kPercent };

constexpr std::array<ByteKind, 256> make_byte_kinds() {
  std::array<ByteKind, 256> kinds{};
  for (std::size_t byte = 0; byte < kinds.size(); ++byte) {
    kinds[byte] = byte <= 0x20 || byte >= 0x7f ? ByteKind::kBad : ByteKind::kPlain;
  }
  kinds['/'] = ByteKind::kSlash;
  kinds['\\'] = ByteKind::kBackslash;
  kinds['%'] = ByteKind::kPercent;
  return kinds;
}

constexpr std::array<ByteKind, 256> kByteKinds = make_byte_kinds();

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte the escape at `path[at]` ('%') stands for, or -1 when it is broken.
constexpr int escaped_byte(std::string_view path, std::size_t at) noexcept {
  if (path.size() - at < 3) {
    return -1;
  }
  const int high = hex_digit(path[at + 1]);
  const int low = hex_digit(path[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// What stands in the normal form for an escape of `byte`; nothing: the escape stays as it is.
std::optional<char> decoded(int byte, PathLevel level) noexcept {
  const char c = static_cast<char>(byte);
  if (level == PathLevel::kNone) {
    return std::nullopt;
  }
  if (level == PathLevel::kDecodeAndMergeSlashes && (c == '/' || c == '\\')) {
    return '/';
  }
  return byte < 0x80 && kUnreserved.find(c) != std::string_view::npos ? std::optional(c) : std::nullopt;
}

bool merges(PathLevel level) noexcept {
  return level == PathLevel::kMergeSlashes || level == PathLevel::kDecodeAndMergeSlashes;
}

bool is_dot_segment(std::string_view segment) noexcept {
  return segment == "." || segment == "..";
}

/// Whether the slash at `path[at]` begins something that BASE or MERGE changes.
bool slash_needs_rewrite(std::string_view path, std::size_t at, PathLevel level) noexcept {
  if (at + 1 == path.size() || level == PathLevel::kNone) {
    return false;
  }
  if (path[at + 1] == '/') {
    return merges(level);
  }
  if (path[at + 1] != '.') {
    return false;
  }
  const std::string_view rest = path.substr(at + 1, 3);
  return is_dot_segment(rest.substr(0, rest.find('/')));
}

Scan scan_escape(std::string_view path, std::size_t at, PathLevel level) noexcept {
  const int byte = escaped_byte(path, at);
  if (byte <= 0) {  // broken, or %00
    return Scan::kBad;
  }
  return decoded(byte, level) ? Scan::kRewrite : Scan::kNormal;
}

Scan scan_byte(std::string_view path, std::size_t at, PathLevel level) noexcept {
  switch (kByteKinds[static_cast<unsigned char>(path[at])]) {
    case ByteKind::kPlain:
      return Scan::kNormal;
    case ByteKind::kBad:
      return Scan::kBad;
    case ByteKind::kSlash:
      return slash_needs_rewrite(path, at, level) ? Scan::kRewrite : Scan::kNormal;
    case ByteKind::kBackslash:
      return level == PathLevel::kNone ? Scan::kNormal : Scan::kRewrite;
    case ByteKind::kPercent:
      return scan_escape(path, at, level);
  }
  return Scan::kBad;
}

Scan scan(std::string_view path, PathLevel level) noexcept {
  if (path.empty() || path.front() != '/') {
    return Scan::kBad;
  }
  Scan result = Scan::kNormal;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const Scan step = scan_byte(path, at, level);
    if (step == Scan::kBad) {
      return step;
    }
    if (step == Scan::kRewrite) {
      result = step;
    }
  }
  return result;
}

/// Appends `path` to the empty `out` with its escapes decoded as `level` says and `\` as `/`.
void decode(std::string_view path, PathLevel level, std::string& out) {
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '\\') {
      out.push_back('/');
      continue;
    }
    if (path[at] != '%') {
      out.push_back(path[at]);
      continue;
    }
    if (const auto byte = decoded(escaped_byte(path, at), level)) {
      out.push_back(*byte);
    } else {
      out.append(path.substr(at, 3));
    }
    at += 2;
  }
}

/// Resolves "." and ".." in place, RFC 3986 §5.2.4, but empty segments are segments. False: above the root.
bool resolve_dots(std::string& path) {
  std::size_t kept = 0;  // path[0, kept) is resolved: "" or "/seg/seg"
  std::size_t at = 0;    // of the '/' that begins the next segment
  bool ends_in_dots = false;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = std::string_view(path).substr(at + 1, end - at - 1);
    ends_in_dots = is_dot_segment(segment);
    if (segment == "..") {
      if (kept == 0) {
        return false;
      }
      kept = path.rfind('/', kept - 1);
    } else if (!ends_in_dots) {
      std::copy(path.data() + at, path.data() + end, path.data() + kept);
      kept += end - at;
    }
    at = end;
  }
  path.resize(kept);
  if (ends_in_dots) {
    path.push_back('/');
  }
  return true;
}

void merge_slashes(std::string& path) {
  std::size_t kept = 0;
  for (const char c : path) {
    if (c != '/' || kept == 0 || path[kept - 1] != '/') {
      path[kept++] = c;
    }
  }
  path.resize(kept);
}

/// Control bytes and blanks never belong into a target; everything else a query may hold.
bool has_control_byte(std::string_view query) noexcept {
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) {
      return true;
    }
  }
  return false;
}

}  // namespace

NormalizedTarget normalize_target(std::string_view target, PathLevel level, std::string& buffer) {
  NormalizedTarget result;
  const std::string_view whole = target.substr(0, target.find('#'));
  const std::size_t question = whole.find('?');
  const std::string_view path = whole.substr(0, question);
  if (question != std::string_view::npos) {
    result.has_query = true;
    result.query = whole.substr(question + 1);
  }
  const Scan found = scan(path, level);
  if (found == Scan::kBad || has_control_byte(result.query)) {
    return result;
  }
  result.status = PathStatus::kOk;
  result.path = path;
  if (found == Scan::kNormal) {
    return result;
  }
  buffer.clear();
  decode(path, level, buffer);
  if (!resolve_dots(buffer)) {
    return NormalizedTarget{};
  }
  if (merges(level)) {
    merge_slashes(buffer);
  }
  result.path = buffer;
  return result;
}

}  // namespace gabion::inspect::policy
