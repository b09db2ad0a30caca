// What the catalogue says of one type of sensitive value: how it is written, what proves it, what speaks for it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

/// What a passed form is worth; the score of dlp.md §4.
enum class Evidence : std::uint8_t { kStrong, kMedium, kStructural, kWeak, kShape };

/// kCue: without a cue the score stays below what policies act on.
enum class Need : std::uint8_t { kNothing, kCue };

/// How a form is found and walked over.
enum class Walk : std::uint8_t {
  kToken,     ///< the shape, from a run of digits and letters that holds a digit
  kSpread,    ///< the shape is one class; the whole run of it around a digit
  kLiteral,   ///< an exact literal, then the shape; the literal belongs to the value
  kNamed,     ///< the same, but the value is what follows the literal
  kIban,      ///< country, two digits, and the account in one piece or groups of four
  kPhone,     ///< '+' and 8 to 15 digits in groups
  kEmail,     ///< around '@'
  kUserInfo,  ///< user:password of an address; the literal ends before '@'
  kPem,       ///< from the header to the END line
  kPutty,     ///< from the header to the end of the Private-MAC line
  kJwt,       ///< from "ey" on; longer than a value may be
  kKeyName,   ///< name, '=' or ':', and then the secret; the literal ends behind the sign
  kMrz,       ///< two lines of a machine-readable passport
};

/// kCleaned: checks get the value without separators. kAsWritten: the bytes as they stand.
enum class Cleaning : std::uint8_t { kCleaned, kAsWritten };

/// kHalf: the check looks at a part of the rule; what passes is not called validated.
enum class Proof : std::uint8_t { kWhole, kHalf };

struct Form {
  Walk walk = Walk::kToken;
  std::string_view shape{};       ///< see shape.h
  std::string_view separators{};  ///< what '-' in the shape may be
  std::string_view check{};       ///< of checks.h; empty: the shape is all there is
  Evidence evidence = Evidence::kShape;
  Need need = Need::kNothing;
  std::string_view anchor{};  ///< kLiteral, kNamed, kPem, kPutty, kJwt, kMrz: the literal
  Cleaning cleaning = Cleaning::kCleaned;
  Proof proof = Proof::kWhole;
};

/// What a type does where no policy says more.
enum class Operator : std::uint8_t { kLog, kMask, kBlock };

/// Sets of types a policy may name.
enum Group : std::uint8_t { kOff = 0, kDefault = 1, kPci = 2, kGdpr = 4, kHipaa = 8, kSecrets = 16 };

struct Type {
  std::string_view id{};     ///< "CREDIT_CARD"
  std::string_view title{};  ///< "payment card number"
  std::uint8_t groups = kOff;
  std::span<const Form> forms{};
  std::string_view cues{};    ///< words, "a|b c|d": in small letters, words of one cue apart by one blank
  std::string_view inner{};   ///< cues of scripts without blanks: found anywhere
  std::string_view fields{};  ///< cues in names of fields only
  Operator request = Operator::kLog;
  Operator response = Operator::kLog;
};

/// The forms as the catalogue's tables write them.
namespace forms {

constexpr Form alone(std::string_view shape, std::string_view separators, std::string_view check, Evidence evidence) {
  return {.shape = shape, .separators = separators, .check = check, .evidence = evidence};
}
constexpr Form cued(std::string_view shape, std::string_view separators, std::string_view check, Evidence evidence) {
  return {.shape = shape, .separators = separators, .check = check, .evidence = evidence, .need = Need::kCue};
}
constexpr Form literal(std::string_view anchor, std::string_view shape, std::string_view check, Evidence evidence) {
  return {.walk = Walk::kLiteral,
          .shape = shape,
          .separators = {},
          .check = check,
          .evidence = evidence,
          .anchor = anchor,
          .cleaning = Cleaning::kAsWritten};
}
constexpr Form named(std::string_view anchor, std::string_view shape, std::string_view check, Evidence evidence) {
  Form form = literal(anchor, shape, check, evidence);
  form.walk = Walk::kNamed;
  return form;
}
constexpr Form walked(Walk walk, std::string_view anchor, std::string_view check, Evidence evidence) {
  Form form = literal(anchor, {}, check, evidence);
  form.walk = walk;
  return form;
}

}  // namespace forms
}  // namespace gabion::inspect::dlp
