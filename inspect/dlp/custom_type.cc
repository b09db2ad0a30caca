// Refuses patterns that cannot be scanned in a stream, or that say something else than their examples.
#include "inspect/dlp/custom_type.h"

#include <algorithm>
#include <string>

#include "inspect/dlp/checks/checks.h"
#include "inspect/dlp/scanner.h"
#include "inspect/dlp/score.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::uint8_t kActsFrom = 50;

/// Calls `found` at each character of a pattern that stands for itself outside of classes and escapes.
template <class Found>
bool any_plain(std::string_view pattern, Found found) {
  bool in_class = false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    const char c = pattern[at];
    if (c == '\\') {
      ++at;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      at += pattern.substr(at + 1).starts_with("^]") ? 2 : pattern.substr(at + 1).starts_with("]") ? 1 : 0;
    } else if (found(at)) {
      return true;
    }
  }
  return false;
}

bool has_look_around(std::string_view pattern) {
  return any_plain(pattern, [&](std::size_t at) {
    const std::string_view rest = pattern.substr(at);
    return rest.starts_with("(?=") || rest.starts_with("(?!") || rest.starts_with("(?<=") || rest.starts_with("(?<!");
  });
}

bool has_anchor(std::string_view pattern) {
  const bool plain = any_plain(pattern, [&](std::size_t at) { return pattern[at] == '^' || pattern[at] == '$'; });
  for (std::size_t at = 0; at + 1 < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      const char c = pattern[++at];
      if (c == 'A' || c == 'z' || c == 'Z') {
        return true;
      }
    }
  }
  return plain;
}

/// Why a pattern is refused before any engine sees it; empty: it is not.
std::string refused_text(const CustomType& custom) {
  if (custom.pattern.empty()) {
    return "has no pattern";
  }
  if (custom.pattern.size() > TypeSet::kMaxPatternBytes) {
    return "a pattern has at most " + std::to_string(TypeSet::kMaxPatternBytes) + " bytes";
  }
  if (custom.pattern.find('\0') != std::string::npos) {
    return "a pattern holds no NUL; write \\x00";
  }
  if (has_look_around(custom.pattern)) {
    return "look-around cannot be scanned in a stream; say it with `validator`, `cues` and `ignore`";
  }
  if (has_anchor(custom.pattern)) {
    return "a value stands anywhere: no ^, $, \\A, \\z; \\b is the edge of a word";
  }
  return {};
}

std::string refused_widths(const match::SpanPattern& pattern) {
  if (pattern.shortest() < TypeSet::kMinMatchBytes) {
    return "can match fewer than " + std::to_string(TypeSet::kMinMatchBytes) + " characters";
  }
  if (pattern.longest() == match::SpanPattern::kUnbounded) {
    return "has no longest match; bound it: {1,40} instead of * or +";
  }
  if (pattern.longest() > kMaxValueBytes) {
    return "can match more than " + std::to_string(kMaxValueBytes) + " characters";
  }
  return {};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
  });
}

bool set_validator(const std::string& validator, CompiledCustom& compiled, Evidence& evidence) {
  if (validator.empty() || validator == "none") {
    return true;
  }
  compiled.entropy = parse_entropy_rule(validator);
  if (compiled.entropy) {
    return true;
  }
  const NamedCheck* check = find_check(validator);
  if (check == nullptr) {
    return false;
  }
  compiled.passes = check->passes;
  switch (check->strength) {
    case Strength::kStrong:
      evidence = Evidence::kStrong;
      break;
    case Strength::kMedium:
      evidence = Evidence::kMedium;
      break;
    case Strength::kWeak:
    case Strength::kShape:
      break;
  }
  return true;
}

/// The best score of `type` in `text`; 0: none.
std::uint8_t best_score(const TypeSet& set, TypeIndex type, std::string_view text, Scratch& scratch) {
  Scanner scanner(set);
  std::vector<Match> found;
  if (scanner.begin() != match::ScanStatus::kDone ||
      scanner.scan(text, 0, Scanner::More::kEnd, NoFields(), scratch, found) != match::ScanStatus::kDone) {
    return 0;
  }
  std::uint8_t best = 0;
  for (const Match& match : found) {
    best = match.type == type ? std::max(best, match.score) : best;
  }
  return best;
}

}  // namespace

std::optional<CompiledCustom> compile_custom(const CustomType& custom, config::Errors& errors) {
  const auto refuse = [&](const std::string& why) {
    errors.emplace_back("type " + custom.name + ": " + why, custom.where);
    return std::nullopt;
  };
  if (!is_name(custom.name)) {
    return refuse("a name is capitals, digits and '_', beginning with a letter");
  }
  if (custom.match.empty()) {
    return refuse("examples.match is empty; a pattern needs a text that it finds");
  }
  if (const std::string why = refused_text(custom); !why.empty()) {
    return refuse(why);
  }
  auto pattern = match::SpanPattern::compile({custom.name.c_str(), custom.pattern.c_str()});
  if (!pattern) {
    return refuse(pattern.error().what);
  }
  if (const std::string why = refused_widths(*pattern); !why.empty()) {
    return refuse(why);
  }
  CompiledCustom compiled{.pattern = std::move(*pattern), .entropy = {}, .worth = {}, .ignore = custom.ignore};
  Evidence evidence = Evidence::kStructural;
  if (!set_validator(custom.validator, compiled, evidence)) {
    return refuse("there is no validator \"" + custom.validator + "\"");
  }
  const bool is_checked = compiled.passes != nullptr || compiled.entropy.has_value();
  compiled.worth =
      worth_of(evidence, custom.cue == CustomType::Cue::kRequired ? Need::kCue : Need::kNothing, is_checked);
  return compiled;
}

void check_examples(const TypeSet& set, std::span<const CustomType> custom, config::Errors& errors) {
  Scratch scratch;
  if (const auto ready = set.prepare(scratch); !ready) {
    errors.push_back(ready.error());
    return;
  }
  for (const CustomType& one : custom) {
    const auto type = set.find(one.name);
    if (!type) {
      continue;
    }
    for (std::size_t at = 0; at < one.match.size(); ++at) {
      if (best_score(set, *type, one.match[at], scratch) < kActsFrom) {
        errors.emplace_back("type " + one.name + ": examples.match[" + std::to_string(at) + "] is not found",
                            one.where);
      }
    }
    for (std::size_t at = 0; at < one.no_match.size(); ++at) {
      if (best_score(set, *type, one.no_match[at], scratch) >= kActsFrom) {
        errors.emplace_back("type " + one.name + ": examples.no_match[" + std::to_string(at) + "] is found", one.where);
      }
    }
  }
}

}  // namespace gabion::inspect::dlp
