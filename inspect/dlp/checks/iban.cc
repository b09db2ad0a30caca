// The structures of the IBAN registry: what stands behind country and check digits.
#include "inspect/dlp/checks/iban.h"

#include <array>
#include <cstddef>

#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

/// Country, then pairs of a class (n digits, a letters, c either) and how many.
struct Structure {
  std::string_view country;
  std::string_view account;
};

// SWIFT, IBAN Registry (ISO 13616), neighbouring fields of one class written as one.
constexpr std::array kStructures{
    Structure{"AD", "n8c12"},    Structure{"AE", "n19"},      Structure{"AL", "n8c16"},    Structure{"AT", "n16"},
    Structure{"AZ", "a4c20"},    Structure{"BA", "n16"},      Structure{"BE", "n12"},      Structure{"BG", "a4n6c8"},
    Structure{"BH", "a4c14"},    Structure{"BI", "n23"},      Structure{"BR", "n23a1c1"},  Structure{"BY", "c4n4c16"},
    Structure{"CH", "n5c12"},    Structure{"CR", "n18"},      Structure{"CY", "n8c16"},    Structure{"CZ", "n20"},
    Structure{"DE", "n18"},      Structure{"DJ", "n23"},      Structure{"DK", "n14"},      Structure{"DO", "c4n20"},
    Structure{"EE", "n16"},      Structure{"EG", "n25"},      Structure{"ES", "n20"},      Structure{"FI", "n14"},
    Structure{"FK", "a2n12"},    Structure{"FO", "n14"},      Structure{"FR", "n10c11n2"}, Structure{"GB", "a4n14"},
    Structure{"GE", "a2n16"},    Structure{"GI", "a4c15"},    Structure{"GL", "n14"},      Structure{"GR", "n7c16"},
    Structure{"GT", "c24"},      Structure{"HN", "a4n20"},    Structure{"HR", "n17"},      Structure{"HU", "n24"},
    Structure{"IE", "a4n14"},    Structure{"IL", "n19"},      Structure{"IQ", "a4n15"},    Structure{"IS", "n22"},
    Structure{"IT", "a1n10c12"}, Structure{"JO", "a4n4c18"},  Structure{"KW", "a4c22"},    Structure{"KZ", "n3c13"},
    Structure{"LB", "n4c20"},    Structure{"LC", "a4c24"},    Structure{"LI", "n5c12"},    Structure{"LT", "n16"},
    Structure{"LU", "n3c13"},    Structure{"LV", "a4c13"},    Structure{"LY", "n21"},      Structure{"MC", "n10c11n2"},
    Structure{"MD", "c20"},      Structure{"ME", "n18"},      Structure{"MK", "n3c10n2"},  Structure{"MN", "n16"},
    Structure{"MR", "n23"},      Structure{"MT", "a4n5c18"},  Structure{"MU", "a4n19a3"},  Structure{"NI", "a4n20"},
    Structure{"NL", "a4n10"},    Structure{"NO", "n11"},      Structure{"OM", "n3c16"},    Structure{"PK", "a4c16"},
    Structure{"PL", "n24"},      Structure{"PS", "a4c21"},    Structure{"PT", "n21"},      Structure{"QA", "a4c21"},
    Structure{"RO", "a4c16"},    Structure{"RS", "n18"},      Structure{"RU", "n14c15"},   Structure{"SA", "n2c18"},
    Structure{"SC", "a4n20a3"},  Structure{"SD", "n14"},      Structure{"SE", "n20"},      Structure{"SI", "n15"},
    Structure{"SK", "n20"},      Structure{"SM", "a1n10c12"}, Structure{"SO", "n19"},      Structure{"ST", "n21"},
    Structure{"SV", "a4n20"},    Structure{"TL", "n19"},      Structure{"TN", "n20"},      Structure{"TR", "n5n1c16"},
    Structure{"UA", "n6c19"},    Structure{"VA", "n18"},      Structure{"VG", "a4n16"},    Structure{"XK", "n16"},
    Structure{"YE", "a4n4c18"},
};

bool of_class(char c, char wanted) noexcept {
  return wanted == 'n' ? is_digit(c) : wanted == 'a' ? is_letter(c) : is_digit(c) || is_letter(c);
}

bool fits(std::string_view account, std::string_view structure) noexcept {
  std::size_t at = 0;
  for (std::size_t i = 0; i < structure.size();) {
    const char wanted = structure[i++];
    std::size_t count = 0;
    for (; i < structure.size() && is_digit(structure[i]); ++i) {
      count = count * 10 + digit_value(structure[i]);
    }
    for (; count > 0; --count, ++at) {
      if (at == account.size() || !of_class(account[at], wanted)) {
        return false;
      }
    }
  }
  return at == account.size();
}

bool same_country(std::string_view text, std::string_view country) noexcept {
  return upper(text[0]) == country[0] && upper(text[1]) == country[1];
}

// ISO 3166-1 alpha-2, and XK.
constexpr std::string_view kCountries =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJM"
    "JOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONP"
    "NRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTR"
    "TTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXK"
    "YEYTZAZMZW";

}  // namespace

bool is_iban(std::string_view cleaned) noexcept {
  if (cleaned.size() < 15 || cleaned.size() > 34 || !has_shape(cleaned.substr(0, 4), "aann")) {
    return false;
  }
  const std::string_view account = cleaned.substr(4);
  for (const Structure& structure : kStructures) {
    if (same_country(cleaned, structure.country)) {
      const unsigned check = number(cleaned.substr(2, 2));
      return fits(account, structure.account) && check >= 2 && check <= 98 &&
             remainder97(cleaned.substr(0, 4), remainder97(account)) == 1;
    }
  }
  return false;
}

bool is_country(std::string_view two_letters) noexcept {
  for (std::size_t i = 0; two_letters.size() == 2 && i < kCountries.size(); i += 2) {
    if (same_country(two_letters, kCountries.substr(i, 2))) {
      return true;
    }
  }
  return false;
}

}  // namespace gabion::inspect::dlp
