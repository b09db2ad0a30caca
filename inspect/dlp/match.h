// What the scanner found: a type, a place, and how sure it is. Never the value.
#pragma once

#include <cstdint>
#include <string_view>

#include "inspect/dlp/field_place.h"

namespace gabion::inspect::dlp {

/// Index of a type in its TypeSet: the catalogue's first, then the user's own.
using TypeIndex = std::uint16_t;

struct Match {
  TypeIndex type = 0;
  FlatOffset begin = 0;
  FlatOffset end = 0;
  std::uint8_t score = 0;  ///< in hundredths; policies act from 50 on
  bool validated = false;  ///< an arithmetic, decoding or range check exists for the type and passed
  /// Bytes beside it that a less certain reading of the same type also took: told as part of nothing, covered with it.
  std::uint16_t more_before = 0;
  std::uint16_t more_behind = 0;
  std::string_view cue;  ///< the word that raised the score, from the type's own list; empty: none
};

/// A value longer than is held back comes in pieces, which are the same wherever the message is cut.
enum class Piece : std::uint8_t {
  kWhole,
  kFirst,  ///< more may come
  kNext,   ///< goes on from the piece before of the same type
};

}  // namespace gabion::inspect::dlp
