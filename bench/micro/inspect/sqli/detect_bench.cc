// What looking for SQL injection costs per value, next to libinjection.
#include "inspect/sqli/detect.h"

#include "bench/micro/inspect/detector_values.h"

#ifdef GABION_LIBINJECTION
extern "C" int libinjection_sqli(const char* value, std::size_t length, char fingerprint[]);
#endif

namespace gabion::inspect {
namespace {

constexpr std::string_view kAttack =
    "1' UNION ALL SELECT NULL,NULL,CONCAT(0x7171706a71,user()) FROM information_schema.tables-- ";

bool ours(std::string_view value) {
  return sqli::detect(value).found;
}

void BM_SqliForm(benchmark::State& state) {
  measure_form(state, ours);
}
BENCHMARK(BM_SqliForm);
BENCHMARK_CAPTURE(measure, BM_SqliUserAgent, ours, kUserAgent);
BENCHMARK_CAPTURE(measure, BM_SqliProse, ours, kProse);
BENCHMARK_CAPTURE(measure, BM_SqliUrl, ours, kQuery);
BENCHMARK_CAPTURE(measure, BM_SqliAttack, ours, kAttack);

#ifdef GABION_LIBINJECTION
bool theirs(std::string_view value) {
  char fingerprint[16];
  return libinjection_sqli(value.data(), value.size(), fingerprint) != 0;
}

void BM_LibinjectionSqliForm(benchmark::State& state) {
  measure_form(state, theirs);
}
BENCHMARK(BM_LibinjectionSqliForm);
BENCHMARK_CAPTURE(measure, BM_LibinjectionSqliUserAgent, theirs, kUserAgent);
BENCHMARK_CAPTURE(measure, BM_LibinjectionSqliProse, theirs, kProse);
BENCHMARK_CAPTURE(measure, BM_LibinjectionSqliUrl, theirs, kQuery);
BENCHMARK_CAPTURE(measure, BM_LibinjectionSqliAttack, theirs, kAttack);
#endif

}  // namespace
}  // namespace gabion::inspect
