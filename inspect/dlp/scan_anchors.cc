// Candidates that literals and patterns announce: secrets, keys, documents, and the user's own types.
#include "inspect/dlp/checks/base64.h"
#include "inspect/dlp/checks/checks.h"
#include "inspect/dlp/checks/entropy.h"
#include "inspect/dlp/scan_call.h"

namespace gabion::inspect::dlp {
namespace {

constexpr FlatOffset kForever = ~FlatOffset{0};

/// What is seen of a token's first part decodes to JSON that holds `alg`.
bool holds_algorithm(std::string_view part) noexcept {
  constexpr std::size_t kQuantum = 4;
  std::array<char, kMaxValueBytes> bytes{};
  std::size_t size = 0;
  while (size < part.size() && is_base64url(part[size])) {
    ++size;
  }
  const bool is_whole = size < part.size();
  const std::string_view seen = part.substr(0, is_whole ? size : size - size % kQuantum);
  const auto decoded = decode_base64(seen, Base64::kUrl, bytes);
  const std::string_view json{bytes.data(), decoded.value_or(0)};
  return json.starts_with('{') && json.find("\"alg\"") != std::string_view::npos;
}

/// A line of base64 or a header line follows: this is a key and no talk of one.
bool has_key_body(std::string_view text) noexcept {
  constexpr std::size_t kLeast = 16;
  std::size_t at = 0;
  while (at < text.size() && (text[at] == '\r' || text[at] == '\n' || text[at] == ' ' || text[at] == '\t')) {
    ++at;
  }
  while (text.substr(at).starts_with("\\n") || text.substr(at).starts_with("\\r")) {
    at += 2;
  }
  const std::string_view body = text.substr(at);
  if (body.starts_with("Proc-Type:") || body.starts_with("Version:") || body.starts_with("Comment:")) {
    return true;
  }
  std::size_t size = 0;
  while (size < body.size() && is_base64(body[size])) {
    ++size;
  }
  return size >= kLeast;
}

}  // namespace

void Scanner::scan_anchors(Call& call) {
  const FlatOffset to = call.limit();
  while (!anchors_.is_empty() && anchors_.end() < to) {
    const FlatOffset end = anchors_.end();
    const FormIndex form = anchors_.form();
    anchors_.pop();
    look_at_anchor(call, end, tables_->forms[form]);
  }
}

void Scanner::look_at_anchor(Call& call, FlatOffset end, const CompiledForm& form) {
  if (end - std::min<FlatOffset>(end, form.anchor_bytes) < taken_until(form.type)) {
    return;
  }
  switch (form.walk) {
    case Walk::kLiteral:
    case Walk::kNamed:
      return try_literal(call, end, form);
    case Walk::kKeyName:
      return try_key_name(call, end, form);
    case Walk::kUserInfo:
      return try_user_info(call, end, form);
    case Walk::kMrz:
      return try_mrz(call, end, form);
    case Walk::kPem:
      return try_pem(call, end, form);
    case Walk::kPutty:
      return try_putty(call, end, form);
    case Walk::kJwt:
      return try_jwt(call, end, form);
    case Walk::kToken:
    case Walk::kSpread:
    case Walk::kIban:
    case Walk::kPhone:
    case Walk::kEmail:
      return;
  }
}

FlatOffset Scanner::taken_until(TypeIndex type) const noexcept {
  for (std::size_t at = 0; at < kMostLong; ++at) {
    if (long_values_[at].is_active() && long_types_[at] == type) {
      return kForever;
    }
  }
  for (std::size_t at = 0; at < taken_size_; ++at) {
    if (taken_[at].type == type) {
      return taken_[at].end;
    }
  }
  return 0;
}

void Scanner::take(TypeIndex type, FlatOffset end) noexcept {
  for (std::size_t at = 0; at < taken_size_; ++at) {
    if (taken_[at].type == type) {
      taken_[at].end = std::max(taken_[at].end, end);
      return;
    }
  }
  if (taken_size_ < kAnchoredTypes) {
    taken_[taken_size_++] = {type, end};
  }
}

void Scanner::report_anchored(Call& call, const CompiledForm& form, FlatOffset begin, FlatOffset end) {
  if (begin < taken_until(form.type)) {
    return;
  }
  if (const auto found = call.judge(form.type, form.worth, begin, end)) {
    call.out.push_back(*found);
    take(form.type, end);
  }
}

void Scanner::try_literal(Call& call, FlatOffset end, const CompiledForm& form) {
  const HeldText& text = call.text;
  const FlatOffset begin = form.walk == Walk::kNamed ? end : end - form.anchor_bytes;
  const FlatOffset most = begin + kMaxValueBytes;
  Cleaned cleaned;
  const std::string_view rest = text.from(end, static_cast<std::size_t>(most - end));
  const std::size_t size = form.shape.match(rest, cleaned);
  const char before = text.before(end - form.anchor_bytes);
  if (size == 0 || is_token_byte(before)) {
    return;
  }
  FlatOffset value_begin = begin;
  FlatOffset value_end = end + size;
  if (form.walk == Walk::kNamed && text.at(begin) == '"') {
    ++value_begin;
  }
  const auto passes = [&](FlatOffset to) {
    const std::string_view value = text.from(value_begin, static_cast<std::size_t>(to - value_begin));
    return !is_token_byte(text.at(to)) && (form.passes == nullptr || form.passes(value));
  };
  const FlatOffset whole_end = value_end;
  for (char last = text.at(value_end - 1); last == '-' || last == '.' || last == ','; last = text.at(value_end - 1)) {
    --value_end;
  }
  // A sign at the end is the sentence's, unless the value is none without it.
  if (!passes(value_end)) {
    value_end = whole_end;
    if (!passes(value_end)) {
      return;
    }
  }
  report_anchored(call, form, value_begin, value_end);
}

void Scanner::try_key_name(Call& call, FlatOffset end, const CompiledForm& form) {
  constexpr std::size_t kLeast = 8;
  constexpr std::string_view kEnds = " \t\r\n\"'`,;&<>()[]{}\\|";
  const HeldText& text = call.text;
  FlatOffset begin = end;
  for (int blanks = 0; blanks < 2 && text.at(begin) == ' '; ++blanks) {
    ++begin;
  }
  if (text.at(begin) == '"' || text.at(begin) == '\'') {
    ++begin;
  }
  const std::string_view rest = text.from(begin, kMaxValueBytes - static_cast<std::size_t>(begin - end));
  const std::string_view value = rest.substr(0, rest.find_first_of(kEnds));
  if (value.size() >= kLeast && form.passes(value)) {
    report_anchored(call, form, begin, begin + value.size());
  }
}

void Scanner::try_user_info(Call& call, FlatOffset end, const CompiledForm& form) {
  constexpr std::size_t kMostBack = 96;
  constexpr std::size_t kScheme = 12;
  const HeldText& text = call.text;
  const FlatOffset at_sign = end - 1;
  FlatOffset begin = at_sign;
  while (begin > 2 && at_sign - begin < kMostBack && !(text.at(begin - 1) == '/' && text.at(begin - 2) == '/')) {
    --begin;
  }
  if (begin < 3 || text.at(begin - 1) != '/' || text.at(begin - 3) != ':') {
    return;
  }
  FlatOffset scheme = begin - 3;
  while (scheme > 0 && begin - 3 - scheme < kScheme &&
         (is_token_byte(text.at(scheme - 1)) || text.at(scheme - 1) == '+')) {
    --scheme;
  }
  // The whole address is what the check wants; its host goes no further than a few bytes.
  std::array<char, kMaxValueBytes + kBytesBehind> address{};
  FlatOffset to = end;
  constexpr FlatOffset kHost = 16;
  while (to < text.end() && to - end < kHost &&
         (is_token_byte(text.at(to)) || text.at(to) == '.' || text.at(to) == '-')) {
    ++to;
  }
  const auto size = static_cast<std::size_t>(to - scheme);
  if (size > address.size()) {
    return;
  }
  for (std::size_t at = 0; at < size; ++at) {
    address[at] = text.at(scheme + at);
  }
  if (form.passes({address.data(), size})) {
    report_anchored(call, form, begin, at_sign);
  }
}

void Scanner::try_mrz(Call& call, FlatOffset end, const CompiledForm& form) {
  constexpr std::size_t kLine = 44;
  const FlatOffset begin = end - form.anchor_bytes;
  const std::string_view text = call.text.from(begin, kMaxValueBytes);
  const auto is_mrz = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || c == '<'; };
  Cleaned cleaned;
  std::size_t at = 0;
  for (int line = 0; line < 2; ++line) {
    for (std::size_t count = 0; count < kLine; ++count) {
      if (at >= text.size() || !is_mrz(text[at])) {
        return;
      }
      cleaned.add(text[at++]);
    }
    while (line == 0 && at < text.size() && (text[at] == '\r' || text[at] == '\n')) {
      ++at;
    }
  }
  if (!is_token_byte(call.text.before(begin)) && form.passes(cleaned.view())) {
    report_anchored(call, form, begin, begin + at);
  }
}

