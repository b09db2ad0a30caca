// Numbers of patients, and of who treats them.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form kNhs[] = {
    cued("9{10}", "", "uk_nhs", Evidence::kWeak),
    cued("999-999-9999", " -", "uk_nhs", Evidence::kWeak),
};
constexpr Form kMedicare[] = {
    cued("9{10,11}", "", "au_medicare", Evidence::kWeak),
    cued("9999-99999-9", " -", "au_medicare", Evidence::kWeak),
};
constexpr Form kMbi[] = {
    alone("9ax9ax9aa99", "", "us_mbi", Evidence::kStructural),
    alone("9ax9-ax9-aa99", "-", "us_mbi", Evidence::kStructural),
};
constexpr Form kNpi[] = {
    cued("[12]9{9}", "", "us_npi", Evidence::kWeak),
    cued("[12]999-999-999", " -", "us_npi", Evidence::kWeak),
};
constexpr Form kDea[] = {cued("a[A-Za-z9]9{7}", "", "us_dea", Evidence::kWeak)};

constexpr Type kTypes[] = {
    {.id = "UK_NHS",
     .title = "UK health service number",
     .groups = kDefault | kGdpr | kHipaa,
     .forms = kNhs,
     .cues = "nhs|patient",
     .response = Operator::kMask},
    {.id = "AU_MEDICARE",
     .title = "Australian Medicare number",
     .groups = kDefault | kHipaa,
     .forms = kMedicare,
     .cues = "medicare",
     .response = Operator::kMask},
    {.id = "US_MBI",
     .title = "US Medicare beneficiary identifier",
     .groups = kDefault | kHipaa,
     .forms = kMbi,
     .cues = "medicare|mbi|beneficiary",
     .response = Operator::kMask},
    {.id = "US_NPI",
     .title = "US provider identifier",
     .groups = kDefault | kHipaa,
     .forms = kNpi,
     .cues = "npi|provider",
     .response = Operator::kMask},
    {.id = "MEDICAL_LICENSE",
     .title = "US DEA registration number",
     .groups = kDefault | kHipaa,
     .forms = kDea,
     .cues = "dea|medical license|prescriber|certificate",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> health_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
