// Numbers people have in Asia and Australia.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;

constexpr Form kAadhaar[] = {
    alone("[2-9]999-9999-9999", " -", "in_aadhaar", Evidence::kWeak),
    cued("[2-9]9{11}", "", "in_aadhaar", Evidence::kWeak),
};
constexpr Form kPan[] = {cued("a{5}9{4}a", "", "in_pan", Evidence::kShape)};
constexpr Form kResident[] = {alone("[1-8]9{16}[0-9Xx]", "", "cn_resident_id", Evidence::kStrong)};
constexpr Form kRrn[] = {
    alone("9{6}-9{7}", "-", "kr_rrn", Evidence::kStructural),
    alone("9{6}-9{7}", "-", "kr_rrn_checksum", Evidence::kStrong),
    cued("9{13}", "", "kr_rrn", Evidence::kShape),
    cued("9{13}", "", "kr_rrn_checksum", Evidence::kStrong),
};
constexpr Form kTfn[] = {
    cued("9{8,9}", "", "au_tfn", Evidence::kWeak),
    cued("999-999-9{2,3}", " ", "au_tfn", Evidence::kWeak),
};

constexpr Type kTypes[] = {
    {.id = "IN_AADHAAR",
     .title = "Indian identity number (Aadhaar)",
     .groups = kDefault,
     .forms = kAadhaar,
     .cues = "aadhaar|uidai|aadhar",
     .response = Operator::kMask},
    {.id = "IN_PAN",
     .title = "Indian taxpayer number (PAN)",
     .groups = kDefault,
     .forms = kPan,
     .cues = "pan|permanent account",
     .response = Operator::kMask},
    {.id = "CN_RESIDENT_ID",
     .title = "Chinese resident identity number",
     .groups = kDefault,
     .forms = kResident,
     .cues = "id card|identity card|resident id",
     .inner = "身份证|身份證|居民身份",
     .response = Operator::kMask},
    {.id = "KR_RRN",
     .title = "Korean resident registration number",
     .groups = kDefault,
     .forms = kRrn,
     .cues = "rrn|resident registration",
     .inner = "주민등록번호|주민번호",
     .response = Operator::kMask},
    {.id = "AU_TFN",
     .title = "Australian tax file number",
     .groups = kDefault,
     .forms = kTfn,
     .cues = "tfn|tax file",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> asian_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
