// Which marks the rules of this network namespace are for, and whether those are what a proxy here sends with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/proxy_config.h"
#include "config/result.h"
#include "proxy/interception/net_settings.h"

namespace gabion::proxy::interception {

/// Where `gabion net install` notes them: routing rules at this place, one a mark, which do nothing. They are the
/// namespace's own, as the rules are, and anybody may read them: a proxy has no iptables and needs no right.
inline constexpr std::uint32_t kNotePriority = 134;

/// What an installation notes, in order; by REDIRECT nothing.
[[nodiscard]] std::vector<std::uint32_t> marks_to_note(const NetSettings& settings);

/// What is noted for a family, read by netlink. An error: the kernel does not say.
[[nodiscard]] config::Result<std::vector<std::uint32_t>> noted_marks(Family family);

/// What a proxy with this configuration finds here.
struct RulesFound {
  std::optional<config::Error> refusal;  ///< its marks are not those of the rules: they would not know its calls
  std::optional<std::string> warning;    ///< nothing is led to it, or nobody can tell
};

/// `noted`: by family, those that could be read.
[[nodiscard]] RulesFound compare_marks(const config::ProxyConfig& config,
                                       const std::vector<std::vector<std::uint32_t>>& noted);

/// The same of this network namespace; asks nothing of the kernel where nothing is captured.
[[nodiscard]] RulesFound look_at_marks(const config::ProxyConfig& config);

}  // namespace gabion::proxy::interception
