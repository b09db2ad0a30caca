// An attack made by rule and not collected: its kind and its bytes.
#pragma once

#include <string>
#include <string_view>

namespace gabion::inspect {

struct GeneratedAttack {
  std::string_view kind;
  std::string value;
};

}  // namespace gabion::inspect
