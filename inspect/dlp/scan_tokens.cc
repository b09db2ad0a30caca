// Candidates around digits and '@': shapes chosen by the token's length, then edges, then the check.
#include <algorithm>
#include <array>
#include <utility>

#include "inspect/dlp/checks/iban.h"
#include "inspect/dlp/scan_call.h"
#include "inspect/dlp/token.h"

namespace gabion::inspect::dlp {
namespace {

constexpr bool goes_on(char next) noexcept {
  constexpr std::string_view kSigns = " -./+:)";
  return kSigns.find(next) != std::string_view::npos;
}

/// What shapes see at `at`; nothing at the end.
Folded folded(const HeldText& text, FlatOffset at) noexcept {
  const std::string_view rest = at < text.base ? std::string_view() : text.from(at, kMaxFoldedBytes);
  return rest.empty() ? Folded{} : folded_at(rest, 0);
}

/// The character that ends before `end`.
Folded folded_before(const HeldText& text, FlatOffset end) noexcept {
  constexpr std::size_t kMostWidth = 4;
  std::array<char, kMostWidth> bytes{};
  for (std::size_t width = 1; width <= std::min<FlatOffset>(kMostWidth, end); ++width) {
    for (std::size_t i = 0; i < width; ++i) {
      bytes[i] = text.at(end - width + i);
    }
    const Folded found = folded_at({bytes.data(), width}, 0);
    if (found.c != '\0' && found.width == width) {
      return found;
    }
  }
  return {};
}

constexpr bool parts_groups(char c) noexcept {
  return c != '\0' && !is_token_byte(c) && c != '(' && c != ')';
}

/// The value's own separator; '\0': none.
char separator_of(const HeldText& text, FlatOffset begin, FlatOffset end) noexcept {
  for (FlatOffset at = begin; at < end;) {
    const Folded next = folded(text, at);
    if (at > begin && parts_groups(next.c)) {
      return next.c;
    }
    at += std::max<std::size_t>(next.width, 1);
  }
  return '\0';
}

/// Another group of digits beside the value, apart by the value's own separator: a list of numbers, not this one.
bool has_sibling(const HeldText& text, FlatOffset begin, FlatOffset end) noexcept {
  const char separator = separator_of(text, begin, end);
  if (separator == '\0') {
    return false;
  }
  const Folded behind = folded(text, end);
  if (is_digit(text.at(end - 1)) && behind.c == separator && is_digit(folded(text, end + behind.width).c)) {
    return true;
  }
  const Folded before = folded_before(text, begin);
  return is_digit(text.at(begin)) && before.c == separator && is_digit(folded_before(text, begin - before.width).c);
}

/// "DE12 " before groups of four: they are an account, whether it is a valid one or not.
bool has_account_head(const HeldText& text, FlatOffset begin, FlatOffset end) noexcept {
  constexpr FlatOffset kHead = 4;
  const Folded before = folded_before(text, begin);
  if (before.c == '\0' || before.c != separator_of(text, begin, end) || begin < kHead + before.width) {
    return false;
  }
  const FlatOffset head = begin - before.width - kHead;
  const std::array<char, 2> country{text.at(head), text.at(head + 1)};
  return is_digit(text.at(head + 2)) && is_digit(text.at(head + 3)) && !is_token_byte(text.before(head)) &&
         std::all_of(country.begin(), country.end(), [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         is_country({country.data(), country.size()});
}

/// What stands beside groups of digits makes something else of them.
bool is_part_of_more(const HeldText& text, const CompiledForm& form, FlatOffset begin, FlatOffset end) noexcept {
  if (!form.shape.is_grouped()) {
    return false;
  }
  return form.may_have_siblings ? has_account_head(text, begin, end) : has_sibling(text, begin, end);
}

/// The whole run of the shape's class around its first digit; empty: none of the right length, or it does not stand
/// alone. A full stop or colon at its end is the sentence's.
std::pair<FlatOffset, FlatOffset> spread_around(const HeldText& text, FlatOffset digit, const Shape& shape) noexcept {
  const std::pair<FlatOffset, FlatOffset> none{digit, digit};
  const std::size_t most = shape.max_count();
  const auto spreads = [&](FlatOffset at) { return shape.spreads_over(text.at(at)); };
  if (!spreads(digit)) {
    return none;
  }
  FlatOffset begin = digit;
  while (begin > 0 && digit - begin <= most && spreads(begin - 1) && !is_digit(text.at(begin - 1))) {
    --begin;
  }
  FlatOffset end = digit + 1;
  while (end < text.end() && end - begin <= most + 1 && spreads(end)) {
    ++end;
  }
  while (end > begin && (text.at(end - 1) == '.' || (text.at(end - 1) == ':' && text.at(end - 2) != ':'))) {
    --end;
  }
  // A digit before means that the same run was looked at from there.
  const char before = text.before(begin);
  const bool is_alone = !shape.spreads_over(before) && !is_token_byte(before) && before != '-' &&
                        !is_token_byte(text.at(end)) && text.at(end) != '-';
  const FlatOffset size = end - begin;
  return is_alone && size >= shape.min_count() && size <= most ? std::pair(begin, end) : none;
}

}  // namespace

void Scanner::scan_tokens(Call& call) {
  const HeldText& text = call.text;
  const FlatOffset limit = call.limit();
  while (true) {
    if (in_long_token_) {
      cursor_ = token_end(text, cursor_);
      if (call.more == More::kFollows && text.end() - cursor_ < kMaxValueBytes) {
        return;
      }
      in_long_token_ = false;
    }
    const auto from = static_cast<std::size_t>(cursor_ - text.base);
    const FlatOffset at = text.base + find_anchor(text.flat, from);
    if (at >= text.end() || at >= limit) {
      cursor_ = std::min(at, text.end());
      return;
    }
    if (text.at(at) == '@') {
      try_email(call, at);
      cursor_ = at + 1;
    } else if (is_digit(text.at(at)) || is_wide_digit(text, at)) {
      cursor_ = look_at_token(call, at);
    } else {
      cursor_ = at + 1;
    }
  }
}

FlatOffset Scanner::look_at_token(Call& call, FlatOffset digit) {
  const HeldText& text = call.text;
  const Token token = token_around(text, digit);
  constexpr FlatOffset kMostBefore = 4;
  pending_.report_before(token.begin - std::min(token.begin, kMostBefore), call.out);
  if (may_spread(call, token)) {
    try_spread(call, digit);
  }
  if (token.is_too_long) {
    in_long_token_ = true;
    return token.end;
  }
  const char before = text.before(token.begin);
  if ((before == ' ' || before == '-') && !tables_->after_letters.empty()) {
    try_after_letters(call, token.begin);
  }
  if (before == '-' || before == '.') {
    return token.end;
  }
  const auto& tables = *tables_;
  const auto& whole = (token.is_digits ? tables.digits_whole : tables.mixed_whole)[token.length];
  const auto& grouped = (token.is_digits ? tables.digits_grouped : tables.mixed_grouped)[token.length];
  if (!whole.empty() || !grouped.empty()) {
    try_forms(call, whole, token.outline, token.begin, token.end);
    const Folded next = token.end < text.end() ? folded_at(text.from(token.end, kMaxFoldedBytes), 0) : Folded{};
    if (next.c != '\0' && goes_on(next.c)) {
      try_forms(call, grouped, token.outline, token.begin, {});
    }
  }
  if (tables.iban && !token.is_digits) {
    try_iban(call, token.begin);
  }
  if (tables.phone && before == '+') {
    try_phone(call, token.begin - 1);
  }
  return token.end;
}

void Scanner::try_forms(Call& call, std::span<const TokenForm> forms, const Outline& outline, FlatOffset begin,
                        std::optional<FlatOffset> end) {
  for (const TokenForm& entry : forms) {
    if (!entry.need.may_fit(outline)) {
      continue;
    }
    const CompiledForm& form = tables_->forms[entry.form];
    if (form.lead == '\0' && end && !call.may_count(form.type, form.worth, begin, *end)) {
      continue;
    }
    if (form.lead == '\0') {
      try_form(call, form, begin);
    } else if (call.text.before(begin) == form.lead) {
      try_form(call, form, begin - 1);
    }
  }
}

void Scanner::try_form(Call& call, const CompiledForm& form, FlatOffset begin) {
  Cleaned cleaned;
  const std::string_view rest = call.text.from(begin, kMaxValueBytes);
  const std::size_t size = form.shape.match(rest, cleaned);
  if (size == 0) {
    return;
  }
  const FlatOffset end = begin + size;
  if (!has_clean_edges(call.text, begin, end) || is_part_of_more(call.text, form, begin, end)) {
    return;
  }
  const std::string_view value = form.cleaning == Cleaning::kCleaned ? cleaned.view() : rest.substr(0, size);
  if (form.passes != nullptr && !form.passes(value)) {
    return;
  }
  propose(call, form, begin, end);
}

void Scanner::try_after_letters(Call& call, FlatOffset token) {
  constexpr FlatOffset kLettersAndSeparator = 3;
  const HeldText& text = call.text;
  if (token < kLettersAndSeparator || !is_letter(text.at(token - 2)) || !is_letter(text.at(token - 3)) ||
      is_token_byte(text.before(token - kLettersAndSeparator))) {
    return;
  }
  for (const FormIndex index : tables_->after_letters) {
    try_form(call, tables_->forms[index], token - kLettersAndSeparator);
  }
}

/// A value that stands alone holds the whole token; where none may go on beside the token it is the token.
bool Scanner::may_spread(const Call& call, const Token& token) const noexcept {
  const auto goes_over = [this](char c) { return tables_->spread_over[static_cast<unsigned char>(c)]; };
  return !tables_->spread.empty() && (token.is_too_long || token.end - token.begin >= tables_->spread_least ||
                                      token.end - token.begin != token.length ||
                                      goes_over(call.text.before(token.begin)) || goes_over(call.text.at(token.end)));
}

void Scanner::try_spread(Call& call, FlatOffset digit) {
  for (const FormIndex index : tables_->spread) {
    const CompiledForm& form = tables_->forms[index];
    const auto [begin, end] = spread_around(call.text, digit, form.shape);
    if (begin == end || (form.passes != nullptr && !form.passes(call.text.from(begin, end - begin)))) {
      continue;
    }
    propose(call, form, begin, end);
  }
}

}  // namespace gabion::inspect::dlp
