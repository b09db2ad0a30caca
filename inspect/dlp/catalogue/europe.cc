// Numbers people have in Europe.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form kNino[] = {
    alone("aa9{6}a", "", "uk_nino", Evidence::kStructural),
    alone("aa-99-99-99-a", " -", "uk_nino", Evidence::kStructural),
    alone("aa-999999-a", " -", "uk_nino", Evidence::kStructural),
    alone("aa99-99-99a", " ", "uk_nino", Evidence::kStructural),
};
constexpr Form kNif[] = {
    alone("9{8}a", "", "es_nif", Evidence::kMedium),
    alone("9{8}-a", "- ", "es_nif", Evidence::kMedium),
    alone("^09{7}-a", "-", "es_nif", Evidence::kMedium),
};
constexpr Form kNie[] = {
    alone("[XYZxyz]9{7}a", "", "es_nie", Evidence::kMedium),
    alone("[XYZxyz]9{7}-a", "- ", "es_nie", Evidence::kMedium),
    alone("[XYZxyz]-9{7}-a", "- ", "es_nie", Evidence::kMedium),
};
/// Numbers that keep one of the two rules: typed wrong, or made up by somebody who knew one.
constexpr Form half(std::string_view shape, std::string_view separators) {
  Form form = cued(shape, separators, "de_tax_id_one", Evidence::kWeak);
  form.proof = Proof::kHalf;
  return form;
}
constexpr Form kSteuerId[] = {
    alone("9{11}", "", "de_tax_id", Evidence::kStrong),
    alone("99-999-999-999", " /", "de_tax_id", Evidence::kStrong),
    half("9{11}", ""),
    half("99-999-999-999", " /"),
};
constexpr Form kNir[] = {
    alone("[1-478]9{4}[0-9][0-9ABab]9{8}", "", "fr_nir", Evidence::kMedium),
    alone("[1-478]-99-99-9[0-9ABab]-999-999-99", " .", "fr_nir", Evidence::kMedium),
};
constexpr Form kCodiceFiscale[] = {
    alone("a{6}xxaxxaxxxa", "", "it_fiscal_code", Evidence::kMedium),
};
constexpr Form kPesel[] = {cued("9{11}", "", "pl_pesel", Evidence::kMedium)};
constexpr Form kBsn[] = {
    cued("9{9}", "", "nl_bsn", Evidence::kWeak),
    cued("9999-99-999", ". ", "nl_bsn", Evidence::kWeak),
};
constexpr Form kPersonnummer[] = {
    alone("9{6}-9999", "-", "se_personnummer", Evidence::kStrong),
    alone("9{8}-9999", "-", "se_personnummer", Evidence::kStrong),
    alone("9{6}!+9999", "", "se_personnummer", Evidence::kStrong),
    cued("9{10}", "", "se_personnummer", Evidence::kStrong),
    cued("9{12}", "", "se_personnummer", Evidence::kStrong),
};
constexpr Form kHetu[] = {
    alone("9{6}[+]999x", "", "fi_hetu", Evidence::kStrong),
    alone("9{6}\\-999x", "", "fi_hetu", Evidence::kStrong),
    alone("9{6}[A-FU-Ya-fu-y]999x", "", "fi_hetu", Evidence::kStrong),
};

constexpr Type kTypes[] = {
    {.id = "UK_NINO",
     .title = "UK national insurance number",
     .groups = kDefault | kGdpr,
     .forms = kNino,
     .cues = "nino|national insurance|ni number",
     .response = Operator::kMask},
    {.id = "ES_NIF",
     .title = "Spanish identity number (DNI)",
     .groups = kDefault | kGdpr,
     .forms = kNif,
     .cues = "dni|nif|documento",
     .response = Operator::kMask},
    {.id = "ES_NIE",
     .title = "Spanish number of a foreigner (NIE)",
     .groups = kDefault | kGdpr,
     .forms = kNie,
     .cues = "nie|extranjero",
     .response = Operator::kMask},
    {.id = "DE_TAX_ID",
     .title = "German tax identification number",
     .groups = kDefault | kGdpr,
     .forms = kSteuerId,
     .cues = "steuer id|steuerid|idnr|id nr|steuernummer|steueridentifikationsnummer|tax id|tin",
     .response = Operator::kMask},
    {.id = "FR_NIR",
     .title = "French social security number",
     .groups = kDefault | kGdpr | kHipaa,
     .forms = kNir,
     .cues = "nir|insee|sécurité sociale|securite sociale|numero ss",
     .response = Operator::kMask},
    {.id = "IT_FISCAL_CODE",
     .title = "Italian fiscal code",
     .groups = kDefault | kGdpr,
     .forms = kCodiceFiscale,
     .cues = "codice fiscale|cf|codicefiscale",
     .response = Operator::kMask},
    {.id = "PL_PESEL",
     .title = "Polish identity number",
     .groups = kDefault | kGdpr,
     .forms = kPesel,
     .cues = "pesel",
     .response = Operator::kMask},
    {.id = "NL_BSN",
     .title = "Dutch citizen number",
     .groups = kDefault | kGdpr,
     .forms = kBsn,
     .cues = "bsn|burgerservicenummer|sofinummer",
     .response = Operator::kMask},
    {.id = "SE_PERSONNUMMER",
     .title = "Swedish identity number",
     .groups = kDefault | kGdpr,
     .forms = kPersonnummer,
     .cues = "personnummer|pnr|personnr",
     .response = Operator::kMask},
    {.id = "FI_PERSONAL_IDENTITY_CODE",
     .title = "Finnish identity code",
     .groups = kDefault | kGdpr,
     .forms = kHetu,
     .cues = "hetu|henkilötunnus|personbeteckning",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> european_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
