// Tries a value from every place of a page that its bytes allow it to leave.
#include "inspect/xss/detect.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/xss/markup.h"
#include "inspect/xss/page.h"

namespace gabion::inspect::xss {
namespace {

enum Class : std::uint8_t {
  kAngle = 1U << 0U,
  kEqual = 1U << 1U,
  kDoubleQuote = 1U << 2U,
  kSingleQuote = 1U << 3U,
  kBackTick = 1U << 4U,
  kColon = 1U << 5U,
};

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  classes['<'] = kAngle;
  classes['='] = kEqual;
  classes['"'] = kDoubleQuote;
  classes['\''] = kSingleQuote;
  classes['`'] = kBackTick;
  classes[':'] = classes['&'] = kColon;
  return classes;
}
constexpr auto kClasses = make_classes();

struct Try {
  std::uint8_t needs;
  Start start;
};

/// Without '=' no attribute is formed, without a quote none is left.
constexpr auto kTries = std::to_array<Try>({{kAngle, Start::kText},
                                            {kEqual, Start::kUnquoted},
                                            {kDoubleQuote | kEqual, Start::kDouble},
                                            {kSingleQuote | kEqual, Start::kSingle},
                                            {kBackTick | kEqual, Start::kBackTick}});

/// The value is the whole of a link, perhaps with the quotes around it.
bool is_link(std::string_view value) noexcept {
  const std::size_t begin = value.find_first_not_of("\"'` \t");
  return begin != std::string_view::npos && is_script_scheme(value.substr(begin));
}

}  // namespace

Finding detect(std::string_view value) noexcept {
  unsigned classes = 0;
  for (const char c : value) {
    classes |= kClasses[static_cast<unsigned char>(c)];
  }
  if ((classes & (kAngle | kEqual | kColon)) == 0) {
    return {};
  }
  std::string_view reason;
  if ((classes & kAngle) != 0) {
    reason = Page(value, Start::kText).judge_elements();
  }
  for (const Try& attempt : kTries) {
    if (reason.empty() && (classes & attempt.needs) == attempt.needs) {
      reason = Page(value, attempt.start).judge();
    }
  }
  if (reason.empty() && (classes & kColon) != 0 && is_link(value)) {
    reason = "script URL";
  }
  return {!reason.empty(), reason};
}

}  // namespace gabion::inspect::xss
