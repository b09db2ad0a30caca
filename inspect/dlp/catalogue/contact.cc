// How somebody is reached, and the documents they travel with.
#include "inspect/dlp/catalogue.h"

namespace gabion::inspect::dlp {
namespace {

using forms::alone;
using forms::cued;
using forms::walked;

constexpr Form kEmail[] = {walked(Walk::kEmail, "", "email", Evidence::kStructural)};
constexpr Form kPhone[] = {
    {.walk = Walk::kPhone,
     .shape = {},
     .separators = {},
     .check = "phone_e164",
     .evidence = Evidence::kStructural,
     .anchor = {}},
    alone("!([2-9]99!)-[2-9]99-9999", " -.", "", Evidence::kStructural),
    alone("!([2-9]99!)! [2-9]99-9999", "-. ", "", Evidence::kStructural),
    alone("[2-9]99-[2-9]99-9999", "-. ", "", Evidence::kStructural),
    alone("[1-9]9{0,2}-[2-9]99-[2-9]99-9999", "-. ", "", Evidence::kStructural),
    alone("\\0[1-9]-99-99-99-99", " .-", "", Evidence::kStructural),
    alone("\\0[1-9]-9999-9999", " -", "", Evidence::kStructural),
    alone("\\0[1-9]99-999-9999", " -", "", Evidence::kStructural),
    alone("\\0[1-9]9{2,3}-9{5,8}", " -/", "", Evidence::kStructural),
    alone("\\0[1-9]-9{7}", "-", "", Evidence::kStructural),
    cued("\\1[3-9]9{9}", "", "", Evidence::kShape),
    cued("[2-9]99[2-9]9{6}", "", "", Evidence::kShape),
    cued("\\1[2-9]99[2-9]9{6}", "", "", Evidence::kShape),
    cued("\\0[1-9]9{7,9}", "", "", Evidence::kShape),
};
constexpr Form kMrz[] = {walked(Walk::kMrz, "P<", "passport_mrz", Evidence::kStrong),
                         walked(Walk::kMrz, "PP", "passport_mrz", Evidence::kStrong)};
constexpr Form kPassport[] = {
    cued("A9{8}", "", "", Evidence::kShape),
    cued("9{9}", "", "", Evidence::kShape),
};

constexpr Type kTypes[] = {
    {.id = "EMAIL_ADDRESS",
     .title = "e-mail address",
     .groups = kDefault | kGdpr | kHipaa,
     .forms = kEmail,
     .cues = "email|mail|e mail|contact",
     .response = Operator::kLog},
    {.id = "PHONE_NUMBER",
     .title = "telephone number",
     .groups = kDefault | kGdpr | kHipaa,
     .forms = kPhone,
     .cues = "phone|phones|tel|telephone|telefon|mobile|cell|cellphone|fax|call|handy|msisdn|whatsapp",
     .inner = "电话|手机|電話|携帯|전화",
     .response = Operator::kMask},
    {.id = "PASSPORT_MRZ",
     .title = "machine-readable zone of a passport",
     .groups = kDefault | kGdpr | kHipaa,
     .forms = kMrz,
     .cues = "passport|mrz",
     .response = Operator::kMask},
    {.id = "US_PASSPORT",
     .title = "US passport number",
     .groups = kDefault | kHipaa,
     .forms = kPassport,
     .cues = "passport|reisepass|passeport|pasaporte|travel document",
     .response = Operator::kMask},
};

}  // namespace

std::span<const Type> contact_types() noexcept {
  return kTypes;
}

}  // namespace gabion::inspect::dlp