void Scanner::start_long(Call& call, const CompiledForm& form, LongValue::Kind kind, FlatOffset begin,
                         FlatOffset seen) {
  const auto head = call.judge(form.type, form.worth, begin, seen);
  for (std::size_t at = 0; head && at < kMostLong; ++at) {
    if (!long_values_[at].is_active()) {
      long_types_[at] = form.type;
      long_places_[at] = call.fields.at(begin).begin;
      long_values_[at].start(kind, *head);
      follow_long_value(call, at);
      return;
    }
  }
}

void Scanner::try_pem(Call& call, FlatOffset end, const CompiledForm& form) {
  constexpr std::string_view kFence = "-----";
  constexpr std::size_t kLongestLabel = 48;
  const std::string_view rest = call.text.from(end, kMaxValueBytes);
  const std::size_t fence = rest.substr(0, kLongestLabel).find(kFence);
  if (fence == std::string_view::npos) {
    return;
  }
  const std::string_view label = rest.substr(0, fence);
  if (label.find("PRIVATE KEY") != std::string_view::npos && has_key_body(rest.substr(fence + kFence.size()))) {
    start_long(call, form, LongValue::Kind::kPem, end - form.anchor_bytes, end + fence + kFence.size());
  }
}

void Scanner::try_putty(Call& call, FlatOffset end, const CompiledForm& form) {
  const std::string_view rest = call.text.from(end, 3);
  if (rest.size() == 3 && (rest[0] == '2' || rest[0] == '3') && rest.substr(1) == ": ") {
    start_long(call, form, LongValue::Kind::kPutty, end - form.anchor_bytes, end + rest.size());
  }
}

