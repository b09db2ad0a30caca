// Lists of what may be remembered; whatever is not on one may not.
#include "inspect/waf/engine/memorable.h"

#include <algorithm>
#include <array>

#include "inspect/message.h"

namespace gabion::inspect::waf::engine {
namespace {

using namespace std::string_view_literals;

constexpr std::array kHeaders{"accept"sv,
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
                              "x-requested-with"sv};

constexpr std::size_t kMostNameBytes = 64;

}  // namespace

bool is_memorable_header(std::string_view name) noexcept {
  return std::any_of(kHeaders.begin(), kHeaders.end(), [&](std::string_view known) {
    return known.size() == name.size() && equals_without_case(known, name);
  });
}

bool is_public(std::string_view value) noexcept {
  const auto has = [value](char c) { return value.find(c) != std::string_view::npos; };
  return !has('/') || (!has('?') && !has('#') && !has('@'));
}

bool is_memorable_single(seclang::Variable variable) noexcept {
  return variable == seclang::Variable::kRequestMethod || variable == seclang::Variable::kRequestProtocol ||
         variable == seclang::Variable::kServerName;
}

bool is_memorable_name(std::string_view name, std::string_view value) noexcept {
  return name.size() <= kMostNameBytes && !value.empty();
}

}  // namespace gabion::inspect::waf::engine
