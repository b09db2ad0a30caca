// Identity numbers of people in the United Kingdom, Spain, France, Italy, the Netherlands and Germany.
#pragma once

#include <string_view>

namespace gabion::inspect::dlp {

/// HMRC, National Insurance Manual NIM39110: two letters, six digits, A to D. The first letter is none of D F I Q U V,
/// the second none of D F I O Q U V, the pair not BG GB KN NK NT TN ZZ.
[[nodiscard]] bool is_uk_nino(std::string_view cleaned) noexcept;

/// Ministerio del Interior, Real Decreto 1553/2005: eight digits (seven: a zero in front was left
/// out) and the letter of their remainder by 23.
[[nodiscard]] bool is_es_nif(std::string_view cleaned) noexcept;

/// Ministerio del Interior, Orden INT/2058/2008: X, Y or Z counting 0, 1, 2, seven digits, the letter of is_es_nif().
[[nodiscard]] bool is_es_nie(std::string_view cleaned) noexcept;

/// Bundeszentralamt für Steuern, Identifikationsnummer (§ 139b AO): eleven digits, the first not 0, MOD 11,10
/// (ISO/IEC 7064), and among the first ten exactly one digit stands twice or three times, never three in a row.
[[nodiscard]] bool is_de_tax_id(std::string_view digits) noexcept;
/// Exactly one of the two rules of is_de_tax_id(): only with a cue.
[[nodiscard]] bool is_half_de_tax_id(std::string_view digits) noexcept;

/// INSEE, numéro d'inscription au répertoire: 13 and 2 characters, 97 − (n mod 97), Corsica's 2A and 2B counting 19
/// and 18; sex 1 to 4, 7 or 8; month 01-12 or INSEE's codes for one unknown (20-42, 50-99); department not 00.
[[nodiscard]] bool is_fr_nir(std::string_view cleaned) noexcept;

/// Ministero delle Finanze, D.M. 23 dicembre 1976: 16 characters, month letter, day (+ 40 for women), mod 26 letter;
/// letters LMNPQRSTUV may stand for digits (omocodia).
[[nodiscard]] bool is_it_fiscal_code(std::string_view cleaned) noexcept;

/// Rijksdienst voor Identiteitsgegevens, burgerservicenummer: nine digits, the 11-test with last weight −1, not zeros.
[[nodiscard]] bool is_nl_bsn(std::string_view digits) noexcept;

}  // namespace gabion::inspect::dlp
