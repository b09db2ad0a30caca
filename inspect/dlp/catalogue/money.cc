// Payment cards, bank accounts, coins.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form kCard[] = {
    alone("9{13,19}", "", "credit_card", Evidence::kStrong),
    alone("9999-9999-9999-9999", " -", "credit_card", Evidence::kStrong),
    alone("9999-999999-99999", " -", "credit_card", Evidence::kStrong),
    alone("9999-999999-9999", " -", "credit_card", Evidence::kStrong),
    cued("9{12}", "", "credit_card_cued", Evidence::kWeak),
    cued("9{15}", "", "credit_card_cued", Evidence::kWeak),
};
constexpr Form kIban[] = {
    {.walk = Walk::kIban, .shape = {}, .separators = " ", .check = "iban", .evidence = Evidence::kStrong, .anchor = {}},
};
constexpr Form kAba[] = {
    cued("9{9}", "", "aba_routing", Evidence::kWeak),
    cued("9999-9999-9", "-", "aba_routing", Evidence::kWeak),
};
constexpr Form kCrypto[] = {
    alone("[13][1-9A-HJ-NP-Za-km-z]{25,34}", "", "btc_address", Evidence::kStrong),
    alone("[Bb][Cc]\\1[02-9AC-HJ-NP-Zac-hj-np-z]{11,87}", "", "bech32_address", Evidence::kStrong),
    alone("[Tt][Bb]\\1[02-9AC-HJ-NP-Zac-hj-np-z]{11,87}", "", "bech32_address", Evidence::kStrong),
};

constexpr Type kTypes[] = {
    {.id = "CREDIT_CARD",
     .title = "payment card number",
     .groups = kDefault | kPci | kGdpr,
     .forms = kCard,
     .cues = "card|cards|credit|debit|pan|cc|visa|mastercard|amex|maestro|diners|jcb|karte|carte|tarjeta",
     .fields = "ccn|cardno|ccnum|ccnumber|cardnumber",
     .response = Operator::kMask},
    {.id = "IBAN_CODE",
     .title = "international bank account number",
     .groups = kDefault | kGdpr,
     .forms = kIban,
     .cues = "iban|bank|account|konto|compte|cuenta",
     .response = Operator::kMask},
    {.id = "ABA_ROUTING_NUMBER",
     .title = "US bank routing number",
     .groups = kDefault,
     .forms = kAba,
     .cues = "aba|routing|rtn",
     .response = Operator::kMask},
    {.id = "CRYPTO",
     .title = "Bitcoin address",
     .groups = kDefault,
     .forms = kCrypto,
     .cues = "bitcoin|btc|wallet|crypto",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> money_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
