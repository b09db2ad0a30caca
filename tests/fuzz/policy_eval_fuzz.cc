// Any bytes as a line of `policy eval` and as a PolicyTest file: always one line of answer, never a crash.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/policy/expectations.h"
#include "inspect/policy/eval_case.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto answer = gabion::inspect::policy::evaluate_case(text);
  if (answer.json.empty() || answer.json.find('\n') != std::string_view::npos) {
    std::abort();
  }
  const auto file = gabion::config::policy::parse_expectations(text, "fuzz");
  if (file && file->tests.empty()) {
    std::abort();
  }
  return 0;
}
