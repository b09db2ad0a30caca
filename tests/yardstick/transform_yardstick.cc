// Every transformation beside ModSecurity's own (libmodsecurity 3.0.9) over many made-up values; lists what differs.
#include <modsecurity/actions/action.h>
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "inspect/waf/transform/transform.h"
#include "tests/inspect/waf/transform/all_transformations.h"
#include "tests/inspect/waf/transform/random_value.h"

// The library exports this class, but Debian ships no header for it.
namespace modsecurity::actions::transformations {
class Transformation : public Action {
 public:
  static Transformation* instantiate(std::string name);
};
}  // namespace modsecurity::actions::transformations

namespace {

using namespace std::string_view_literals;
using gabion::inspect::waf::transform::apply;
using gabion::inspect::waf::transform::kAllTransformations;
using gabion::inspect::waf::transform::NamedTransformation;
using gabion::inspect::waf::transform::random_value;

constexpr std::size_t kMostPieces = 12;
constexpr std::size_t kMostShown = 5;

std::string printed(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    char digits[8];
    const bool plain = c > ' ' && c < 0x7F && c != '\\';
    std::snprintf(digits, sizeof(digits), plain ? "%c" : "\\x%02x", static_cast<unsigned char>(c));
    text += digits;
  }
  return text;
}

/// ModSecurity's side: one instance of a transformation.
class Yardstick {
 public:
  explicit Yardstick(const char* map_file) {
    const std::string rules = "SecUnicodeMapFile " + std::string(map_file) + " 20127\n";
    if (rules_.load(rules.c_str()) < 0) {
      std::fprintf(stderr, "%s\n", rules_.getParserError().c_str());
      std::exit(2);
    }
    transaction_ = std::make_unique<modsecurity::Transaction>(&engine_, &rules_, nullptr);
  }

  std::string operator()(modsecurity::actions::Action& action, const std::string& value) {
    return action.evaluate(value, transaction_.get());
  }

 private:
  modsecurity::ModSecurity engine_;
  modsecurity::RulesSet rules_;
  std::unique_ptr<modsecurity::Transaction> transaction_;
};

/// Every value of up to `length` bytes of these.
struct Alphabet {
  std::string_view bytes;
  std::size_t length;
};

constexpr Alphabet kAlphabets[] = {
    {"/\\.a"sv, 8},    {"/*-<!>#a"sv, 5},   {"\\017fFuxn \n"sv, 4},
    {"%u04fFg+"sv, 5}, {"&#xX1;ltf"sv, 5},  {"YQ9= \r\n\0!"sv, 5},
    {"0xX4fg\0"sv, 5}, {"aB ,/(\"\t"sv, 5}, {"\0A\x80\xBF\xC0\xC1\xC3\xE0\xE2\xED\xF0\xF4\xF5\xF8\xA0"sv, 4},
};

/// One transformation on both sides, and what came of it.
class Comparison {
 public:
  Comparison(Yardstick& yardstick, const NamedTransformation& one)
      : yardstick_(yardstick), one_(one), action_(instance(one.name)) {}

  void random_values(std::size_t count) {
    std::mt19937 random(20127);
    for (std::size_t i = 0; i < count; ++i) {
      compare(random_value(random, kMostPieces));
    }
  }

  void all_values(const Alphabet& alphabet, const std::string& begun) {
    compare(begun);
    for (std::size_t i = 0; begun.size() < alphabet.length && i < alphabet.bytes.size(); ++i) {
      all_values(alphabet, begun + alphabet.bytes[i]);
    }
  }

  void all_unicode_escapes() {
    for (unsigned code = 0; code <= 0xFFFF; ++code) {
      char text[8];
      std::snprintf(text, sizeof(text), "%%u%04x", code);
      compare(text);
    }
  }

  /// Prints a line; returns how many values differed.
  std::size_t report() const {
    std::printf("%-20s %9zu values %8zu different\n", one_.name, values_, different_);
    return different_;
  }

 private:
  static modsecurity::actions::Action* instance(std::string_view name) {
    // By name the library finds cmdLine only as "cmd_line".
    const std::string known = name == "cmdLine" ? "cmd_line" : std::string(name);
    return modsecurity::actions::transformations::Transformation::instantiate("t:" + known);
  }

  void compare(const std::string& value) {
    const std::string theirs = yardstick_(*action_, value);
    bool changed = apply(one_.transformation, value, ours_);
    ++values_;
    // Mended here: ModSecurity's cssDecode ends before the first NUL.
    if (one_.transformation == gabion::inspect::waf::seclang::Transformation::kCssDecode) {
      ours_.resize(std::min(ours_.find('\0'), ours_.size()));
      changed = ours_ != value;
    }
    if ((ours_ != theirs || changed != (theirs != value)) && ++different_ <= kMostShown) {
      std::printf("  %s\n    theirs %s\n    ours   %s\n", printed(value).c_str(), printed(theirs).c_str(),
                  printed(ours_).c_str());
    }
  }

  Yardstick& yardstick_;
  const NamedTransformation& one_;
  std::unique_ptr<modsecurity::actions::Action> action_;
  std::string ours_;
  std::size_t values_ = 0;
  std::size_t different_ = 0;
};

}  // namespace

/// Arguments: unicode.mapping, and how many random values a transformation; all short values of some alphabets are
/// tried besides.
int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: %s UNICODE_MAPPING RANDOM_VALUES\n", arguments[0]);
    return 2;
  }
  Yardstick yardstick(arguments[1]);
  std::size_t different = 0;
  for (const auto& one : kAllTransformations) {
    Comparison comparison(yardstick, one);
    comparison.random_values(std::strtoul(arguments[2], nullptr, 10));
    for (const Alphabet& alphabet : kAlphabets) {
      comparison.all_values(alphabet, "");
    }
    comparison.all_unicode_escapes();
    different += comparison.report();
  }
  std::printf("%zu different\n", different);
  return different == 0 ? 0 : 1;
}
