// Types that are off until a policy names them: too common in ordinary traffic, or too weakly proven.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form as_written(Form form) {
  form.cleaning = Cleaning::kAsWritten;
  return form;
}
constexpr Form spread(std::string_view shape, std::string_view check) {
  Form form = as_written(alone(shape, "", check, Evidence::kStructural));
  form.walk = Walk::kSpread;
  return form;
}

constexpr Form kIp[] = {spread("[0-9.]{7,15}", "ip_address"), spread("[0-9A-Fa-f:.]{3,45}", "ip_address")};
constexpr Form kMac[] = {
    alone("[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}-[0-9A-Fa-f]{2}", ":-",
          "mac_address", Evidence::kStructural)};
constexpr Form kImei[] = {cued("9{15}", "", "imei", Evidence::kWeak),
                          cued("99-999999-999999-9", "- ", "imei", Evidence::kWeak)};
constexpr Form kVin[] = {cued("[A-HJ-NPR-Z0-9]{17}", "", "vin", Evidence::kWeak)};
constexpr Form kIcd[] = {cued("A99!.9{1,2}", "", "", Evidence::kShape)};
constexpr Form kBirth[] = {as_written(cued("9999-99-99", "-/.", "date_of_birth", Evidence::kShape)),
                           as_written(cued("9{1,2}-9{1,2}-9999", "-/.", "date_of_birth", Evidence::kShape))};
constexpr Form kDriver[] = {cued("A9{7,12}", "", "", Evidence::kShape)};
constexpr Form kPostCode[] = {cued("AX-9AA", " ", "", Evidence::kShape), cued("AXX-9AA", " ", "", Evidence::kShape),
                              cued("AXXX-9AA", " ", "", Evidence::kShape)};
constexpr Form kPlate[] = {cued("AA99-AAA", " ", "", Evidence::kShape)};
constexpr Form kTr[] = {cued("[1-9]9{10}", "", "tr_id", Evidence::kMedium)};
constexpr Form kZa[] = {cued("9{13}", "", "za_id", Evidence::kStrong)};
constexpr Form kTh[] = {cued("9{13}", "", "th_id", Evidence::kWeak),
                        alone("9-9999-99999-99-9", "- ", "th_id", Evidence::kWeak)};
constexpr Form kSg[] = {alone("[STFGMstfgm]9{7}a", "", "sg_nric", Evidence::kMedium)};
constexpr Form kIl[] = {cued("9{9}", "", "il_id", Evidence::kWeak)};
constexpr Form kMx[] = {alone("a{4}9{6}a{6}xx", "", "mx_curp", Evidence::kStrong)};
constexpr Form kAr[] = {alone("99-9{8}-9", "-", "ar_cuit", Evidence::kMedium),
                        cued("9{11}", "", "ar_cuit", Evidence::kMedium)};
constexpr Form kCl[] = {alone("9{1,2}!.999!.999!-x", "", "cl_rut", Evidence::kWeak),
                        cued("9{7,8}-x", "-", "cl_rut", Evidence::kWeak)};
constexpr Form kCo[] = {cued("9{9}-9", "-", "co_nit", Evidence::kWeak)};

constexpr Type kTypes[] = {
    {.id = "IP_ADDRESS", .title = "IP address", .forms = kIp, .cues = "ip|host|client|addr|address"},
    {.id = "MAC_ADDRESS", .title = "hardware address", .forms = kMac, .cues = "mac|hardware"},
    {.id = "IMEI", .title = "identity of a mobile phone", .forms = kImei, .cues = "imei"},
    {.id = "VIN", .title = "vehicle identification number", .forms = kVin, .cues = "vin|chassis"},
    {.id = "ICD10", .title = "diagnosis code", .forms = kIcd, .cues = "icd|icd10|diagnosis"},
    {.id = "DATE_OF_BIRTH",
     .title = "date of birth",
     .forms = kBirth,
     .cues = "birth|birthday|birthdate|dob|born|geburtsdatum|naissance"},
    {.id = "US_DRIVER_LICENSE",
     .title = "US driver licence",
     .forms = kDriver,
     .cues = "driver|drivers|license|licence|dl"},
    {.id = "UK_POSTCODE", .title = "UK post code", .forms = kPostCode, .cues = "postcode|post code|zip"},
    {.id = "LICENSE_PLATE", .title = "vehicle registration", .forms = kPlate, .cues = "plate|kennzeichen|registration"},
    {.id = "TR_NATIONAL_ID", .title = "Turkish identity number", .forms = kTr, .cues = "tckn|kimlik|tc no"},
    {.id = "ZA_ID_NUMBER", .title = "South African identity number", .forms = kZa, .cues = "id number|rsa id|identity"},
    {.id = "TH_TNIN",
     .title = "Thai identity number",
     .forms = kTh,
     .cues = "thai id|tnin|national id",
     .inner = "บัตรประชาชน"},
    {.id = "SG_NRIC_FIN", .title = "Singaporean identity number", .forms = kSg, .cues = "nric|fin"},
    {.id = "IL_ID_NUMBER", .title = "Israeli identity number", .forms = kIl, .cues = "teudat zehut|israeli id"},
    {.id = "MX_CURP", .title = "Mexican population code", .forms = kMx, .cues = "curp"},
    {.id = "AR_CUIT", .title = "Argentine tax number", .forms = kAr, .cues = "cuit|cuil"},
    {.id = "CL_RUT", .title = "Chilean tax number", .forms = kCl, .cues = "rut|run"},
    {.id = "CO_NIT", .title = "Colombian tax number", .forms = kCo, .cues = "nit"},
};

}  // namespace

std::span<const Type> quiet_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
