// Any text, cut anywhere: the same matches, reported before their bytes leave, and never more held than promised.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <vector>

#include "inspect/dlp/scanner.h"
#include "inspect/scratch.h"

namespace {

using namespace gabion::inspect;
using dlp::Match;
using dlp::Scanner;

const dlp::TypeSet& types() {
  static const dlp::TypeSet kTypes = [] {
    dlp::Selection selection;
    selection.entities = {"all"};
    dlp::CustomType custom;
    custom.name = "ORDER";
    custom.pattern = "\\bORD[0-9]{4,12}";
    custom.match = {"ORD12345"};
    selection.custom.push_back(custom);
    auto compiled = dlp::TypeSet::compile(selection);
    if (!compiled) {
      std::abort();
    }
    return std::move(*compiled);
  }();
  return kTypes;
}

class Run {
 public:
  Run() : scanner_(types()) {
    if (!types().prepare(scratch_)) {
      std::abort();
    }
  }

  /// Pieces of sizes that `next` says.
  template <class Next>
  std::vector<Match> scan(std::string_view text, Next next) {
    std::vector<Match> found;
    require(scanner_.begin() == match::ScanStatus::kDone);
    std::size_t given = 0;
    std::size_t reported = 0;
    do {
      given = std::min(text.size(), given + next());
      const auto from = static_cast<std::size_t>(scanner_.decided());
      // A copy of its own, so that the sanitizer sees what is read outside of it.
      const std::vector<char> window(text.begin() + static_cast<std::ptrdiff_t>(from),
                                     text.begin() + static_cast<std::ptrdiff_t>(given));
      const auto more = given == text.size() ? Scanner::More::kEnd : Scanner::More::kFollows;
      require(scanner_.scan({window.data(), window.size()}, from, more, dlp::NoFields(), scratch_, found) ==
              match::ScanStatus::kDone);
      for (; reported < found.size(); ++reported) {
        const Match& match = found[reported];
        require(match.begin >= from && match.begin < match.end && match.end <= given && match.score <= 100);
      }
      require(given - scanner_.decided() <= Scanner::kMaxTail);
    } while (given < text.size());
    require(scanner_.decided() == text.size());
    std::sort(found.begin(), found.end(), [](const Match& one, const Match& other) { return key(one) < key(other); });
    return found;
  }

  static std::tuple<dlp::FlatOffset, dlp::FlatOffset, dlp::TypeIndex, int, bool, std::string_view> key(
      const Match& match) {
    return {match.begin, match.end, match.type, match.score, match.validated, match.cue};
  }

  static void require(bool holds) {
    if (!holds) {
      std::abort();
    }
  }

 private:
  Scratch scratch_;
  Scanner scanner_;
};

void require_same(const std::vector<Match>& one, const std::vector<Match>& other) {
  Run::require(std::equal(one.begin(), one.end(), other.begin(), other.end(),
                          [](const Match& a, const Match& b) { return Run::key(a) == Run::key(b); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  static Run run;
  std::uint32_t seed = bytes[0] * 2654435761U + 1;
  const std::size_t most = 1 + bytes[1];
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  const auto whole = run.scan(text, [&] { return text.size(); });
  require_same(whole, run.scan(text, [] { return std::size_t{1}; }));
  require_same(whole, run.scan(text, [&] {
    seed = seed * 1664525U + 1013904223U;
    return 1 + (seed >> 16U) % most;
  }));
  return 0;
}
