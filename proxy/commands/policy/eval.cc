// `gabion policy eval`: answers test cases in JSON lines, one line out for each line in.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include "inspect/policy/eval_case.h"
#include "proxy/commands/policy/policy.h"

namespace gabion::proxy::policy {
namespace {

using inspect::policy::CaseLine;
using inspect::policy::kMaxCaseBytes;

/// Reads up to a line break. A line beyond kMaxCaseBytes is read to its end and kept one byte too long.
bool read_line(std::istream& stream, std::string& line) {
  line.clear();
  auto* bytes = stream.rdbuf();
  int byte = bytes->sbumpc();
  if (byte == std::istream::traits_type::eof()) {
    return false;
  }
  for (; byte != std::istream::traits_type::eof() && byte != '\n'; byte = bytes->sbumpc()) {
    if (line.size() <= kMaxCaseBytes) {
      line.push_back(static_cast<char>(byte));
    }
  }
  return true;
}

int answer_all(std::istream& stream) {
  int status = kExitOk;
  for (std::string line; read_line(stream, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) {
      continue;
    }
    const auto answer = inspect::policy::evaluate_case(line);
    std::cout << answer.json << std::endl;  // flushed: whoever asks line by line waits for it
    if (answer.line == CaseLine::kNoJson) {
      status = kExitConfiguration;
    }
  }
  return std::cout ? status : kExitFailed;
}

int eval(const std::string& file) {
  if (file == "-") {
    return answer_all(std::cin);
  }
  std::ifstream stream(file, std::ios::binary);
  return stream ? answer_all(stream) : refuse({config::Error{"cannot be opened", file}});
}

}  // namespace

void add_eval(CLI::App& group, Command& chosen) {
  auto* command = group.add_subcommand("eval", "Answer test cases: JSON lines of policies, pods and probes");
  auto file = std::make_shared<std::string>("-");
  command->add_option("file", *file, "JSON lines; - is standard input")->capture_default_str();
  command->footer(
      "In:  {\"id\", \"policies\": [YAML], \"namespaces\", \"nodes\", \"pods\", \"probes\": [{\"from\", \"to\", "
      "\"port\", "
      "\"proto\"}]}\n"
      "Out: {\"id\", \"results\": [true, false]}, or {\"id\", \"error\"} when a policy is refused or an end is "
      "unknown\n"
      "Paths are read as a sidecar without pathLevel and paths in its profile reads them.\n"
      "Exit: 0 every line has an answer, 2 a line was no JSON.\n"
      "Example:\n  zcat cases.jsonl.gz | gabion policy eval");
  command->callback([file, &chosen] { chosen = [file] { return eval(*file); }; });
}

}  // namespace gabion::proxy::policy
