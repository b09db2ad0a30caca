// One pass over the expression: escapes, classes, inline options.
#include "inspect/match/rules/re2_dialect.h"

#include <cctype>
#include <cstddef>

namespace gabion::inspect::match {

namespace {

constexpr std::string_view kSpaces = R"( \t-\r)";
constexpr std::string_view kNoSpaces = R"(\x00-\x08\x0e-\x1f\x21-\xff)";
/// Escapes that mean the same to both; any other letter or digit does not, or only one of the two knows it.
constexpr std::string_view kSharedEscapes = "AaBbDdfnrtWwz0";

bool is_alphanumeric(char c) noexcept {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

class Translator {
 public:
  explicit Translator(std::string_view in) noexcept : in_(in) {}

  std::optional<std::string> translate() {
    while (ok_ && at_ < in_.size()) {
      step();
    }
    // Without case RE2 folds Latin-1's letters too, PCRE2 only ASCII's.
    if (!ok_ || in_class_ || (has_high_ && caseless_)) {
      return std::nullopt;
    }
    return "(?sm)" + out_;
  }

 private:
  void step() {
    const char c = in_[at_];
    if (static_cast<unsigned char>(c) >= 0x80) {
      has_high_ = true;
    }
    if (c == '\\') {
      escape();
    } else if (in_class_) {
      class_member(c);
    } else if (c == '[') {
      open_class();
    } else if (c == '(') {
      open_group();
    } else {
      copy(1);
    }
  }

  void copy(std::size_t size) {
    out_ += in_.substr(at_, size);
    at_ += size;
  }

  void escape() {
    if (at_ + 1 >= in_.size()) {
      ok_ = false;
      return;
    }
    const char c = in_[at_ + 1];
    if (c == 's' || c == 'S') {
      space(c == 's' ? kSpaces : kNoSpaces);
    } else if (c == 'x') {
      hexadecimal();
    } else if (is_alphanumeric(c) && kSharedEscapes.find(c) == std::string_view::npos) {
      ok_ = false;
    } else {
      copy(2);
    }
  }

  void space(std::string_view members) {
    out_ += in_class_ ? std::string(members) : "[" + std::string(members) + "]";
    at_ += 2;
  }

  /// Two digits, nothing else: "\x{…}" and fewer digits are left to PCRE2.
  void hexadecimal() {
    if (at_ + 3 >= in_.size() || std::isxdigit(static_cast<unsigned char>(in_[at_ + 2])) == 0 ||
        std::isxdigit(static_cast<unsigned char>(in_[at_ + 3])) == 0) {
      ok_ = false;
      return;
    }
    has_high_ = has_high_ || in_[at_ + 2] >= '8';  // '8', '9', 'A' to 'f'
    copy(4);
  }

  void open_class() {
    in_class_ = true;
    copy(1);
    if (at_ < in_.size() && in_[at_] == '^') {
      copy(1);
    }
    if (at_ < in_.size() && in_[at_] == ']') {
      copy(1);  // the first one is a member
    }
  }

  void class_member(char c) {
    if (c == '[' && in_.substr(at_, 2) == "[:") {
      const std::size_t end = in_.find(":]", at_ + 2);
      if (end != std::string_view::npos) {
        copy(end + 2 - at_);
        return;
      }
    }
    in_class_ = c != ']';
    copy(1);
  }

  void open_group() {
    const std::string_view rest = in_.substr(at_);
    if (rest.starts_with("(*")) {
      ok_ = false;  // a verb
      return;
    }
    if (!rest.starts_with("(?")) {
      copy(1);
      return;
    }
    const std::size_t end = rest.find_first_of(":)", 2);
    const std::string_view options = rest.substr(2, end == std::string_view::npos ? 0 : end - 2);
    if (end == std::string_view::npos || options.find_first_not_of("ims-") != std::string_view::npos) {
      ok_ = false;  // look-around, names, atomic groups, comments, other options
      return;
    }
    caseless_ = caseless_ || options.find('i') != std::string_view::npos;
    copy(end + 1);
  }

  std::string_view in_;
  std::string out_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  bool has_high_ = false;
  bool caseless_ = false;
  bool ok_ = true;
};

}  // namespace

std::optional<std::string> to_re2(std::string_view expression) {
  return Translator(expression).translate();
}

}  // namespace gabion::inspect::match
