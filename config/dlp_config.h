// `inspection.dlp` of gabion.yaml: which sensitive values to look for, and what becomes of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_field.h"
#include "config/config_files.h"

namespace gabion::config {

/// A text of the file and its place, for whoever can tell whether it means something.
struct PlacedText {
  std::string text;
  std::string where;  ///< "file:line: key.path"
  friend bool operator==(const PlacedText&, const PlacedText&) = default;
};

/// From the mildest to the strictest: of several that apply to one value the last counts.
enum class DlpAction : std::uint8_t {
  kLog,        ///< told, nothing else
  kMask,       ///< covered in place, same length
  kReplace,    ///< "[CREDIT_CARD]" in its place: the length changes
  kToken,      ///< a keyed pseudonym: the same value, the same token
  kDropField,  ///< JSON members and form fields: the whole field goes; elsewhere kMask
  kBlock,      ///< the exchange is refused
};

enum class DlpDirection : std::uint8_t { kRequest, kResponse, kBoth };

/// A token as long as what it replaces, or of its own length.
enum class TokenLength : std::uint8_t { kOwn, kSame };

/// What is done with a value that was found.
struct DlpTreatment {
  DlpAction action = DlpAction::kLog;
  std::uint8_t keep_first = 0;  ///< kMask: letters and digits that stay, separators always do
  std::uint8_t keep_last = 4;   ///< kMask; secrets keep none whatever is asked
  char fill = '*';              ///< kMask
  std::string replacement;      ///< kReplace; empty: the type's name in brackets
  TokenLength token_length = TokenLength::kOwn;
  std::uint32_t block_over = 0;  ///< so many distinct values of one type in one message pass; 0: no such bound
  friend bool operator==(const DlpTreatment&, const DlpTreatment&) = default;
};

/// The first rule of a profile that names a type and a direction says what becomes of it.
struct DlpRule {
  std::vector<PlacedText> types;  ///< entity names or groups; empty: every type of the profile
  DlpDirection direction = DlpDirection::kBoth;
  DlpTreatment treatment;
  std::vector<std::string> except_fields;  ///< values of these fields are left alone: "/debug/card", "header:x-card"
  friend bool operator==(const DlpRule&, const DlpRule&) = default;
};

/// A type of the user's own (dlp.md §10).
struct DlpCustomType {
  PlacedText name;
  PlacedText pattern;               ///< Hyperscan's syntax
  PlacedText validator;             ///< a check's name, "entropy>=3.5", or empty
  std::vector<std::string> cues;    ///< words before or after
  std::vector<std::string> fields;  ///< words of the field's name
  bool cue_required = false;
  std::vector<std::string> ignore;    ///< values that are none
  std::vector<std::string> match;     ///< examples that must be found
  std::vector<std::string> no_match;  ///< examples that must not
  friend bool operator==(const DlpCustomType&, const DlpCustomType&) = default;
};

/// So many distinct values may be given to one identity in a while; then its exchanges that hold one are refused.
struct DlpBudget {
  std::uint32_t records = 0;  ///< 0: no budget
  std::chrono::milliseconds per{3'600'000};
  friend bool operator==(const DlpBudget&, const DlpBudget&) = default;
};

struct DlpProfile {
  std::string name;
  std::string where;
  std::vector<PlacedText> types;  ///< "default", "+IMEI", "-EMAIL_ADDRESS", in this order
  std::vector<DlpCustomType> custom;
  std::vector<DlpRule> rules;
  std::vector<std::string> allow;  ///< values that are never told or touched, separators aside
  std::uint8_t min_score = 50;     ///< hundredths; below it a match is nothing
  DlpBudget budget;
  friend bool operator==(const DlpProfile&, const DlpProfile&) = default;
};

struct DlpConfig {
  std::filesystem::path key_file;  ///< for hashes and tokens, at least 32 bytes; empty: made anew at each start
  std::vector<DlpProfile> profiles;
};

[[nodiscard]] DlpConfig read_dlp(const ConfigField& field, const ConfigFolder& folder);

/// A profile's `dlp`: a name of `inspection.dlp.profiles` or of the built-in groups.
[[nodiscard]] std::string read_dlp_choice(const ConfigField& field, const DlpConfig& known);

/// Profiles that are there without being written: the catalogue's groups, with its own actions.
inline constexpr std::string_view kBuiltInDlpProfiles[] = {"default", "pci", "gdpr", "hipaa", "secrets"};

}  // namespace gabion::config
