// Country codes of E.164 with the lengths of their plans.
#include "inspect/dlp/checks/phone.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/dlp/checks/text.h"

namespace gabion::inspect::dlp {
namespace {

/// Fewest and most digits behind the country code.
struct Plan {
  std::uint16_t country;
  std::uint8_t least;
  std::uint8_t most;
};

// ITU-T, list of E.164 assigned country codes and national numbering plans notified to the ITU. 1 has rules of its own.
constexpr std::array kPlans{
    Plan{20, 8, 10},  Plan{211, 9, 9},  Plan{212, 9, 9},  Plan{213, 8, 9},  Plan{216, 8, 8},  Plan{218, 8, 9},
    Plan{220, 7, 7},  Plan{221, 9, 9},  Plan{222, 8, 8},  Plan{223, 8, 8},  Plan{224, 8, 9},  Plan{225, 8, 10},
    Plan{226, 8, 8},  Plan{227, 8, 8},  Plan{228, 8, 8},  Plan{229, 8, 10}, Plan{230, 7, 8},  Plan{231, 7, 9},
    Plan{232, 8, 8},  Plan{233, 9, 9},  Plan{234, 7, 10}, Plan{235, 8, 8},  Plan{236, 8, 8},  Plan{237, 8, 9},
    Plan{238, 7, 7},  Plan{239, 7, 7},  Plan{240, 9, 9},  Plan{241, 7, 8},  Plan{242, 9, 9},  Plan{243, 7, 9},
    Plan{244, 9, 9},  Plan{245, 7, 9},  Plan{246, 7, 7},  Plan{247, 4, 6},  Plan{248, 7, 7},  Plan{249, 9, 9},
    Plan{250, 8, 9},  Plan{251, 9, 9},  Plan{252, 6, 9},  Plan{253, 8, 8},  Plan{254, 7, 10}, Plan{255, 9, 9},
    Plan{256, 9, 9},  Plan{257, 8, 8},  Plan{258, 8, 9},  Plan{260, 9, 9},  Plan{261, 9, 10}, Plan{262, 9, 9},
    Plan{263, 5, 10}, Plan{264, 7, 10}, Plan{265, 7, 9},  Plan{266, 8, 8},  Plan{267, 7, 8},  Plan{268, 8, 8},
    Plan{269, 7, 7},  Plan{27, 9, 9},   Plan{290, 4, 5},  Plan{291, 7, 7},  Plan{297, 7, 7},  Plan{298, 6, 6},
    Plan{299, 6, 6},  Plan{30, 10, 10}, Plan{31, 7, 11},  Plan{32, 8, 9},   Plan{33, 9, 9},   Plan{34, 9, 9},
    Plan{350, 8, 8},  Plan{351, 9, 9},  Plan{352, 4, 11}, Plan{353, 7, 10}, Plan{354, 7, 9},  Plan{355, 8, 9},
    Plan{356, 8, 8},  Plan{357, 8, 8},  Plan{358, 5, 12}, Plan{359, 7, 9},  Plan{36, 8, 9},   Plan{370, 8, 8},
    Plan{371, 8, 8},  Plan{372, 7, 8},  Plan{373, 8, 8},  Plan{374, 8, 8},  Plan{375, 9, 11}, Plan{376, 6, 9},
    Plan{377, 8, 9},  Plan{378, 6, 10}, Plan{379, 6, 11}, Plan{380, 9, 9},  Plan{381, 6, 12}, Plan{382, 8, 9},
    Plan{383, 8, 9},  Plan{385, 8, 9},  Plan{386, 8, 8},  Plan{387, 8, 9},  Plan{389, 8, 8},  Plan{39, 6, 11},
    Plan{40, 9, 9},   Plan{41, 9, 12},  Plan{420, 9, 12}, Plan{421, 9, 9},  Plan{423, 7, 9},  Plan{43, 4, 13},
    Plan{44, 9, 10},  Plan{45, 8, 8},   Plan{46, 7, 13},  Plan{47, 5, 12},  Plan{48, 9, 9},   Plan{49, 4, 14},
    Plan{500, 5, 5},  Plan{501, 7, 7},  Plan{502, 8, 8},  Plan{503, 7, 8},  Plan{504, 8, 8},  Plan{505, 8, 8},
    Plan{506, 8, 8},  Plan{507, 7, 8},  Plan{508, 6, 9},  Plan{509, 8, 8},  Plan{51, 8, 9},   Plan{52, 10, 11},
    Plan{53, 6, 8},   Plan{54, 10, 11}, Plan{55, 10, 11}, Plan{56, 9, 9},   Plan{57, 8, 11},  Plan{58, 10, 10},
    Plan{590, 9, 9},  Plan{591, 8, 8},  Plan{592, 7, 7},  Plan{593, 8, 9},  Plan{594, 9, 9},  Plan{595, 6, 9},
    Plan{596, 9, 9},  Plan{597, 6, 7},  Plan{598, 7, 8},  Plan{599, 7, 8},  Plan{60, 7, 10},  Plan{61, 9, 9},
    Plan{62, 7, 12},  Plan{63, 8, 10},  Plan{64, 8, 10},  Plan{65, 8, 8},   Plan{66, 8, 9},   Plan{670, 7, 8},
    Plan{672, 6, 6},  Plan{673, 7, 7},  Plan{674, 7, 7},  Plan{675, 7, 8},  Plan{676, 5, 7},  Plan{677, 5, 7},
    Plan{678, 5, 7},  Plan{679, 7, 7},  Plan{680, 7, 7},  Plan{681, 6, 6},  Plan{682, 5, 5},  Plan{683, 4, 7},
    Plan{685, 5, 7},  Plan{686, 5, 8},  Plan{687, 6, 6},  Plan{688, 5, 6},  Plan{689, 6, 8},  Plan{690, 4, 5},
    Plan{691, 7, 7},  Plan{692, 7, 7},  Plan{7, 10, 10},  Plan{81, 9, 10},  Plan{82, 8, 10},  Plan{84, 7, 10},
    Plan{850, 6, 10}, Plan{852, 8, 8},  Plan{853, 8, 8},  Plan{855, 8, 9},  Plan{856, 8, 10}, Plan{86, 8, 11},
    Plan{870, 9, 9},  Plan{880, 6, 10}, Plan{881, 8, 9},  Plan{882, 7, 12}, Plan{883, 7, 12}, Plan{886, 8, 9},
    Plan{90, 10, 10}, Plan{91, 10, 10}, Plan{92, 8, 10},  Plan{93, 9, 9},   Plan{94, 9, 9},   Plan{95, 7, 10},
    Plan{960, 7, 7},  Plan{961, 7, 8},  Plan{962, 8, 9},  Plan{963, 8, 10}, Plan{964, 8, 10}, Plan{965, 7, 8},
    Plan{966, 8, 9},  Plan{967, 7, 9},  Plan{968, 7, 8},  Plan{970, 8, 9},  Plan{971, 8, 9},  Plan{972, 8, 9},
    Plan{973, 8, 8},  Plan{974, 7, 8},  Plan{975, 7, 8},  Plan{976, 8, 8},  Plan{977, 8, 10}, Plan{979, 9, 9},
    Plan{98, 6, 10},  Plan{992, 9, 9},  Plan{993, 8, 8},  Plan{994, 8, 9},  Plan{995, 9, 9},  Plan{996, 9, 9},
    Plan{998, 9, 9}};

// Area code and exchange begin with 2 to 9 and are not N11.
bool is_north_american_part(std::string_view three) noexcept {
  return three[0] >= '2' && !(three[1] == '1' && three[2] == '1');
}

bool is_north_american(std::string_view digits) noexcept {
  return digits.size() == 10 && is_north_american_part(digits.substr(0, 3)) &&
         is_north_american_part(digits.substr(3, 3));
}

}  // namespace

bool is_e164_phone(std::string_view cleaned) noexcept {
  if (cleaned.size() < 8 || cleaned.size() > 16 || cleaned.front() != '+' || !all_digits(cleaned.substr(1))) {
    return false;
  }
  const std::string_view digits = cleaned.substr(1);
  if (digits.front() == '1') {
    return is_north_american(digits.substr(1));
  }
  // No country code begins another.
  for (std::size_t length = 1; length <= 3; ++length) {
    for (const Plan& plan : kPlans) {
      if (plan.country == number(digits.substr(0, length))) {
        const std::size_t rest = digits.size() - length;
        return rest >= plan.least && rest <= plan.most && !one_repeated(digits.substr(length));
      }
    }
  }
  return false;
}

bool is_national_phone(std::string_view digits) noexcept {
  if (!all_digits(digits) || one_repeated(digits)) {
    return false;
  }
  if (digits.front() == '0') {
    return digits.size() >= 9 && digits.size() <= 11 && digits[1] != '0';
  }
  if (digits.size() == 9) {
    return digits.front() >= '5';
  }
  return is_north_american(digits.size() == 11 && digits.front() == '1' ? digits.substr(1) : digits);
}

}  // namespace gabion::inspect::dlp
