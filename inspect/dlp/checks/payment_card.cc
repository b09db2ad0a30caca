// The issuer table of card networks, with Luhn.
#include "inspect/dlp/checks/payment_card.h"

#include <array>
#include <cstdint>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::uint32_t kPrefixDigits = 6;

/// First six digits from..to, and which lengths (bit n: n digits).
struct IssuerRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t lengths;
};

constexpr std::uint32_t length(unsigned digits) noexcept {
  return 1U << digits;
}
constexpr std::uint32_t lengths(unsigned from, unsigned to) noexcept {
  return (1U << (to + 1)) - (1U << from);
}

// Sources: ISO/IEC 7812 issuer identification numbers as the networks publish them. Left out because without a cue they
// match more ids than cards (dlp.md §2): UATP (1…), 12-digit Maestro, Maestro's unassigned 50, 56-58,
// Diners Club beyond 14 digits.
constexpr std::array kIssuers{
    IssuerRange{220000, 220499, lengths(16, 19)},                       // Mir
    IssuerRange{222100, 272099, length(16)},                            // Mastercard
    IssuerRange{300000, 305999, length(14)},                            // Diners Club
    IssuerRange{309500, 309599, length(14)},                            // Diners Club
    IssuerRange{340000, 349999, length(15)},                            // American Express
    IssuerRange{352800, 358999, lengths(16, 19)},                       // JCB
    IssuerRange{360000, 369999, length(14)},                            // Diners Club
    IssuerRange{370000, 379999, length(15)},                            // American Express
    IssuerRange{380000, 399999, length(14)},                            // Diners Club
    IssuerRange{400000, 499999, length(13) | length(16) | length(19)},  // Visa
    IssuerRange{501800, 501899, lengths(16, 19)},                       // Maestro
    IssuerRange{501900, 501999, length(16)},                            // Dankort
    IssuerRange{502000, 502099, lengths(16, 19)},                       // Maestro
    IssuerRange{503800, 503899, lengths(16, 19)},                       // Maestro
    IssuerRange{506099, 506198, length(16) | length(18) | length(19)},  // Verve
    IssuerRange{508500, 508999, length(16)},                            // RuPay
    IssuerRange{510000, 559999, length(16)},                            // Mastercard
    IssuerRange{589300, 589399, lengths(16, 19)},                       // Maestro
    IssuerRange{601100, 601199, lengths(16, 19)},                       // Discover
    IssuerRange{606985, 607984, length(16)},                            // RuPay
    IssuerRange{608001, 608500, length(16)},                            // RuPay
    IssuerRange{620000, 629999, lengths(16, 19)},                       // UnionPay
    IssuerRange{630400, 630499, lengths(16, 19)},                       // Maestro
    IssuerRange{639000, 639099, lengths(16, 19)},                       // Maestro
    IssuerRange{644000, 659999, lengths(16, 19)},                       // Discover
    IssuerRange{675900, 676399, lengths(16, 19)},                       // Maestro
    IssuerRange{810000, 817199, lengths(16, 19)},                       // UnionPay
    IssuerRange{817200, 820199, length(16)},                            // RuPay
    IssuerRange{979200, 979289, length(16)},                            // Troy
};

}  // namespace

bool has_card_issuer(std::string_view digits) noexcept {
  if (digits.size() < 13 || digits.size() > 19) {
    return false;
  }
  std::uint32_t prefix = 0;
  for (const char c : digits.substr(0, kPrefixDigits)) {
    prefix = prefix * 10 + static_cast<std::uint32_t>(c - '0');
  }
  for (const IssuerRange& range : kIssuers) {
    if (prefix >= range.first && prefix <= range.last) {
      return (range.lengths & length(static_cast<unsigned>(digits.size()))) != 0;
    }
  }
  return false;
}

bool is_payment_card(std::string_view digits) noexcept {
  return all_digits(digits) && has_card_issuer(digits) && passes_luhn(digits) && !one_repeated(digits);
}

bool is_payment_card_beside_cue(std::string_view digits) noexcept {
  if (digits.size() < 12 || digits.size() > 19 || !all_digits(digits) || !passes_luhn(digits) || one_repeated(digits)) {
    return false;
  }
  const unsigned prefix = number(digits.substr(0, 2));
  const bool uatp = digits.size() == 15 && digits.front() == '1';
  const bool maestro = prefix == 50 || (prefix >= 56 && prefix <= 69);
  return uatp || maestro || has_card_issuer(digits);
}

}  // namespace gabion::inspect::dlp
