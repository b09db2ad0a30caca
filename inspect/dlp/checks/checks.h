// The one list of checks that prove a candidate is what it looks like, by the names that policies use.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gabion::inspect::dlp {

/// What a pass is worth: the share of random strings of the right shape that pass (dlp.md §3).
enum class Strength : std::uint8_t {
  kStrong,  ///< below 0.5 %
  kMedium,  ///< 0.5 to 4 %
  kWeak,    ///< one check digit: 6.5 to 10 %
  kShape,   ///< proves the shape and nothing more
};

/// Pure and total: any bytes may be given, whatever is not of the right shape fails. Thread-safe, no allocation.
/// *Cleaned* means: the separators people write between the groups of a number (space, '-', '.', '/') are gone and no
/// blank is left at either end; what a check wants kept is said in its own header and here:
///   email, ip_address, url_credentials, jwt, github_token, private_key, gcp_service_account, slack_token,
///   password_hash and date_of_birth take the text as it stands; phone_e164 keeps its '+'; fi_hetu keeps the century
///   sign; passport_mrz keeps '<' and loses line ends; basic_auth is what follows "Basic "; generic_secret,
///   aws_secret_key, azure_key and azure_signature are the value alone, without name, '=' in front or quotes.
/// Letters of identity numbers count in either case; secrets and base58 are exact.
struct NamedCheck {
  std::string_view name;
  bool (*passes)(std::string_view cleaned) noexcept;
  Strength strength;
  std::string_view source;  ///< the standard or authority that published the rule
};

/// Sorted by nothing in particular; names are unique:
///   generic    luhn mod11 mod97 verhoeff base58check
///   payment    credit_card credit_card_cued iban aba_routing bic
///   americas   us_ssn us_itin us_ein ca_sin br_cpf br_cnpj mx_curp ar_cuit cl_rut co_nit
///   europe     uk_nino es_nif es_nie de_tax_id de_tax_id_one fr_nir it_fiscal_code pl_pesel nl_bsn se_personnummer
///              fi_hetu tr_id
///   asia, …    in_aadhaar in_pan cn_resident_id kr_rrn kr_rrn_checksum kr_frn au_tfn th_id sg_nric il_id za_id
///   health     uk_nhs au_medicare us_mbi us_npi us_dea
///   travel     passport_mrz vin imei
///   secrets    jwt github_token aws_access_key_id aws_secret_key azure_key azure_signature gcp_api_key
///              gcp_service_account stripe_key slack_token private_key basic_auth url_credentials generic_secret
///              password_hash
///   crypto     btc_address bech32_address
///   contact    email phone_e164 phone_national ip_address mac_address date_of_birth
/// credit_card_cued adds what is too noisy without a cue: UATP and Maestro of 12 digits. de_tax_id_one: exactly one of
/// the two rules of de_tax_id holds. kr_rrn_checksum only adds to kr_rrn: numbers issued since 10/2020 have none.
[[nodiscard]] std::span<const NamedCheck> all_checks() noexcept;

/// nullptr: no check has that name. "entropy>=X" is not one: see parse_entropy_rule().
[[nodiscard]] const NamedCheck* find_check(std::string_view name) noexcept;

/// The number in "entropy>=3.5" (bits per character, 0 to 8); nothing: it is not written so. Compare with
/// entropy_bits() of entropy.h.
[[nodiscard]] std::optional<double> parse_entropy_rule(std::string_view rule) noexcept;

}  // namespace gabion::inspect::dlp
