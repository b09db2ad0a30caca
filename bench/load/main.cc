// gabion-bench: reads the command line, runs, and reports.
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "bench/load/command_line.h"
#include "bench/load/report.h"

namespace gabion::bench {
namespace {

/// A line a second; on a terminal each replaces the one before.
class ProgressWriter {
 public:
  explicit ProgressWriter(const CommandLine& line)
      : plan_(line.plan),
        on_terminal_(::isatty(STDERR_FILENO) == 1),
        is_on_(line.progress == ProgressLines::kAlways ||
               (line.progress == ProgressLines::kOnTerminal && on_terminal_)) {}

  void write(const Progress& progress) {
    if (is_on_) {
      std::cerr << (on_terminal_ ? "\r\033[K" : "") << to_line(progress, last_, plan_) << (on_terminal_ ? "" : "\n")
                << std::flush;
    }
    last_ = progress;
  }
  void end() {
    if (is_on_ && on_terminal_) {
      std::cerr << "\r\033[K" << std::flush;
    }
  }

 private:
  const Plan& plan_;
  Progress last_;
  bool on_terminal_;
  bool is_on_;
};

/// False: the file could not be written, and why was said.
bool write_json(const std::string& file, const std::string& json) {
  if (file.empty()) {
    return true;
  }
  if (file == "-") {
    std::cout << json << '\n' << std::flush;
    return std::cout.good();
  }
  std::ofstream out(file);
  out << json << '\n' << std::flush;
  if (!out) {
    std::cerr << file << ": cannot be written\n";
  }
  return out.good();
}

/// Beside JSON on standard output the table goes to standard error.
void write_table(const CommandLine& line, const Outcome& outcome) {
  const bool beside_json = line.json_file == "-";
  const bool on_terminal = ::isatty(beside_json ? STDERR_FILENO : STDOUT_FILENO) == 1;
  (beside_json ? std::cerr : std::cout) << to_table(outcome, line.plan, on_terminal ? Colour::kAnsi : Colour::kNone)
                                        << std::flush;
}

int judge(const CommandLine& line, const Outcome& outcome) {
  if (!line.max_errors.allows(outcome.tally)) {
    return kExitErrors;
  }
  if (outcome.tally.requests == 0) {
    std::cerr << "no request was answered\n";
    return kExitErrors;
  }
  return kExitOk;
}

int run_command(const CommandLine& line) {
  ProgressWriter progress(line);
  const auto outcome = run(line.plan, [&progress](const Progress& now) { progress.write(now); });
  progress.end();
  if (outcome.has_error()) {
    std::cerr << outcome.error().to_string() << '\n';
    return kExitCommandLine;
  }
  if (!line.quiet) {
    write_table(line, *outcome);
  }
  if (!write_json(line.json_file, to_json(*outcome, line.plan))) {
    return kExitCommandLine;
  }
  return judge(line, *outcome);
}

}  // namespace
}  // namespace gabion::bench

int main(int argc, char** argv) {
  using namespace gabion::bench;
  const auto line = read_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&line)) {
    return *code;
  }
  return run_command(std::get<CommandLine>(line));
}
