// `gabion policy eval`, where one line of JSON asks with policies, pods and probes, and one answers (policy §6.1).
// §6.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gabion::inspect::policy {

enum class CaseLine : std::uint8_t {
  kAnswered,  ///< {"id": .., "results": [true, ..]}
  kRefused,   ///< {"id": .., "error": ".."}: a policy is refused, a probe names what is not there, a member is wrong
  kNoJson,    ///< {"error": ".."}
};

struct CaseAnswer {
  CaseLine line = CaseLine::kNoJson;
  std::string json;  ///< one line, without the line break
};

inline constexpr std::size_t kMaxCaseBytes = 64U << 20;  ///< of a line; a longer one is refused

/// Members nobody asks for are ignored, above all `expect` and `invalid`.
[[nodiscard]] CaseAnswer evaluate_case(std::string_view line);

}  // namespace gabion::inspect::policy
