// Each protocol is asked by itself; the first that says yes is it, and nothing is decided while one may yet.
#include "proxy/protocol/sniff/first_bytes.h"

#include <algorithm>
#include <array>

namespace gabion::proxy::sniff {
namespace {

enum class Answer : std::uint8_t { kYes, kNo, kNeedMore };

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kMostBlank = 16;   // bytes of empty lines before a request (RFC 9112 §2.2)
constexpr std::size_t kMostMethod = 24;  // longer than any registered one

// Ports on which Linkerd never waits for a client, but for 5432.
constexpr std::array<std::uint16_t, 7> kServerFirst = {25, 587, 3306, 4444, 6379, 9300, 11211};

/// RFC 9110 §5.6.2.
bool is_token_char(char c) noexcept {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// `text` is all there is of what should begin with `word`.
Answer begins_with(std::string_view text, std::string_view word) noexcept {
  const std::size_t both = std::min(text.size(), word.size());
  if (text.substr(0, both) != word.substr(0, both)) {
    return Answer::kNo;
  }
  return both == word.size() ? Answer::kYes : Answer::kNeedMore;
}

/// Letters of `text` in lower case are compared.
Answer begins_with_folded(std::string_view text, std::string_view lower) noexcept {
  for (std::size_t i = 0; i < std::min(text.size(), lower.size()); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] | 0x20) : text[i];
    if (c != lower[i]) {
      return Answer::kNo;
    }
  }
  return text.size() >= lower.size() ? Answer::kYes : Answer::kNeedMore;
}

/// What a request's target begins with: a path, "*", or an absolute form. Other text after a word is a command of some
/// other protocol ("EHLO mail", "SET key").
Answer is_target(std::string_view method, std::string_view text) noexcept {
  if (text.empty()) {
    return Answer::kNeedMore;
  }
  if (text.front() == '/' || text.front() == '*' || method == "CONNECT") {
    return Answer::kYes;
  }
  const Answer plain = begins_with_folded(text, "http://");
  return plain == Answer::kNo ? begins_with_folded(text, "https://") : plain;
}

Answer is_http1(std::string_view text) noexcept {
  const std::size_t blank = std::min(text.find_first_not_of("\r\n"), text.size());
  if (blank > kMostBlank) {
    return Answer::kYes;  // a request that the decoder will refuse: hidden behind empty lines it is one all the same
  }
  text.remove_prefix(blank);
  const auto end = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_token_char) - text.begin());
  if (end > kMostMethod) {
    return Answer::kNo;
  }
  if (end == text.size()) {
    return Answer::kNeedMore;
  }
  return end != 0 && text[end] == ' ' ? is_target(text.substr(0, end), text.substr(end + 1)) : Answer::kNo;
}

/// RFC 8446 §5.1: type 22, version 3.0 to 3.4, a length, then a handshake message of type 1.
Answer is_tls(std::string_view text) noexcept {
  constexpr std::size_t kLeast = 4;           // of the record: the message's own header
  constexpr std::size_t kMost = (1U << 14U);  // RFC 8446 §5.1
  const auto at = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const bool wrong = (!text.empty() && at(0) != 0x16) || (text.size() > 1 && at(1) != 3) ||
                     (text.size() > 2 && at(2) > 4) || (text.size() > 5 && at(5) != 1);
  if (wrong) {
    return Answer::kNo;
  }
  if (text.size() > 4) {
    const std::size_t length = (std::size_t{at(3)} << 8U) | at(4);
    if (length < kLeast || length > kMost) {
      return Answer::kNo;
    }
  }
  return text.size() > 5 ? Answer::kYes : Answer::kNeedMore;
}

/// A length below 10,000, then version 3 or one of three codes.
Answer is_postgres(std::string_view text) noexcept {
  constexpr std::uint32_t kMostBytes = 10'000;
  constexpr std::string_view kVersion3("\0\3", 2);
  constexpr std::string_view kCodes[] = {"\x04\xd2\x16\x2e", "\x04\xd2\x16\x2f", "\x04\xd2\x16\x30"};
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    length = (length << 8U) | (i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U);
  }
  if (length > kMostBytes || (text.size() >= 4 && length < 8)) {
    return Answer::kNo;
  }
  if (text.size() <= 4) {
    return Answer::kNeedMore;
  }
  const std::string_view code = text.substr(4, 4);
  Answer best = begins_with(code, kVersion3);
  for (const std::string_view known : kCodes) {
    const Answer answer = begins_with(code, known);
    best = best == Answer::kNo || answer == Answer::kYes ? answer : best;
  }
  return best;
}

}  // namespace

Spoken spoken(std::string_view prefix) noexcept {
  struct Question {
    Answer answer;
    Spoken meaning;
  };
  const Question questions[] = {{is_tls(prefix), Spoken::kTls},
                                {is_postgres(prefix), Spoken::kPostgres},
                                {begins_with(prefix, kPreface), Spoken::kHttp2},
                                {is_http1(prefix), Spoken::kHttp1}};
  for (const Question& question : questions) {
    switch (question.answer) {
      case Answer::kYes:
        return question.meaning;
      case Answer::kNeedMore:
        return Spoken::kNeedMore;
      case Answer::kNo:
        break;
    }
  }
  return Spoken::kOther;
}

bool is_server_first(std::uint16_t port) noexcept {
  return std::find(kServerFirst.begin(), kServerFirst.end(), port) != kServerFirst.end();
}

}  // namespace gabion::proxy::sniff
