// The HTTP part of an L7 rule, ready to be asked: hosts, methods, paths, headers (policy §3.3, §3.4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/kube/objects.h"
#include "config/result.h"
#include "inspect/match/regex.h"
#include "inspect/message.h"
#include "inspect/policy/path_view.h"

namespace gabion::inspect::policy {

/// A request as rules look at it. Borrows the head and the path view.
struct RequestView {
  /// Host is split into name (no trailing dot) and port; case is left to the comparison.
  RequestView(const RequestHead& head, const PathView& decoded_path) noexcept;

  const RequestHead& head;
  const PathView& path;
  std::string_view host;     ///< empty: HTTP/1.0 without Host
  std::uint32_t method = 0;  ///< method_bit of it
  std::optional<std::uint16_t> port;
};

/// A bit for each method of RFC 9110 and PATCH; 0 for others.
[[nodiscard]] std::uint32_t method_bit(std::string_view method) noexcept;

/// How a condition that cannot be decided counts: an Allow needs certainty, a Deny fires on the possible.
enum class Reading : std::uint8_t { kCertain, kPossible };

/// The first condition of an item that does not hold, in the order in which they are asked.
enum class HttpField : std::uint8_t { kHost, kMethod, kPath, kHeader, kNone };

struct HttpMiss {
  HttpField field = HttpField::kNone;  ///< kNone: the item matches
  std::size_t index = 0;               ///< of the header condition
};

/// One of `paths`. Immutable, thread-safe.
class PathCondition {
 public:
  [[nodiscard]] static config::Result<PathCondition> compile(const config::kube::PathMatch& source);
  /// `path` begins with '/'; ASCII alone when letters are folded (PathView).
  [[nodiscard]] bool matches(std::string_view path, config::PathCase letters, Reading reading) const;

 private:
  /// Kept apart, so that other conditions stay within a cache line. The one for folded letters is compiled when the
  /// first request asks for it: most proxies never fold.
  struct Regexes {
    explicit Regexes(match::Regex compiled) noexcept : exact(std::move(compiled)) {}
    match::Regex exact;
    std::once_flag folded_tried;
    std::optional<match::Regex> folded;  ///< none: too large
  };
  explicit PathCondition(const config::kube::PathMatch& source) : source_(source) {}
  [[nodiscard]] bool matches_regex(std::string_view path, config::PathCase letters, Reading reading) const;

  config::kube::PathMatch source_;
  std::unique_ptr<Regexes> regexes_;  ///< of a kRegex
};

class HostCondition {
 public:
  /// "x", "*.x", "[::1]", each optionally ":port".
  explicit HostCondition(std::string_view text);
  [[nodiscard]] bool matches(const RequestView& request, Reading reading) const noexcept;
  /// The name in `text`, without port and trailing dot; of "*.x" it is ".x".
  [[nodiscard]] static std::string_view name_of(std::string_view text) noexcept;

 private:
  std::string name_;  ///< with the leading dot when `wildcard_`
  bool wildcard_ = false;
  std::optional<std::uint16_t> port_;
};

class HeaderCondition {
 public:
  [[nodiscard]] static config::Result<HeaderCondition> compile(const config::kube::HeaderMatch& source);
  /// Repeated lines are joined with ',' (RFC 9110 §5.3); with kPossible any single line counts as well.
  [[nodiscard]] bool matches(std::span<const HeaderField> fields, Reading reading) const;

 private:
  explicit HeaderCondition(const config::kube::HeaderMatch& source) : source_(source) {}
  [[nodiscard]] bool value_matches(std::string_view value) const;
  [[nodiscard]] bool joined_matches(std::span<const HeaderField> fields) const;
  config::kube::HeaderMatch source_;
  std::optional<match::Regex> regex_;
};

/// One item of http: its members are ANDed. What most items have, methods and one path of ordinary length, is in one
/// cache line, for among very many rules each line is a miss.
class alignas(64) HttpCondition {
 public:
  /// Errors: a regex RE2 does not take; `where` names the member ("paths[1].regex").
  [[nodiscard]] static config::Result<HttpCondition> compile(const config::kube::HttpMatch& source);

  /// Where `request` fails first. Allocates nothing unless a repeated header joins to more than 1 KiB.
  [[nodiscard]] HttpMiss first_miss(const RequestView& request, Reading reading) const;

 private:
  static constexpr std::size_t kShortPath = 50;
  enum class Paths : std::uint8_t { kAny, kShort, kListed };
  /// What has no place in the line.
  struct Rest {
    std::vector<std::string> rare_methods;  ///< without a bit
    std::vector<PathCondition> paths;
    std::vector<HostCondition> hosts;
    std::vector<HeaderCondition> headers;
  };

  void set_methods(const std::vector<std::string>& methods);
  [[nodiscard]] config::Result<void> set_paths(const std::vector<config::kube::PathMatch>& paths);
  [[nodiscard]] Rest& rest();
  [[nodiscard]] bool means_method(const RequestView& request) const noexcept;
  [[nodiscard]] bool means_path(const PathView& path, Reading reading) const;
  [[nodiscard]] bool means_host(const RequestView& request, Reading reading) const noexcept;

  std::unique_ptr<Rest> rest_;        ///< null: nothing of it
  std::uint16_t common_methods_ = 0;  ///< bits of them
  bool any_method_ = true;
  Paths paths_ = Paths::kAny;
  config::kube::PathMatch::Kind short_kind_ = config::kube::PathMatch::Kind::kExact;  ///< no kRegex
  std::uint8_t short_length_ = 0;
  std::array<char, kShortPath> short_path_ = {};
};
static_assert(sizeof(HttpCondition) == 64);

/// Whether `path` meets a template: {*} one non-empty segment, {**} one or more segments, once.
[[nodiscard]] bool matches_template(std::string_view pattern, std::string_view path, config::PathCase letters) noexcept;

}  // namespace gabion::inspect::policy
