// Numbers people and companies have in the Americas.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form kSsn[] = {
    alone("999-99-9999", "-. ", "us_ssn", Evidence::kStructural),
    cued("999-999999", "-", "us_ssn", Evidence::kShape),
    cued("99999-9999", "-", "us_ssn", Evidence::kShape),
    cued("9{9}", "", "us_ssn", Evidence::kShape),
};
constexpr Form kSin[] = {
    cued("999-999-999", " -", "ca_sin", Evidence::kWeak),
    cued("9{9}", "", "ca_sin", Evidence::kWeak),
};
constexpr Form kCpf[] = {
    alone("999!.999!.999!-99", "", "br_cpf", Evidence::kMedium),
    cued("9{11}", "", "br_cpf", Evidence::kMedium),
};
constexpr Form kCnpj[] = {
    alone("xx!.xxx!.xxx!/xxxx!-99", "", "br_cnpj", Evidence::kMedium),
    cued("x{12}99", "", "br_cnpj", Evidence::kMedium),
};
constexpr Form kItin[] = {
    alone("\\999-99-9999", "- ", "us_itin", Evidence::kStructural),
    cued("\\999-999999", "-", "us_itin", Evidence::kShape),
    cued("\\99999-9999", "-", "us_itin", Evidence::kShape),
    cued("\\99{8}", "", "us_itin", Evidence::kShape),
};
constexpr Form kEin[] = {
    cued("99-9{7}", "-", "us_ein", Evidence::kShape),
};

constexpr Type kTypes[] = {
    {.id = "US_SSN",
     .title = "US social security number",
     .groups = kDefault | kHipaa,
     .forms = kSsn,
     .cues = "ssn|ssns|social security|tax id|socialsecurity",
     .response = Operator::kMask},
    {.id = "CA_SIN",
     .title = "Canadian social insurance number",
     .groups = kDefault,
     .forms = kSin,
     .cues = "sin|social insurance|nas",
     .response = Operator::kMask},
    {.id = "BR_CPF",
     .title = "Brazilian taxpayer number (CPF)",
     .groups = kDefault,
     .forms = kCpf,
     .cues = "cpf",
     .response = Operator::kMask},
    {.id = "BR_CNPJ",
     .title = "Brazilian company number (CNPJ)",
     .groups = kDefault,
     .forms = kCnpj,
     .cues = "cnpj",
     .response = Operator::kMask},
    {.id = "US_ITIN",
     .title = "US individual taxpayer number",
     .groups = kDefault | kHipaa,
     .forms = kItin,
     .cues = "itin|taxpayer|tax id",
     .response = Operator::kMask},
    {.id = "US_EIN",
     .title = "US employer number",
     .groups = kDefault,
     .forms = kEin,
     .cues = "ein|employer id|employer identification|fein",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> american_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
