// Lists of what may be remembered; whatever is not on one may not.
#include "inspect/memorable.h"

#include <algorithm>
#include <array>
#include <span>

#include "inspect/message.h"

namespace gabion::inspect {
namespace {

using namespace std::string_view_literals;

template <std::size_t kCount>
constexpr std::array<std::string_view, kCount> by_size(std::array<std::string_view, kCount> names) {
  std::sort(names.begin(), names.end(), [](auto one, auto other) { return one.size() < other.size(); });
  return names;
}

constexpr auto kHeaders = by_size(std::array{"accept"sv,
                                             "accept-charset"sv,
                                             "accept-encoding"sv,
                                             "accept-language"sv,
                                             "accept-ranges"sv,
                                             "cache-control"sv,
                                             "connection"sv,
                                             "content-encoding"sv,
                                             "content-language"sv,
                                             "content-type"sv,
                                             "dnt"sv,
                                             "expect"sv,
                                             "host"sv,
                                             "keep-alive"sv,
                                             "origin"sv,
                                             "pragma"sv,
                                             "priority"sv,
                                             "referer"sv,
                                             "sec-ch-ua"sv,
                                             "sec-ch-ua-mobile"sv,
                                             "sec-ch-ua-platform"sv,
                                             "sec-fetch-dest"sv,
                                             "sec-fetch-mode"sv,
                                             "sec-fetch-site"sv,
                                             "sec-fetch-user"sv,
                                             "server"sv,
                                             "te"sv,
                                             "transfer-encoding"sv,
                                             "upgrade"sv,
                                             "upgrade-insecure-requests"sv,
                                             "user-agent"sv,
                                             "vary"sv,
                                             "x-forwarded-proto"sv,
                                             "x-requested-with"sv});

constexpr auto kAnswerHeaders = by_size(std::array{"accept-ranges"sv,
                                                   "age"sv,
                                                   "allow"sv,
                                                   "alt-svc"sv,
                                                   "cache-control"sv,
                                                   "connection"sv,
                                                   "content-encoding"sv,
                                                   "content-language"sv,
                                                   "content-length"sv,
                                                   "content-security-policy"sv,
                                                   "content-type"sv,
                                                   "date"sv,
                                                   "etag"sv,
                                                   "expires"sv,
                                                   "keep-alive"sv,
                                                   "last-modified"sv,
                                                   "permissions-policy"sv,
                                                   "referrer-policy"sv,
                                                   "server"sv,
                                                   "strict-transport-security"sv,
                                                   "transfer-encoding"sv,
                                                   "vary"sv,
                                                   "via"sv,
                                                   "x-content-type-options"sv,
                                                   "x-frame-options"sv,
                                                   "x-powered-by"sv,
                                                   "x-xss-protection"sv});

bool holds(std::span<const std::string_view> names, std::string_view name) noexcept {
  const auto* const first = std::lower_bound(names.data(), names.data() + names.size(), name.size(),
                                             [](auto known, std::size_t size) { return known.size() < size; });
  for (const auto* known = first; known != names.data() + names.size() && known->size() == name.size(); ++known) {
    if (equals_without_case(*known, name)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_memorable_header(std::string_view name) noexcept {
  return holds(kHeaders, name);
}

bool is_memorable_answer_header(std::string_view name) noexcept {
  return holds(kAnswerHeaders, name);
}

bool is_public(std::string_view value) noexcept {
  const auto has = [value](char c) { return value.find(c) != std::string_view::npos; };
  return !has('/') || (!has('?') && !has('#') && !has('@'));
}

}  // namespace gabion::inspect
