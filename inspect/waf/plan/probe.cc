// The same answers as engine/operate.h gives, without what a match leaves behind.
#include "inspect/waf/plan/probe.h"

#include <algorithm>
#include <array>

#include "inspect/sqli/detect.h"
#include "inspect/waf/operators/encodings.h"
#include "inspect/waf/operators/text.h"
#include "inspect/xss/detect.h"

namespace gabion::inspect::waf::plan {
namespace {

using seclang::OperatorName;

bool meets(const Plan& plan, const Operation& operation, std::string_view text) {
  constexpr auto kNowhere = std::string_view::npos;
  const auto argument = operation.argument.literal();
  if (operation.name == OperatorName::kStreq) {
    return text == argument;
  }
  if (operation.name == OperatorName::kContains || operation.name == OperatorName::kStrMatch) {
    return text.find(argument) != kNowhere;
  }
  if (operation.name == OperatorName::kContainsWord) {
    return operators::contains_word(text, argument);
  }
  if (operation.name == OperatorName::kBeginsWith) {
    return text.starts_with(argument);
  }
  if (operation.name == OperatorName::kEndsWith) {
    return text.ends_with(argument);
  }
  if (operation.name == OperatorName::kWithin) {
    return text.empty() || argument.find(text) != kNowhere;
  }
  if (operation.name == OperatorName::kDetectSqli) {
    return sqli::detect(text).found;
  }
  if (operation.name == OperatorName::kDetectXss) {
    return xss::detect(text).found;
  }
  if (operation.name == OperatorName::kValidateByteRange) {
    return plan.byte_ranges[operation.byte_range].find_outside(text) != kNowhere;
  }
  if (operation.name == OperatorName::kValidateUrlEncoding) {
    return operators::find_bad_url_encoding(text) != kNowhere;
  }
  if (operation.name == OperatorName::kValidateUtf8Encoding) {
    return operators::find_bad_utf8(text) != kNowhere;
  }
  return true;  // not one of kProbes
}

constexpr std::array kProbes{OperatorName::kStreq,
                             OperatorName::kContains,
                             OperatorName::kStrMatch,
                             OperatorName::kContainsWord,
                             OperatorName::kBeginsWith,
                             OperatorName::kEndsWith,
                             OperatorName::kWithin,
                             OperatorName::kDetectSqli,
                             OperatorName::kDetectXss,
                             OperatorName::kValidateByteRange,
                             OperatorName::kValidateUrlEncoding,
                             OperatorName::kValidateUtf8Encoding};

}  // namespace

bool is_probe(const Link& link) {
  const auto& operation = link.operation;
  const bool captures_unmet = operation.negated && link.capture;
  return !link.targets.empty() && !operation.argument.has_macro && !captures_unmet &&
         std::find(kProbes.begin(), kProbes.end(), operation.name) != kProbes.end();
}

bool probe(const Plan& plan, const Operation& operation, std::string_view text) {
  return meets(plan, operation, text) != operation.negated;
}

}  // namespace gabion::inspect::waf::plan
