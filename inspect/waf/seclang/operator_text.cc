// Operators and their arguments: phrases, address lists, byte ranges, numbers.
#include "inspect/waf/seclang/operator_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/ip_address.h"
#include "inspect/waf/seclang/macro_text.h"

namespace gabion::inspect::waf::seclang {
namespace {

/// What an operator wants after its name.
enum class Argument : std::uint8_t {
  kNone,
  kText,
  kMaybeEmptyText,
  kNumber,
  kPhrases,
  kAddresses,
  kByteRanges,
  kFiles
};

Argument argument_of(OperatorName name) {
  switch (name) {
    case OperatorName::kRx:
    case OperatorName::kContains:
    case OperatorName::kContainsWord:
    case OperatorName::kStrMatch:
    case OperatorName::kBeginsWith:
    case OperatorName::kEndsWith:
    case OperatorName::kWithin:
    case OperatorName::kRbl:
      return Argument::kText;
    case OperatorName::kStreq:
      return Argument::kMaybeEmptyText;
    case OperatorName::kEq:
    case OperatorName::kGe:
    case OperatorName::kGt:
    case OperatorName::kLe:
    case OperatorName::kLt:
      return Argument::kNumber;
    case OperatorName::kPm:
      return Argument::kPhrases;
    case OperatorName::kIpMatch:
      return Argument::kAddresses;
    case OperatorName::kValidateByteRange:
      return Argument::kByteRanges;
    case OperatorName::kPmFromFile:
    case OperatorName::kIpMatchFromFile:
      return Argument::kFiles;
    case OperatorName::kDetectSqli:
    case OperatorName::kDetectXss:
    case OperatorName::kValidateUrlEncoding:
    case OperatorName::kValidateUtf8Encoding:
    case OperatorName::kGeoLookup:
    case OperatorName::kUnconditionalMatch:
    case OperatorName::kNoMatch:
      return Argument::kNone;
  }
  return Argument::kText;
}

/// The argument of @pm as phrases: separated by blanks, |41 42| is bytes, \ takes the special sense from | : ; " \.
class PhraseReader {
 public:
  PhraseReader(std::string_view text, Remarks& remarks) : text_(text), remarks_(remarks) {}

  std::vector<std::string> read() {
    for (; at_ < text_.size(); ++at_) {
      read_char(text_[at_]);
    }
    end_phrase();
    return std::move(phrases_);
  }

 private:
  void read_char(char c) {
    if (c == '|') {
      read_hex();
    } else if (c == '\\') {
      read_escape();
    } else if (is_blank(c)) {
      end_phrase();
    } else {
      phrase_ += c;
    }
  }

  void read_hex() {
    const std::size_t end = text_.find('|', at_ + 1);
    if (end == std::string_view::npos) {
      remarks_.errors.emplace_back("@pm: '|' begins bytes in hex that do not end with '|'");
      at_ = text_.size();
      return;
    }
    std::string digits;
    std::copy_if(text_.begin() + static_cast<std::ptrdiff_t>(at_ + 1), text_.begin() + static_cast<std::ptrdiff_t>(end),
                 std::back_inserter(digits), [](char c) { return !is_blank(c); });
    at_ = end;
    if (digits.empty() || digits.size() % 2 != 0 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      remarks_.errors.push_back(fmt::format("@pm: {} between '|' is not bytes in hex", quoted(digits)));
      return;
    }
    for (std::size_t i = 0; i < digits.size(); i += 2) {
      unsigned byte = 0;
      std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
      phrase_ += static_cast<char>(byte);
    }
  }

  void read_escape() {
    ++at_;
    if (at_ == text_.size() || std::string_view("|:;\"\\").find(text_[at_]) == std::string_view::npos) {
      remarks_.errors.emplace_back("@pm: '\\' stands before something other than | : ; \" \\");
      return;
    }
    phrase_ += text_[at_];
  }

  void end_phrase() {
    if (!phrase_.empty()) {
      phrases_.push_back(std::move(phrase_));
    }
    phrase_.clear();
  }

