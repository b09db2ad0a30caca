// `gabion policy test`: runs a PolicyTest file, prints like a test runner, fails a pipeline when an expectation fails.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "config/policy/load.h"
#include "inspect/policy/check_expectations.h"
#include "proxy/commands/policy/policy.h"

namespace gabion::proxy::policy {
namespace {

using config::policy::Expectation;
using inspect::policy::TestOutcome;

struct Options {
  std::string file;
  std::vector<std::string> manifests;
  std::string junit;
  bool json = false;
  bool quiet = false;
  inspect::policy::PathSettings paths;
};

struct Run {
  std::vector<Expectation> tests;
  std::vector<TestOutcome> outcomes;

  [[nodiscard]] std::size_t count(TestOutcome::Kind kind) const {
    return static_cast<std::size_t>(
        std::count_if(outcomes.begin(), outcomes.end(), [kind](const auto& one) { return one.kind == kind; }));
  }
  [[nodiscard]] bool passed() const { return count(TestOutcome::Kind::kPassed) == tests.size(); }
};

std::string_view word_of(TestOutcome::Kind kind) {
  switch (kind) {
    case TestOutcome::Kind::kPassed:
      return "passed";
    case TestOutcome::Kind::kFailed:
      return "failed";
    case TestOutcome::Kind::kError:
      return "error";
  }
  return "";
}

std::string wanted(const Expectation& test) {
  return std::string(test.allowed ? "allow" : "deny") + (test.rule.empty() ? "" : " by " + test.rule);
}

void print(const Run& run, const Options& options) {
  for (std::size_t i = 0; i < run.tests.size(); ++i) {
    const auto& test = run.tests[i];
    const auto& outcome = run.outcomes[i];
    if (outcome.kind == TestOutcome::Kind::kPassed) {
      if (!options.quiet) {
        std::cout << coloured("ok  ", Tone::kGood) << "  " << test.name << '\n';
      }
      continue;
    }
    std::cout << coloured(outcome.kind == TestOutcome::Kind::kFailed ? "FAIL" : "ERR ", Tone::kBad) << "  " << test.name
              << "\n      " << options.file << ":" << test.line << "  " << test.traffic.to_string() << "\n      want "
              << wanted(test) << "\n      got  " << outcome.text << '\n';
  }
  std::cout << coloured(std::to_string(run.count(TestOutcome::Kind::kPassed)) + " passed, " +
                            std::to_string(run.tests.size() - run.count(TestOutcome::Kind::kPassed)) + " failed",
                        run.passed() ? Tone::kGood : Tone::kBad)
            << '\n';
}

void print_json(const Run& run) {
  boost::json::array rows;
  for (std::size_t i = 0; i < run.tests.size(); ++i) {
    rows.push_back(boost::json::object{{"name", run.tests[i].name},
                                       {"line", run.tests[i].line},
                                       {"traffic", run.tests[i].traffic.to_string()},
                                       {"outcome", word_of(run.outcomes[i].kind)},
                                       {"want", wanted(run.tests[i])},
                                       {"got", run.outcomes[i].text}});
  }
  std::cout << boost::json::object{{"passed", run.count(TestOutcome::Kind::kPassed)},
                                   {"failed", run.count(TestOutcome::Kind::kFailed)},
                                   {"errors", run.count(TestOutcome::Kind::kError)},
                                   {"tests", std::move(rows)}}
            << '\n';
}

/// Text in XML 1.0: what it cannot hold becomes '?'.
std::string xml(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return safe;
}

bool write_junit(const Run& run, const Options& options) {
  std::ofstream out(options.junit, std::ios::binary | std::ios::trunc);
  out << R"(<?xml version="1.0" encoding="UTF-8"?>)"
      << "\n<testsuite name=\"" << xml(options.file) << "\" tests=\"" << run.tests.size() << "\" failures=\""
      << run.count(TestOutcome::Kind::kFailed) << "\" errors=\"" << run.count(TestOutcome::Kind::kError) << "\">\n";
  for (std::size_t i = 0; i < run.tests.size(); ++i) {
    const auto& outcome = run.outcomes[i];
    out << "  <testcase classname=\"policy\" name=\"" << xml(run.tests[i].name) << "\"";
    if (outcome.kind == TestOutcome::Kind::kPassed) {
      out << "/>\n";
      continue;
    }
    const std::string_view element = outcome.kind == TestOutcome::Kind::kFailed ? "failure" : "error";
    out << ">\n    <" << element << " message=\"want " << xml(wanted(run.tests[i])) << "\">"
        << xml(run.tests[i].traffic.to_string() + ": got " + outcome.text) << "</" << element << ">\n  </testcase>\n";
  }
  out << "</testsuite>\n";
  return out.flush().good();
}

int test(const Options& options) {
  const auto text = config::policy::read_text_file(options.file);
  if (!text) {
    return refuse({text.error()});
  }
  auto file = config::policy::parse_expectations(*text, options.file);
  if (!file) {
    return refuse(file.error());
  }
  std::vector<std::filesystem::path> paths(options.manifests.begin(), options.manifests.end());
  const auto folder = std::filesystem::path(options.file).parent_path();
  for (const auto& manifest : paths.empty() ? file->manifests : std::vector<std::string>{}) {
    paths.push_back(folder / manifest);
  }
  auto objects = load_policies(paths);
  if (!objects) {
    return refuse(objects.error());
  }
  inspect::policy::ClusterView view(std::move(*objects), file->trust_domain, options.paths);
  Run run{std::move(file->tests), {}};
  run.outcomes = inspect::policy::check_expectations(view, run.tests);
  if (options.json) {
    print_json(run);
  } else {
    print(run, options);
  }
  if (!options.junit.empty() && !write_junit(run, options)) {
    return refuse({config::Error{"cannot be written", options.junit}});
  }
  return run.passed() ? kExitOk : kExitFailed;
}

}  // namespace

void add_test(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("test", "Check that policies do what you expect of them");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "The expectations: a file of kind PolicyTest")->required();
  command->add_option("-f,--manifests", options->manifests, "Manifests instead of those that the file names")
      ->allow_extra_args(false);
  command->add_option("--junit", options->junit, "Also write the results as JUnit XML");
  add_path_options(*command, options->paths);
  command->add_flag("--json", options->json, "Answer in JSON");
  command->add_flag("-q,--quiet", options->quiet, "Print only what fails");
  command->footer(
      "Exit: 0 all passed, 1 an expectation failed, 2 a file is refused.\n"
      "Example:\n  gabion policy test policy-test.yaml --junit results.xml");
  command->callback([options, &chosen] { chosen = [options] { return test(*options); }; });
}

}  // namespace gabion::proxy::policy
