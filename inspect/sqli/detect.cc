// Tries a value in every slot its bytes allow, in one spelling or in two.
#include "inspect/sqli/detect.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "inspect/sqli/grammar.h"
#include "inspect/sqli/tokenizer.h"

namespace gabion::inspect::sqli {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

enum Class : std::uint16_t {
  kWordByte = 0,
  kBlank = 1U << 0U,
  kSingle = 1U << 1U,
  kDouble = 1U << 2U,
  kBackTick = 1U << 3U,
  kBracket = 1U << 4U,
  kStar = 1U << 5U,
  kHash = 1U << 6U,
  kDash = 1U << 7U,
  kBackslash = 1U << 8U,
  kOperator = 1U << 9U,
  kDotOrSlash = 1U << 10U,
};

constexpr std::array<std::uint16_t, 256> make_classes() {
  std::array<std::uint16_t, 256> classes{};
  for (unsigned c = 0; c <= ' '; ++c) {
    classes[c] = kBlank;
  }
  classes[0xA0] = kBlank;
  for (const char c : std::string_view("=<>!|&()+%^~;,{}@$")) {
    classes[static_cast<unsigned char>(c)] = kOperator;
  }
  classes['\''] = kSingle;
  classes['"'] = kDouble;
  classes['`'] = kBackTick;
  classes['['] = classes[']'] = kBracket;
  classes['*'] = kStar;
  classes['#'] = kHash;
  classes['-'] = kDash;
  classes['\\'] = kBackslash;
  classes['.'] = classes['/'] = classes[':'] = kDotOrSlash;
  return classes;
}
constexpr auto kClasses = make_classes();

unsigned classes_of(std::string_view value) noexcept {
  unsigned classes = 0;
  for (const char c : value) {
    classes |= kClasses[static_cast<unsigned char>(c)];
  }
  return classes;
}

/// Words, and numbers with their dots and dashes: nothing that a slot could be left with, no operator beside a keyword.
bool is_plain(std::string_view value, unsigned classes) noexcept {
  constexpr unsigned joiners = kDash | kDotOrSlash;
  if ((classes & ~joiners) != 0) {
    return false;
  }
  const bool number_first = !value.empty() && (value.front() == '.' || (value.front() >= '0' && value.front() <= '9'));
  return classes == kWordByte || !number_first;
}

struct Answer {
  std::string_view reason;
  bool ambiguous = false;  ///< the other dialect could answer otherwise
};

Answer judge(std::string_view value, std::size_t from, const Slot& slot, Dialect dialect) noexcept {
  Tokenizer tokens(value, from, dialect);
  Grammar grammar(slot);
  bool ambiguous = false;
  Token token;
  do {
    const bool broken = grammar.is_broken();
    token = tokens.next();
    ambiguous = ambiguous || (tokens.is_ambiguous() && !broken);
    grammar.take(token);
  } while (token.kind != Kind::kEnd && grammar.reason().empty() && !grammar.is_hopeless());
  return {grammar.reason(), ambiguous};
}

std::string_view judge_bare(std::string_view value) noexcept {
  const Answer answer = judge(value, 0, {}, Dialect::kStandard);
  return answer.reason.empty() && answer.ambiguous ? judge(value, 0, {}, Dialect::kMySql).reason : answer.reason;
}

Answer judge_behind(std::string_view value, std::size_t end, std::size_t length, char quote, Dialect dialect) noexcept {
  return judge(value, end + length, {.quote = quote, .inside = value.substr(0, end), .lead = Lead::kLeft}, dialect);
}

/// Where a backslash stands before the quote, both ends are tried: it may be the application's escape that fails.
std::string_view judge_quoted(std::string_view value, char quote) noexcept {
  const std::size_t end = closing_quote(value, 0, quote, Dialect::kStandard);
  Answer answer;
  if (end != kNone) {
    answer = judge_behind(value, end, 1, quote, Dialect::kStandard);
    if (answer.reason.empty() && answer.ambiguous) {
      answer = judge_behind(value, end, 1, quote, Dialect::kMySql);
    }
  }
  if (!answer.reason.empty() || value.substr(0, end).find('\\') == kNone) {
    return answer.reason;
  }
  const std::size_t escaped_end = closing_quote(value, 0, quote, Dialect::kMySql);
  if (escaped_end == kNone || escaped_end == end) {
    return {};
  }
  return judge_behind(value, escaped_end, 1, quote, Dialect::kMySql).reason;
}

/// The value ends a comment that began before it.
std::string_view judge_commented(std::string_view value) noexcept {
  constexpr char slash = '/';
  const std::size_t end = value.find("*/");
  if (end == kNone || value.substr(0, end).find("/*") != kNone) {
    return {};
  }
  const Answer answer = judge_behind(value, end, 2, slash, Dialect::kStandard);
  return answer.reason.empty() && answer.ambiguous ? judge_behind(value, end, 2, slash, Dialect::kMySql).reason
                                                   : answer.reason;
}

std::string_view judge_all(std::string_view value, unsigned classes) noexcept {
  std::string_view reason = judge_bare(value);
  if (reason.empty() && (classes & kSingle) != 0) {
    reason = judge_quoted(value, '\'');
  }
  if (reason.empty() && (classes & kDouble) != 0) {
    reason = judge_quoted(value, '"');
  }
  if (reason.empty() && (classes & kBackTick) != 0) {
    reason = judge_quoted(value, '`');
  }
  if (reason.empty() && (classes & kBracket) != 0 && value.find(']') < value.find('[')) {
    reason = judge_quoted(value, ']');
  }
  if (reason.empty() && (classes & kStar) != 0) {
    reason = judge_commented(value);
  }
  return reason;
}

}  // namespace

Finding detect(std::string_view value) noexcept {
  const unsigned classes = classes_of(value);
  if (is_plain(value, classes)) {
    return {};
  }
  const std::string_view reason = judge_all(value, classes);
  return {!reason.empty(), reason};
}

}  // namespace gabion::inspect::sqli