  std::string_view text_;
  Remarks& remarks_;
  std::size_t at_ = 0;
  std::string phrase_;
  std::vector<std::string> phrases_;
};

void check_address(std::string_view text, Remarks& remarks) {
  const bool is_network = text.find('/') != std::string_view::npos;
  if (is_network ? config::Cidr::parse(text).has_error() : config::IpAddress::parse(text).has_error()) {
    remarks.errors.push_back(fmt::format("{} is no IP address and no network like 10.0.0.0/8", quoted(text)));
  }
}

std::vector<std::string> parse_addresses(std::string_view text, Remarks& remarks) {
  std::vector<std::string> addresses;
  for (const std::string_view part : parts_of(text, ",")) {
    check_address(part, remarks);
    addresses.emplace_back(part);
  }
  return addresses;
}

void check_byte_ranges(std::string_view text, Remarks& remarks) {
  for (const std::string_view range : parts_of(text, ",")) {
    const std::size_t dash = range.find('-');
    const auto first = number_of<std::uint8_t>(trimmed(range.substr(0, dash)));
    const auto last = dash == std::string_view::npos ? first : number_of<std::uint8_t>(trimmed(range.substr(dash + 1)));
    if (!first || !last || *first > *last) {
      remarks.errors.push_back(
          fmt::format("@validateByteRange: {} is no byte 0-255 and no range like 32-126", quoted(range)));
    }
  }
}

void parse_number(Operator& op, std::string_view argument, Remarks& remarks) {
  op.argument = parse_macros(trimmed(argument), remarks);
  if (is_literal(op.argument) && !number_of<std::int64_t>(literal_of(op.argument))) {
    remarks.errors.push_back(
        fmt::format("@{}: {} is neither a number nor a macro", to_string(op.name), quoted(argument)));
  }
}

void warn_of_missing_source(OperatorName name, Remarks& remarks) {
  if (name == OperatorName::kGeoLookup) {
    remarks.warnings.emplace_back("@geoLookup has no database here and never matches");
  } else if (name == OperatorName::kRbl) {
    remarks.warnings.emplace_back("@rbl asks no DNS here and never matches");
  }
}

/// REQUIRES: an argument that is not there is allowed.
void read_argument(Operator& op, Argument wanted, std::string_view argument, Remarks& remarks) {
  switch (wanted) {
    case Argument::kNone:
      return;
    case Argument::kText:
    case Argument::kMaybeEmptyText:
      op.argument = parse_macros(argument, remarks);
      return;
    case Argument::kNumber:
      parse_number(op, argument, remarks);
      return;
    case Argument::kPhrases:
      op.argument = literal_text(argument);
      op.phrases = PhraseReader(argument, remarks).read();
      return;
    case Argument::kAddresses:
      op.argument = literal_text(trimmed(argument));
      op.phrases = parse_addresses(argument, remarks);
      return;
    case Argument::kByteRanges:
      op.argument = literal_text(trimmed(argument));
      check_byte_ranges(argument, remarks);
      return;
    case Argument::kFiles:
      op.argument = literal_text(trimmed(argument));
      return;
  }
}

void parse_argument(Operator& op, std::string_view argument, Remarks& remarks) {
  const Argument wanted = argument_of(op.name);
  const bool is_empty = trimmed(argument).empty();
  if (wanted == Argument::kNone && !is_empty) {
    remarks.errors.push_back(fmt::format("@{} takes no argument, not {}", to_string(op.name), quoted(argument)));
  } else if (is_empty && wanted != Argument::kNone && wanted != Argument::kMaybeEmptyText) {
    remarks.errors.push_back(fmt::format("@{} needs an argument", to_string(op.name)));
  } else {
    read_argument(op, wanted, argument, remarks);
  }
}

/// REQUIRES: `text` is what follows the '@'.
void parse_named(Operator& op, std::string_view text, Remarks& remarks) {
  const std::size_t name_end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view name = text.substr(0, name_end);
  const auto known = operator_named(name);
  if (!known) {
    remarks.errors.push_back(fmt::format("operator @{} is not supported", name));
    return;
  }
  op.name = *known;
  text.remove_prefix(name_end);
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  parse_argument(op, text, remarks);
  warn_of_missing_source(op.name, remarks);
}

}  // namespace

Operator parse_operator(std::string_view text, Remarks& remarks) {
  Operator op;
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  if (!text.empty() && text.front() == '!') {
    op.negated = true;
    text.remove_prefix(1);
  }
  if (text.empty()) {
    remarks.errors.emplace_back("the operator is empty");
    return op;
  }
  if (text.front() == '@') {
    parse_named(op, text.substr(1), remarks);
  } else {
    op.name = OperatorName::kRx;
    parse_argument(op, text, remarks);
  }
  return op;
}

std::vector<std::string> phrases_of_file(OperatorName name, std::string_view text, Remarks& remarks) {
  std::vector<std::string> phrases;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    const std::string_view visible = trimmed(line);
    if (visible.empty() || visible.front() == '#') {
      continue;
    }
    if (name == OperatorName::kIpMatchFromFile) {
      check_address(visible, remarks);
      line = visible;
    }
    phrases.emplace_back(line);
  }
  return phrases;
}

}  // namespace gabion::inspect::waf::seclang
