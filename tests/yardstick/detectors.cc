// Runs our detectors and libinjection (inside libmodsecurity) over the same values and counts what each finds.
//
//   detectors [--misses N] sqli|xss FILE...   lines "category<TAB>value"; "-" reads standard input
//   detectors [--misses N] sqli|xss generated our generated attacks
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/sqli/detect.h"
#include "inspect/xss/detect.h"
#include "tests/inspect/sqli/generated_attacks.h"
#include "tests/inspect/xss/generated_attacks.h"

extern "C" {
int libinjection_sqli(const char* value, std::size_t length, char fingerprint[]);
int libinjection_xss(const char* value, std::size_t length);
}

namespace gabion::inspect {
namespace {

struct Engines {
  bool (*ours)(std::string_view);
  bool (*theirs)(std::string_view);
  std::vector<GeneratedAttack> (*generated)();
};

const std::map<std::string_view, Engines> kEngines{
    {"sqli",
     {[](std::string_view value) { return sqli::detect(value).found; },
      [](std::string_view value) {
        char fingerprint[16];
        return libinjection_sqli(value.data(), value.size(), fingerprint) != 0;
      },
      sqli::generated_attacks}},
    {"xss",
     {[](std::string_view value) { return xss::detect(value).found; },
      [](std::string_view value) { return libinjection_xss(value.data(), value.size()) != 0; },
      xss::generated_attacks}}};

struct Count {
  std::size_t values = 0;
  std::size_t ours = 0;
  std::size_t theirs = 0;
  std::size_t only_ours = 0;
  std::size_t only_theirs = 0;
};

class Comparison {
 public:
  Comparison(const Engines& engines, std::size_t misses) : engines_(engines), misses_(misses) {}

  void take(std::string_view category, std::string_view value) {
    const bool ours = engines_.ours(value);
    const bool theirs = engines_.theirs(value);
    Count& count = counts_[std::string(category)];
    ++count.values;
    count.ours += ours ? 1 : 0;
    count.theirs += theirs ? 1 : 0;
    count.only_ours += ours && !theirs ? 1 : 0;
    count.only_theirs += theirs && !ours ? 1 : 0;
    if (ours != theirs && misses_ > 0) {
      --misses_;
      std::cout << (ours ? "only ours    " : "only theirs  ") << category << "  " << value << '\n';
    }
  }

  void print() const {
    std::printf("%-16s %9s %9s %13s %10s %12s\n", "category", "values", "ours", "libinjection", "only ours",
                "only theirs");
    for (const auto& [category, count] : counts_) {
      std::printf("%-16s %9zu %9zu %13zu %10zu %12zu\n", category.c_str(), count.values, count.ours, count.theirs,
                  count.only_ours, count.only_theirs);
    }
  }

  [[nodiscard]] bool empty() const { return counts_.empty(); }

 private:
  Engines engines_;
  std::size_t misses_;
  std::map<std::string, Count> counts_;
};

bool read_lines(std::istream& in, Comparison& comparison) {
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) {
      std::cerr << "a line without a tab: " << line << '\n';
      return false;
    }
    comparison.take(std::string_view(line).substr(0, tab), std::string_view(line).substr(tab + 1));
  }
  return true;
}

bool read_source(const std::string& source, const Engines& engines, Comparison& comparison) {
  if (source == "generated") {
    for (const GeneratedAttack& attack : engines.generated()) {
      comparison.take(attack.kind, attack.value);
    }
    return true;
  }
  if (source == "-") {
    return read_lines(std::cin, comparison);
  }
  std::ifstream file(source, std::ios::binary);
  if (!file) {
    std::cerr << "cannot read " << source << '\n';
    return false;
  }
  return read_lines(file, comparison);
}

int run(std::vector<std::string> arguments) {
  std::size_t misses = 0;
  if (arguments.size() > 2 && arguments[0] == "--misses") {
    misses = std::strtoul(arguments[1].c_str(), nullptr, 10);
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.size() < 2 || !kEngines.contains(arguments[0])) {
    std::cerr << "usage: detectors [--misses N] sqli|xss FILE...|-|generated\n";
    return 2;
  }
  const Engines& engines = kEngines.at(arguments[0]);
  Comparison comparison(engines, misses);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (!read_source(arguments[i], engines, comparison)) {
      return 1;
    }
  }
  comparison.print();
  return comparison.empty() ? 1 : 0;
}

}  // namespace
}  // namespace gabion::inspect

int main(int count, char** arguments) {
  return gabion::inspect::run({arguments + 1, arguments + count});
}
