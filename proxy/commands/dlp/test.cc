// `gabion dlp test`: users' own samples, what is found in them compared with what they expect.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "config/dlp/samples.h"
#include "config/policy/load.h"
#include "proxy/commands/dlp/dlp.h"

namespace gabion::proxy::dlp {
namespace {

using config::dlp::ExpectedFinding;
using config::dlp::Sample;
using inspect::dlp::Match;

std::string_view value_of(std::string_view text, const Match& match) {
  return text.substr(static_cast<std::size_t>(match.begin), static_cast<std::size_t>(match.end - match.begin));
}

bool is_met(const ExpectedFinding& wanted, const Match& match, std::string_view text,
            const inspect::dlp::TypeSet& types) {
  return types.name(match.type) == wanted.entity && (!wanted.value || *wanted.value == value_of(text, match)) &&
         (!wanted.start || (*wanted.start == match.begin && *wanted.end == match.end));
}

std::string describe(const ExpectedFinding& wanted) {
  std::string text = wanted.entity;
  if (wanted.start) {
    text += fmt::format(" at {}-{}", *wanted.start, *wanted.end);
  }
  return text + (wanted.value ? fmt::format(" of {} bytes", wanted.value->size()) : std::string());
}

/// What differs, a line each; each expectation takes one finding.
std::vector<std::string> differences(const Sample& sample, std::vector<Match> found, std::uint8_t min_score,
                                     const inspect::dlp::TypeSet& types) {
  std::vector<std::string> lines;
  std::erase_if(found, [&](const Match& match) { return match.score < min_score; });
  for (const ExpectedFinding& wanted : sample.expect) {
    const auto at = std::find_if(found.begin(), found.end(),
                                 [&](const Match& match) { return is_met(wanted, match, sample.text, types); });
    if (at == found.end()) {
      lines.push_back("not found: " + describe(wanted));
    } else {
      found.erase(at);
    }
  }
  for (const Match& match : found) {
    lines.push_back(fmt::format("not expected: {} at {}-{}, score {:.2f}", types.name(match.type), match.begin,
                                match.end, match.score / 100.0));
  }
  return lines;
}

int test(const std::string& name) {
  const auto text = config::policy::read_text_file(name);
  if (!text) {
    return refuse({text.error()});
  }
  const auto file = config::dlp::parse_samples(*text, name);
  if (!file) {
    return refuse(file.error());
  }
  inspect::dlp::Selection selection;
  selection.entities = file->entities;
  auto scanner = TextScanner::make(selection);
  if (!scanner) {
    return refuse(scanner.error());
  }
  config::Errors unknown;
  for (const Sample& sample : file->samples) {
    for (const ExpectedFinding& wanted : sample.expect) {
      if (!(*scanner)->types().find(wanted.entity)) {
        unknown.emplace_back("there is no type \"" + wanted.entity + "\"", fmt::format("{}:{}", name, sample.line));
      }
    }
  }
  if (!unknown.empty()) {
    return refuse(unknown);
  }
  std::size_t failed = 0;
  for (const Sample& sample : file->samples) {
    const auto* found = (*scanner)->scan(sample.text);
    if (found == nullptr) {
      std::cerr << "the pattern engine could not look\n";
      return kExitFailed;
    }
    const auto lines = differences(sample, *found, file->min_score, (*scanner)->types());
    failed += lines.empty() ? 0 : 1;
    for (const std::string& line : lines) {
      std::cout << fmt::format("FAIL  {}:{}: {}: {}\n", name, sample.line, sample.name, line);
    }
  }
  std::cout << file->samples.size() - failed << " passed, " << failed << " failed\n" << std::flush;
  return failed == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void add_test(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("test", "Check that your own samples are decided as you expect");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "YAML with `samples`; - is standard input")->required();
  command->footer(
      "A sample is {text, expect: [{entity, value or start and end}], name}; `entities` and `minScore` (0.5) stand "
      "beside `samples`. Values are never printed.\n"
      "Exit: 0 all as expected, 1 something differs, 2 the file is refused.\n"
      "Example:\n"
      "  printf 'samples:\\n- {text: \"pesel 44051401458\", expect: [{entity: PL_PESEL}]}\\n' | gabion dlp test -");
  command->callback([file, &chosen] { chosen = [file] { return test(*file); }; });
}

}  // namespace gabion::proxy::dlp
