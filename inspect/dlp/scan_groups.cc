// Candidates of many groups whose end is not known before: accounts and phone numbers, and e-mail around '@'.
#include "inspect/dlp/scan_call.h"
#include "inspect/dlp/token.h"

namespace gabion::inspect::dlp {
namespace {

constexpr std::size_t kMaxLocalPart = 64;
constexpr std::size_t kMaxDomain = kMaxValueBytes - kMaxLocalPart - 1;

/// Groups of a value, and where it would end behind each.
struct Groups {
  static constexpr std::size_t kMost = 16;

  std::array<std::uint8_t, kMost> ends{};        ///< in the text
  std::array<std::uint8_t, kMost> cleaned_to{};  ///< in the cleaned value
  std::size_t size = 0;
  Cleaned cleaned;

  void close(std::size_t end) noexcept {
    ends[size] = static_cast<std::uint8_t>(end);
    cleaned_to[size++] = static_cast<std::uint8_t>(cleaned.size);
  }
};

constexpr bool is_account_part(char c) noexcept {
  return is_digit(c) || (c >= 'A' && c <= 'Z');
}

/// Takes characters of a group from text[at] on, at most `most`; how many.
template <class IsPart>
std::size_t take_group(std::string_view text, std::size_t& at, std::size_t most, IsPart is_part, Cleaned& cleaned) {
  std::size_t count = 0;
  while (at < text.size() && count < most) {
    const Folded next = folded_at(text, at);
    if (!is_part(next.c)) {
      break;
    }
    cleaned.add(next.c);
    at += next.width;
    ++count;
  }
  return count;
}

/// In one piece, or in groups of four with one separator.
void read_account(std::string_view text, Groups& groups) {
  constexpr std::size_t kMostCharacters = 35;
  constexpr std::size_t kGroup = 4;
  char separator = '\0';
  for (std::size_t at = 0; groups.size < Groups::kMost && groups.cleaned.size < kMostCharacters;) {
    const std::size_t count = take_group(text, at, kMostCharacters, is_account_part, groups.cleaned);
    if (count == 0 || (groups.size > 0 && count > kGroup)) {
      return;
    }
    groups.close(at);
    const Folded next = at < text.size() ? folded_at(text, at) : Folded{};
    if (count != kGroup || (next.c != ' ' && next.c != '-') || (separator != '\0' && next.c != separator)) {
      return;
    }
    separator = next.c;
    at += next.width;
  }
}

/// Behind '+': at most 15 digits, 11 in North America; one or two signs between groups.
void read_phone(std::string_view text, Groups& groups) {
  constexpr std::string_view kSigns = " -.()/";
  constexpr std::size_t kMostSigns = 2;
  const std::size_t most = text.substr(1).starts_with('1') ? 11 : 15;
  groups.cleaned.add('+');
  for (std::size_t at = 1; groups.size < Groups::kMost;) {
    if (take_group(text, at, most + 1 - groups.cleaned.size, is_digit, groups.cleaned) == 0) {
      return;
    }
    groups.close(at);
    std::size_t signs = 0;
    while (at < text.size() && signs < kMostSigns && kSigns.find(text[at]) != std::string_view::npos) {
      ++at;
      ++signs;
    }
    if (signs == 0) {
      return;
    }
  }
}

constexpr bool is_local_part(char c) noexcept {
  constexpr std::string_view kSigns = ".%+-_~";
  return is_token_byte(c) || kSigns.find(c) != std::string_view::npos;
}

/// Bytes of the domain's character at `at`; 0: none. Letters beyond ASCII of two bytes are part of one.
std::size_t domain_step(std::string_view text, std::size_t at) noexcept {
  const auto c = static_cast<unsigned char>(text[at]);
  if (is_token_byte(text[at]) || c == '.' || c == '-') {
    return 1;
  }
  const bool is_two =
      c >= 0xC3 && c <= 0xDF && at + 1 < text.size() && (static_cast<unsigned char>(text[at + 1]) & 0xC0U) == 0x80;
  return is_two ? 2 : 0;
}

/// Bytes of the domain at the beginning of `text`; 0: none, or longer than kMaxDomain.
std::size_t domain_bytes(std::string_view text) noexcept {
  std::size_t size = 0;
  for (std::size_t step = 1; size < text.size() && step != 0; size += step) {
    step = domain_step(text, size);
  }
  if (size > kMaxDomain) {
    return 0;
  }
  while (size > 0 && (text[size - 1] == '.' || text[size - 1] == '-')) {
    --size;
  }
  return size;
}

}  // namespace

void Scanner::propose(Call& call, const CompiledForm& form, FlatOffset begin, FlatOffset end) {
  if (const auto found = call.judge(form.type, form.worth, begin, end)) {
    pending_.add(*found, call.out);
  }
}

void Scanner::try_iban(Call& call, FlatOffset begin) {
  constexpr std::size_t kLeast = 15;
  constexpr std::size_t kMost = 34;
  const std::string_view text = call.text.from(begin, kMaxValueBytes);
  if (text.size() < kLeast || !is_account_part(text[0]) || is_digit(text[0]) || !is_account_part(text[1]) ||
      is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[3])) {
    return;
  }
  const CompiledForm& form = tables_->forms[*tables_->iban];
  Groups groups;
  read_account(text, groups);
  for (; groups.size > 0; --groups.size) {
    const FlatOffset end = begin + groups.ends[groups.size - 1];
    const std::size_t size = groups.cleaned_to[groups.size - 1];
    if (size >= kLeast && size <= kMost && has_clean_edges(call.text, begin, end) &&
        form.passes(groups.cleaned.view().substr(0, size))) {
      propose(call, form, begin, end);
      return;
    }
  }
}

void Scanner::try_phone(Call& call, FlatOffset begin) {
  const CompiledForm& form = tables_->forms[*tables_->phone];
  const std::string_view text = call.text.from(begin, kMaxValueBytes);
  Groups groups;
  read_phone(text, groups);
  for (; groups.size > 0; --groups.size) {
    const FlatOffset end = begin + groups.ends[groups.size - 1];
    if (has_clean_edges(call.text, begin, end) &&
        form.passes(groups.cleaned.view().substr(0, groups.cleaned_to[groups.size - 1]))) {
      propose(call, form, begin, end);
      return;
    }
  }
}

void Scanner::try_email(Call& call, FlatOffset at_sign) {
  if (!tables_->email) {
    return;
  }
  const HeldText& text = call.text;
  FlatOffset begin = at_sign;
  while (begin > 0 && at_sign - begin <= kMaxLocalPart && is_local_part(text.at(begin - 1))) {
    --begin;
  }
  while (begin < at_sign && (text.at(begin) == '.' || text.at(begin) == '-' || text.at(begin) == '%')) {
    ++begin;
  }
  const std::size_t size = domain_bytes(text.from(at_sign + 1, kMaxDomain + 2));
  const FlatOffset end = at_sign + 1 + size;
  const bool is_alone = text.before(begin) != '@' && text.at(end) != '@';
  const auto length = static_cast<std::size_t>(end - begin);
  if (begin == at_sign || at_sign - begin > kMaxLocalPart || size == 0 || !is_alone) {
    return;
  }
  const CompiledForm& form = tables_->forms[*tables_->email];
  if (form.passes(text.from(begin, length))) {
    propose(call, form, begin, end);
  }
}

}  // namespace gabion::inspect::dlp
