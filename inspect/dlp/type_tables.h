// The tables of a TypeSet, as the scanner reads them. Private to the scanner and to who compiles them.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <vector>

#include "inspect/dlp/catalogue/type.h"
#include "inspect/dlp/cues.h"
#include "inspect/dlp/shape.h"
#include "inspect/dlp/type_set.h"
#include "inspect/match/span_pattern.h"
#include "inspect/match/stream_set.h"

namespace gabion::inspect::dlp {

using FormIndex = std::uint16_t;

/// Scores of a passed form, in hundredths.
struct Worth {
  std::uint8_t alone = 0;
  std::uint8_t with_cue = 0;
  bool is_validated = false;
  bool heeds_anti_cues = false;
};

struct CompiledForm {
  TypeIndex type = 0;
  Walk walk = Walk::kToken;
  Cleaning cleaning = Cleaning::kCleaned;
  Shape shape;
  bool (*passes)(std::string_view) noexcept = nullptr;  ///< nullptr: the shape is all there is
  Worth worth;
  char lead = '\0';
  bool may_have_siblings = false;  ///< other groups of digits may stand beside it
  std::uint16_t anchor_bytes = 0;
};

/// A form to be tried at a token, if what the token begins is of its outline.
struct TokenForm {
  FormIndex form = 0;
  OutlineNeed need;
};

struct CompiledCustom {
  TypeIndex type = 0;
  match::SpanPattern pattern;
  bool (*passes)(std::string_view) noexcept = nullptr;
  std::optional<double> entropy;
  Worth worth;
  std::vector<std::string> ignore;
};

/// What a pattern of the stream stands for.
struct StreamTarget {
  enum class Kind : std::uint8_t { kForm, kCustom } kind = Kind::kForm;
  std::uint16_t index = 0;
};

struct TypeSet::Tables {
  struct Named {
    std::string name;
    CueLists cues;  ///< point into `texts` or the catalogue
    CueWords cue_words{};
    bool is_selected = false;
  };
  static constexpr std::size_t kTokenLengths = kMaxValueBytes + 1;
  using ByLength = std::array<std::vector<TokenForm>, kTokenLengths>;

  std::vector<Named> types;
  std::vector<std::unique_ptr<std::string>> texts;
  std::vector<CompiledForm> forms;
  /// By the token's length: forms that are one token of digits, that go on behind it, and the same of mixed tokens.
  ByLength digits_whole;
  ByLength digits_grouped;
  ByLength mixed_whole;
  ByLength mixed_grouped;
  std::vector<FormIndex> after_letters;  ///< begin with two letters and a separator
  std::vector<FormIndex> spread;
  std::bitset<256> spread_over;  ///< bytes of which values of some spread form may be made
  std::size_t spread_least = 0;  ///< bytes of the shortest
  std::optional<FormIndex> iban;
  std::optional<FormIndex> phone;
  std::optional<FormIndex> email;
  std::vector<CompiledCustom> custom;
  std::optional<match::StreamSet> stream;  ///< nothing: no selected type needs one
  std::vector<StreamTarget> targets;
  std::uint8_t min_score = 0;
};

}  // namespace gabion::inspect::dlp
