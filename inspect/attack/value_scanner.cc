// Decodes as far as the value's bytes make it necessary, then scans.
#include "inspect/attack/value_scanner.h"

#include "inspect/attack/byte_class.h"
#include "inspect/attack/decoders.h"
#include "inspect/attack/second_view.h"
#include "inspect/match/scratch_impl.h"

namespace gabion::inspect::attack {
namespace {

constexpr unsigned changing_classes(ValueSyntax syntax) noexcept {
  switch (syntax) {
    case ValueSyntax::kVerbatim:
      return kRemapped;
    case ValueSyntax::kPath:
      return kRemapped | kPercent;
    case ValueSyntax::kForm:
      return kRemapped | kPercent | kPlus | kAmpersand;
  }
  return kRemapped;
}

void decode(std::string_view value, ValueSyntax syntax, std::string& out) {
  if (syntax == ValueSyntax::kVerbatim) {
    for (const char c : value) {
      out.push_back(remap(c));
    }
    return;
  }
  PercentDecoder decoder(syntax == ValueSyntax::kForm ? PercentSyntax::kForm : PercentSyntax::kPath);
  decoder.feed(value, out);
  decoder.finish(out);
}

match::ScanStatus scan_second_view(std::string_view first, const SignatureSets& sets, Scratch& scratch,
                                   match::MatchList& matches) {
  SecondView view;
  std::string& second = scratch.impl().normalized;
  view.feed(first, scratch.impl().between, second);
  return sets.values().scan(second, scratch, matches);
}

}  // namespace

match::ScanStatus scan_value(std::string_view value, ValueSyntax syntax, const SignatureSets& sets, Scratch& scratch,
                             match::MatchList& matches) {
  const unsigned classes = byte_classes(value);
  if (is_harmless(value, classes)) {
    return match::ScanStatus::kDone;
  }
  std::string& first = scratch.impl().decoded;
  first.assign(1, kValueEdge);
  if ((classes & changing_classes(syntax)) != 0) {
    decode(value, syntax, first);
  } else {
    first.append(value);
  }
  first.push_back(kValueEdge);
  const match::ScanStatus status = sets.values().scan(first, scratch, matches);
  if (status == match::ScanStatus::kFailed || find_second_view(first) == std::string_view::npos) {
    return status;
  }
  return scan_second_view(first, sets, scratch, matches);
}

}  // namespace gabion::inspect::attack