void Scanner::try_jwt(Call& call, FlatOffset end, const CompiledForm& form) {
  const FlatOffset begin = end - form.anchor_bytes;
  const std::string_view rest = call.text.from(begin, kMaxValueBytes);
  const char before = call.text.before(begin);
  if (is_base64url(before) || before == '.' || !holds_algorithm(rest)) {
    return;
  }
  const std::size_t dot = rest.find('.');
  if (dot != std::string_view::npos && dot + 3 < rest.size() && rest[dot + 1] != '.' && !is_base64url(rest[dot + 1])) {
    return;
  }
  start_long(call, form, LongValue::Kind::kToken, begin, end);
}

void Scanner::try_custom(Call& call, FlatOffset end, const CompiledCustom& custom) {
  const HeldText& text = call.text;
  const std::size_t most = custom.pattern.longest() + 1;
  std::array<char, kMaxValueBytes + 2> window{};
  const FlatOffset from = end - std::min<FlatOffset>(end, most);
  std::size_t size = 0;
  for (FlatOffset at = from; at < std::min(end + 1, text.end()); ++at) {
    window[size++] = text.at(at);
  }
  const auto begin_at =
      custom.pattern.begin_of({window.data(), size}, static_cast<std::size_t>(end - from), call.scratch);
  if (!begin_at) {
    return;
  }
  const std::string_view value{window.data() + *begin_at, static_cast<std::size_t>(end - from) - *begin_at};
  if (std::find(custom.ignore.begin(), custom.ignore.end(), value) != custom.ignore.end()) {
    return;
  }
  Cleaned cleaned;
  for (const char c : value) {
    if (c != ' ' && c != '-' && c != '.' && c != '/') {
      cleaned.add(c);
    }
  }
  if ((custom.passes != nullptr && !custom.passes(cleaned.view())) ||
      (custom.entropy && entropy_bits(value) < *custom.entropy)) {
    return;
  }
  pending_.report_before(end - std::min<FlatOffset>(end, kMaxValueBytes), call.out);
  if (const auto found = call.judge(custom.type, custom.worth, from + *begin_at, end)) {
    pending_.add(*found, call.out);
  }
}

}  // namespace gabion::inspect::dlp
