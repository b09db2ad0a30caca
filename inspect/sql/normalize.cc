// A statement without its values: see normalize.h.
#include "inspect/sql/normalize.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <vector>

#include "inspect/sql/tokens.h"

namespace gabion::inspect::sql {
namespace {

using Kind = Token::Kind;

bool is_word(std::string_view token, std::string_view word) noexcept {
  return std::equal(token.begin(), token.end(), word.begin(), word.end(),
                    [](char c, char wanted) { return (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) == wanted; });
}

/// Right beside $1 it would be read as part of one token with it.
bool joins_a_word(char c) noexcept {
  return c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Writes one statement after the other; knows where SET … TO puts a value without quotes.
class Normalizer {
 public:
  Normalizer(std::string_view text, const std::vector<Token>& tokens) : text_(text), tokens_(tokens) {}

  std::string run() {
    number_ = highest_parameter();
    for (const Token& token : tokens_) {
      if (token.kind != Kind::kLineComment && token.kind != Kind::kBlockComment) {
        add(token);
      }
    }
    return std::move(out_);
  }

 private:
  enum class Place : std::uint8_t { kStart, kElsewhere, kMaySet, kSetting, kValue, kAfterValue };

  [[nodiscard]] std::string_view text_of(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }

  [[nodiscard]] std::size_t highest_parameter() const {
    std::size_t highest = 0;
    for (const Token& token : tokens_) {
      std::size_t number = 0;
      const std::string_view digits = text_of(token).substr(1);
      if (token.kind == Kind::kParameter &&
          std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc()) {
        highest = std::max(highest, std::min<std::size_t>(number, 65535));
      }
    }
    return highest;
  }

  void add(const Token& token) {
    const std::string_view word = text_of(token);
    const bool value = token.kind == Kind::kConstant || is_bare_value(token, word);
    const bool runs_together =
        !out_.empty() && ((value && joins_a_word(out_.back())) || (last_was_value_ && joins_a_word(word.front())));
    if (!out_.empty() && (token.begin > last_end_ || runs_together)) {
      out_ += ' ';
    }
    last_was_value_ = value;
    if (value) {
      out_ += '$' + std::to_string(++number_);
    } else {
      out_ += word;
    }
    last_end_ = token.end;
    move(token, word);
  }

  [[nodiscard]] bool is_bare_value(const Token& token, std::string_view word) const {
    const bool name = token.kind == Kind::kIdentifier || token.kind == Kind::kKeyword || token.kind == Kind::kReserved;
    return place_ == Place::kValue && name && !is_word(word, "DEFAULT");
  }

  void move(const Token& token, std::string_view word) {
    if (token.kind == Kind::kOther && word == ";") {
      place_ = Place::kStart;
      return;
    }
    switch (place_) {
      case Place::kStart:
        place_ = after_first(word);
        break;
      case Place::kMaySet:
        place_ = is_word(word, "SET") ? Place::kSetting : place_;
        break;
      case Place::kSetting:
        place_ = word == "=" || is_word(word, "TO") || is_word(word, "ZONE") ? Place::kValue : place_;
        break;
      case Place::kValue:
        place_ = token.kind == Kind::kOther ? place_ : Place::kAfterValue;  // the sign of a number
        break;
      case Place::kAfterValue:
        place_ = word == "," ? Place::kValue : Place::kMaySet;
        break;
      case Place::kElsewhere:
        break;
    }
  }

  static Place after_first(std::string_view word) noexcept {
    if (is_word(word, "SET")) {
      return Place::kSetting;
    }
    return is_word(word, "ALTER") || is_word(word, "CREATE") ? Place::kMaySet : Place::kElsewhere;
  }

  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::string out_;
  Place place_ = Place::kStart;
  std::size_t number_ = 0;
  std::uint32_t last_end_ = 0;
  bool last_was_value_ = false;
};

}  // namespace

std::string normalize(std::string_view text) {
  std::vector<Token> tokens;
  if (text.find('\0') != std::string_view::npos || !scan_tokens(text, tokens)) {
    return {};
  }
  return Normalizer(text, tokens).run();
}

}  // namespace gabion::inspect::sql
