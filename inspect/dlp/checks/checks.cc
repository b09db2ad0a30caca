// Names, worth and sources; the rules themselves are in the files of their family.
#include "inspect/dlp/checks/checks.h"

#include <array>

#include "inspect/dlp/checks/bank.h"
#include "inspect/dlp/checks/checksums.h"
#include "inspect/dlp/checks/contact.h"
#include "inspect/dlp/checks/crypto_address.h"
#include "inspect/dlp/checks/health.h"
#include "inspect/dlp/checks/iban.h"
#include "inspect/dlp/checks/ids_asia_africa.h"
#include "inspect/dlp/checks/ids_north_america.h"
#include "inspect/dlp/checks/ids_northern_europe.h"
#include "inspect/dlp/checks/ids_south_america.h"
#include "inspect/dlp/checks/ids_western_europe.h"
#include "inspect/dlp/checks/payment_card.h"
#include "inspect/dlp/checks/phone.h"
#include "inspect/dlp/checks/secrets.h"
#include "inspect/dlp/checks/tax.h"
#include "inspect/dlp/checks/text.h"
#include "inspect/dlp/checks/tokens.h"
#include "inspect/dlp/checks/travel.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::string_view kEntropyRule = "entropy>=";

using enum Strength;

constexpr std::array kChecks{
    NamedCheck{"luhn", passes_luhn, kWeak, "ISO/IEC 7812-1 annex B"},
    NamedCheck{"mod11", passes_mod11, kWeak, "ISO 2108:1992"},
    NamedCheck{"mod97", passes_mod97, kMedium, "ISO/IEC 7064 MOD 97-10"},
    NamedCheck{"verhoeff", passes_verhoeff, kWeak, "J. Verhoeff, Error Detecting Decimal Codes, 1969"},
    NamedCheck{"base58check", passes_base58check, kStrong, "Bitcoin wiki, Base58Check encoding"},

    NamedCheck{"credit_card", is_payment_card, kMedium, "ISO/IEC 7812-1 and the card networks' issuer ranges"},
    NamedCheck{"credit_card_cued", is_payment_card_beside_cue, kWeak, "ISO/IEC 7812-1, UATP and Maestro ranges"},
    NamedCheck{"iban", is_iban, kMedium, "ISO 13616-1 and SWIFT's IBAN registry"},
    NamedCheck{"aba_routing", is_aba_routing, kWeak, "ABA Routing Number Policy"},
    NamedCheck{"bic", is_bic, kShape, "ISO 9362"},

    NamedCheck{"us_ssn", is_us_ssn, kShape, "SSA POMS RM 10201"},
    NamedCheck{"us_itin", is_us_itin, kMedium, "IRS IRM 3.21.263"},
    NamedCheck{"us_ein", is_us_ein, kShape, "IRS, valid EIN prefixes"},
    NamedCheck{"ca_sin", is_ca_sin, kWeak, "Service Canada, SIN code of practice"},
    NamedCheck{"br_cpf", is_br_cpf, kMedium, "Receita Federal, CPF"},
    NamedCheck{"br_cnpj", is_br_cnpj, kMedium, "Receita Federal, IN 2.229/2024"},
    NamedCheck{"mx_curp", is_mx_curp, kStrong, "SEGOB, Instructivo Normativo CURP"},
    NamedCheck{"ar_cuit", is_ar_cuit, kMedium, "AFIP, RG 10/97"},
    NamedCheck{"cl_rut", is_cl_rut, kWeak, "Registro Civil de Chile, RUT"},
    NamedCheck{"co_nit", is_co_nit, kWeak, "DIAN, Orden Administrativa 4 de 1989"},

    NamedCheck{"uk_nino", is_uk_nino, kShape, "HMRC NIM39110"},
    NamedCheck{"es_nif", is_es_nif, kMedium, "Real Decreto 1553/2005"},
    NamedCheck{"es_nie", is_es_nie, kMedium, "Orden INT/2058/2008"},
    NamedCheck{"de_tax_id", is_de_tax_id, kStrong, "BZSt, § 139b AO"},
    NamedCheck{"de_tax_id_one", is_half_de_tax_id, kWeak, "BZSt, § 139b AO, one of two rules"},
    NamedCheck{"fr_nir", is_fr_nir, kMedium, "INSEE, NIR"},
    NamedCheck{"it_fiscal_code", is_it_fiscal_code, kMedium, "D.M. 23 dicembre 1976"},
    NamedCheck{"nl_bsn", is_nl_bsn, kWeak, "RvIG, burgerservicenummer"},
    NamedCheck{"pl_pesel", is_pl_pesel, kMedium, "Ministerstwo Cyfryzacji, PESEL"},
    NamedCheck{"se_personnummer", is_se_personnummer, kStrong, "Skatteverket SKV 704"},
    NamedCheck{"fi_hetu", is_fi_hetu, kStrong, "DVV, henkilötunnus, signs of 2023"},
    NamedCheck{"tr_id", is_tr_id, kMedium, "NVI, T.C. kimlik numarası"},

    NamedCheck{"in_aadhaar", is_in_aadhaar, kWeak, "UIDAI, Aadhaar numbering"},
    NamedCheck{"in_pan", is_in_pan, kShape, "Income Tax Department of India, PAN"},
    NamedCheck{"cn_resident_id", is_cn_resident_id, kStrong, "GB 11643-1999"},
    NamedCheck{"kr_rrn", is_kr_rrn, kMedium, "MOIS, resident registration number"},
    NamedCheck{"kr_rrn_checksum", is_kr_rrn_with_checksum, kStrong, "MOIS, before 10/2020"},
    NamedCheck{"kr_frn", is_kr_frn, kMedium, "MOJ, foreigner registration number"},
    NamedCheck{"au_tfn", is_au_tfn, kWeak, "ATO, TFN algorithm"},
    NamedCheck{"th_id", is_th_id, kWeak, "DOPA, Thai national id"},
    NamedCheck{"sg_nric", is_sg_nric, kMedium, "ICA, NRIC and FIN"},
    NamedCheck{"il_id", is_il_id, kWeak, "Population Authority of Israel"},
    NamedCheck{"za_id", is_za_id, kStrong, "DHA of South Africa"},

    NamedCheck{"uk_nhs", is_uk_nhs, kWeak, "NHS Data Dictionary, NHS NUMBER"},
    NamedCheck{"au_medicare", is_au_medicare, kWeak, "Services Australia, Medicare card number"},
    NamedCheck{"us_mbi", is_us_mbi, kShape, "CMS, Understanding the MBI"},
    NamedCheck{"us_npi", is_us_npi, kWeak, "45 CFR 162.406"},
    NamedCheck{"us_dea", is_us_dea, kWeak, "DEA registration number, 21 CFR 1301"},

    NamedCheck{"passport_mrz", is_mrz, kStrong, "ICAO Doc 9303"},
    NamedCheck{"vin", is_vin, kWeak, "ISO 3779 and 49 CFR 565.15"},
    NamedCheck{"imei", is_imei, kWeak, "3GPP TS 23.003 annex B"},

    NamedCheck{"jwt", is_jwt, kStrong, "RFC 7515, RFC 7519"},
    NamedCheck{"github_token", is_github_token, kStrong, "GitHub, authentication token formats"},
    NamedCheck{"aws_access_key_id", is_aws_access_key_id, kShape, "AWS, IAM identifiers"},
    NamedCheck{"aws_secret_key", is_aws_secret_key, kShape, "AWS, access keys"},
    NamedCheck{"azure_key", is_azure_key, kShape, "Microsoft, storage account keys"},
    NamedCheck{"azure_signature", is_azure_signature, kShape, "Microsoft, shared access signatures"},
    NamedCheck{"gcp_api_key", is_gcp_api_key, kShape, "Google Cloud, API keys"},
    NamedCheck{"gcp_service_account", is_gcp_service_account, kStrong, "Google Cloud, service account keys"},
    NamedCheck{"stripe_key", is_stripe_key, kShape, "Stripe, API keys"},
    NamedCheck{"slack_token", is_slack_token, kShape, "Slack, token types and incoming webhooks"},
    NamedCheck{"private_key", is_private_key, kStrong, "RFC 7468, RFC 9580, OpenSSH and PuTTY formats"},
    NamedCheck{"basic_auth", is_basic_auth, kMedium, "RFC 7617"},
    NamedCheck{"url_credentials", holds_url_credentials, kShape, "RFC 3986 section 3.2.1"},
    NamedCheck{"generic_secret", is_generic_secret, kShape, "Shannon entropy, RFC 9562"},
    NamedCheck{"password_hash", is_password_hash, kStrong, "crypt(5), PHC string format"},

    NamedCheck{"btc_address", is_btc_address, kStrong, "Bitcoin wiki, Base58Check encoding"},
    NamedCheck{"bech32_address", is_bech32_address, kStrong, "BIP 173, BIP 350"},

    NamedCheck{"email", is_email, kShape, "RFC 5321, RFC 5322, RFC 6531"},
    NamedCheck{"phone_e164", is_e164_phone, kShape, "ITU-T E.164"},
    NamedCheck{"phone_national", is_national_phone, kShape, "NANPA and national numbering plans"},
    NamedCheck{"ip_address", is_ip_address, kShape, "RFC 791, RFC 4291"},
    NamedCheck{"mac_address", is_mac_address, kShape, "IEEE 802"},
    NamedCheck{"date_of_birth", is_date_of_birth, kShape, "ISO 8601"},
};

}  // namespace

std::span<const NamedCheck> all_checks() noexcept {
  return kChecks;
}

const NamedCheck* find_check(std::string_view name) noexcept {
  for (const NamedCheck& check : kChecks) {
    if (check.name == name) {
      return &check;
    }
  }
  return nullptr;
}

std::optional<double> parse_entropy_rule(std::string_view rule) noexcept {
  if (!rule.starts_with(kEntropyRule)) {
    return std::nullopt;
  }
  rule.remove_prefix(kEntropyRule.size());
  const std::size_t point = rule.find('.');
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : rule.substr(point + 1);
  if (rule.empty() || !is_digit(rule[0]) || (point != 1 && rule.size() != 1) ||
      (point == 1 && (fraction.size() > 6 || !all_digits(fraction)))) {
    return std::nullopt;
  }
  double value = 0;
  double unit = 1;
  for (const char c : fraction) {
    unit /= 10;
    value += digit_value(c) * unit;
  }
  value += digit_value(rule[0]);
  return value <= 8 ? std::optional(value) : std::nullopt;
}

}  // namespace gabion::inspect::dlp
